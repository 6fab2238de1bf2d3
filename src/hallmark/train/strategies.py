"""FSDP2 for any network: weights, gradients and the optimiser's state are shared out over the devices."""

from types import MethodType
from typing import Any

import pytorch_lightning as lightning
import torch
from pytorch_lightning.strategies import ModelParallelStrategy
from pytorch_lightning.utilities.model_helpers import is_overridden
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from hallmark.errors import InputError

_CONTAINERS = (nn.ModuleList, nn.ModuleDict)  # they have no `forward` at which weights could be gathered


class FullySharded(ModelParallelStrategy):
    """FSDP2 over all devices of all machines, with checkpoints that are one file of whole tensors.

    A LightningModule that overrides `configure_model` shards itself there, by
    `torch.distributed.fsdp.fully_shard(…, mesh=self.device_mesh["data_parallel"])`. Any other is
    sharded here: each module of an `nn.ModuleList` by itself, and the rest of the network as one.
    """

    def __init__(self) -> None:
        super().__init__(tensor_parallel_size=1, save_distributed_checkpoint=False)

    def setup_environment(self) -> None:
        self._data_parallel_size = self.num_nodes * self.num_processes
        super().setup_environment()

        module = self.lightning_module
        if not is_overridden("configure_model", module):
            module.configure_model = MethodType(_configure_model, module)  # type: ignore[union-attr,method-assign]

    def setup(self, trainer: lightning.Trainer) -> None:
        """Raises `InputError` where the module's own `configure_model` has sharded nothing."""
        assert self.lightning_module is not None
        if not is_sharded(self.lightning_module):
            name = type(self.lightning_module).__name__
            raise InputError(
                f"MACHINE=fsdp: {name}.configure_model shards no weights: call torch.distributed.fsdp.fully_shard on "
                'its modules with mesh=self.device_mesh["data_parallel"], or leave the method out'
            )
        super().setup(trainer)


def _configure_model(module: lightning.LightningModule) -> None:
    """Shard the networks of a module: its children that have weights."""
    if is_sharded(module):
        return  # Lightning calls it again before it evaluates

    assert module.device_mesh is not None
    _copy_from_first(module)
    for network in module.children():
        _shard(network, mesh=module.device_mesh["data_parallel"])


@torch.no_grad()
def _copy_from_first(module: lightning.LightningModule) -> None:
    """Give the module the weights of the first process, as DDP does, so that all pieces are of one network."""
    device = module.trainer.strategy.root_device
    for tensor in (*module.parameters(), *module.buffers()):
        content = tensor.to(device)  # NCCL reads no other memory
        torch.distributed.broadcast(content, src=0)
        tensor.copy_(content)
    for weights in module.parameters():
        weights.data = weights.data.contiguous()  # `fully_shard` takes no other; convolutions may have channels last


def is_sharded(network: nn.Module) -> bool:
    """Say whether this process has only its pieces of the network's weights."""
    return any(isinstance(weights, DTensor) for weights in network.parameters())


def _shard(network: nn.Module, mesh: Any) -> None:
    """Shard a network: the elements of its containers first, then what is left as one piece."""
    lists = [module for module in network.modules() if isinstance(module, _CONTAINERS)]
    elements = [element for container in reversed(lists) for element in container.children()]
    for module in (*elements, network):
        has_weights = any(True for _ in module.parameters())
        if has_weights and not isinstance(module, _CONTAINERS):
            try:
                fully_shard(module, mesh=mesh)
            except (ValueError, NotImplementedError, RuntimeError) as error:
                reason = str(error).strip().splitlines()[0]
                raise InputError(f"MACHINE=fsdp: {type(module).__name__} can't be sharded: {reason}") from error
