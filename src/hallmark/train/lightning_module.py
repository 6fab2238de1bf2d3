"""The Lightning modules of a training: the plain one, and the one that takes several batches in a turn."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import MeanMetric

from hallmark.errors import InputError
from hallmark.layers.model import Model
from hallmark.train.batches import Batch
from hallmark.train.data_module import ExampleData

Loss = Callable[[Any, Mapping[str, Tensor]], Tensor]  # outputs and batch → the mean over the batch
MakeOptimizer = Callable[..., Optimizer]  # takes the weights
MakeScheduler = Callable[..., LRScheduler]  # takes the optimiser, and total_steps where it has such a parameter


class NetworkTraining(lightning.LightningModule):
    """Training of `network` by Lightning's automatic optimisation.

    A batch has the network's inputs, what `loss(outputs, batch)` needs, and "target", the class
    indices, where the examples have labels. The loss is the mean over a batch, a scalar.
    """

    def __init__(
        self,
        network: Model,
        loss: Loss,
        *,
        optimizer: MakeOptimizer,
        scheduler: MakeScheduler | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        # Over all rows and processes. Not self.log's own mean, which divides the rows by the number of
        # processes as whole numbers.
        self.validation_loss = MeanMetric()
        # Since the last line of the curves: the sum of the training loss, and the number of batches.
        self.loss_sum: Tensor | float = 0.0
        self.loss_batches = 0

    def forward(self, *arrays: Tensor) -> Any:
        return self.network(*arrays)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = self._weighted_loss(batch, batch_idx)
        self.loss_sum = self.loss_sum + loss.detach()
        self.loss_batches += 1
        self._log_training_loss()
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        n_rows = len(next(iter(batch.values())))
        self.validation_loss.update(self._compute_loss(batch), n_rows)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        is_there = device.type == "cpu"  # where the data lies
        return batch if is_there else super().transfer_batch_to_device(batch, device, dataloader_idx)

    def on_validation_epoch_end(self) -> None:
        self.log("validation_loss", self.validation_loss, prog_bar=True)

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(list(self.network.parameters()))
        if self.make_scheduler is None:
            return optimizer

        scheduler = self.make_scheduler(optimizer, total_steps=self._count_steps())
        entry: dict[str, Any] = {"scheduler": scheduler, "interval": "step", "name": "learning_rate"}
        if isinstance(scheduler, ReduceLROnPlateau):
            # Once an epoch, after its validation.
            entry |= {"monitor": "validation_loss", "frequency": self._count_turns()}
        return {"optimizer": optimizer, "lr_scheduler": entry}

    def on_validation_end(self) -> None:
        self._require_finite(float(self.trainer.callback_metrics.get("validation_loss", 0.0)), "validation")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["recent_loss"] = {"sum": float(self.loss_sum), "batches": self.loss_batches}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        recent_loss = checkpoint.get("recent_loss", {"sum": 0.0, "batches": 0})
        self.loss_sum = recent_loss["sum"]
        self.loss_batches = recent_loss["batches"]

    @property
    def _data(self) -> ExampleData:
        data = self.trainer.datamodule  # type: ignore[attr-defined]  # an attribute that Lightning sets
        assert isinstance(data, ExampleData)
        return data

    def _count_steps(self) -> int:
        """Return the number of steps of the optimiser in the whole training, if nothing ends it sooner."""
        steps_per_epoch = math.ceil(self._count_turns() / self.trainer.accumulate_grad_batches)
        return self._limited(steps_per_epoch * (self.trainer.max_epochs or 1))

    def _limited(self, n_steps: int) -> int:
        has_limit = self.trainer.max_steps > 0
        return min(n_steps, self.trainer.max_steps) if has_limit else n_steps

    def _count_turns(self) -> int:
        """Return the number of turns of Lightning's loop in an epoch.

        Not `trainer.estimated_stepping_batches`, which makes the loader before a checkpoint can give
        it its position.
        """
        return self._data.count_turns(self.trainer.limit_train_batches)

    def _weighted_loss(self, batch: Batch, position: int) -> Tensor:
        """Return the loss of this process's slice of a batch times its weight, a scalar."""
        loss = self._compute_loss(batch)
        if self.trainer.world_size > 1:
            loss = loss * self._data.train_batches.weight(position)
        return loss

    def _compute_loss(self, batch: Batch) -> Tensor:
        outputs = self.network(*(batch[name] for name in self.network.inputs))
        return self.loss(outputs, batch)

    def _log_training_loss(self) -> None:
        """Log the mean training loss since the last line of the curves, where Lightning takes a line now."""
        if not self.trainer._logger_connector.should_update_logs:  # as Lightning's own LearningRateMonitor asks
            return
        mean = torch.as_tensor(self.loss_sum, device=self.device) / self.loss_batches
        self._require_finite(float(mean), "training")
        self.log("train_loss", mean, sync_dist=True, prog_bar=True)
        self.loss_sum = 0.0
        self.loss_batches = 0

    def _require_finite(self, loss: float, split: str) -> None:
        if not math.isfinite(loss):
            raise InputError(
                f"the {split} loss is {loss} after step {self.trainer.global_step}: an input is not finite,"
                " or train.optimizer.lr is too high"
            )


class PackedTraining(NetworkTraining):
    """The same training, of which each turn of Lightning's loop takes several batches, one step each.

    A turn costs Lightning about 1.3 ms, whatever is in it. The optimisation is manual, in Lightning's
    words: the weights are those of the plain way, bit by bit, and `trainer.global_step` counts steps
    of the optimiser. A callback's hooks of a batch are called once for each turn, with the list of
    its batches; those of a step of the optimiser once for each step.

    begin_batch: What the plain way's callback does at the start of each batch (`BatchStart.begin`).
    clip: An attribute: the trainer's gradient_clip_val and gradient_clip_algorithm, which Lightning
        leaves to a manual optimisation.
    is_silent: An attribute: no hook, plugin or strategy has a part in a step, so it is taken without
        Lightning.
    """

    def __init__(
        self,
        network: Model,
        loss: Loss,
        *,
        optimizer: MakeOptimizer,
        scheduler: MakeScheduler | None,
        begin_batch: Callable[[Batch, int], Batch],
    ) -> None:
        super().__init__(network, loss, optimizer=optimizer, scheduler=scheduler)
        self.automatic_optimization = False
        self.begin_batch = begin_batch
        self.clip: tuple[float | None, str | None] = (None, None)
        self.is_silent = False

    def training_step(self, batches: list[Batch], turn: int) -> None:  # type: ignore[override]
        optimizer: Any = self.optimizers()
        scheduler: Any = self.lr_schedulers()
        take_step = self._take_silent_step if self.is_silent else self._take_step
        first_position = turn * self._data.pack
        loss_sum = self.loss_sum

        for position, batch in enumerate(batches, start=first_position):
            ready_batch = self.begin_batch(batch, position)
            loss = self._weighted_loss(ready_batch, position)
            loss_sum = loss_sum + loss.detach()
            take_step(optimizer, loss)
            if scheduler is not None:
                scheduler.step()

        self.loss_sum = loss_sum
        self.loss_batches += len(batches)
        self._log_training_loss()

    def _take_step(self, optimizer: Any, loss: Tensor) -> None:
        limit, algorithm = self.clip
        optimizer.zero_grad()
        self.manual_backward(loss)
        if limit:
            self.clip_gradients(optimizer, gradient_clip_val=limit, gradient_clip_algorithm=algorithm)
        optimizer.step()

    def _take_silent_step(self, optimizer: Any, loss: Tensor) -> None:
        limit, algorithm = self.clip
        clip = clip_grad_value_ if algorithm == "value" else clip_grad_norm_
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        if limit:
            clip([weight for group in optimizer.param_groups for weight in group["params"]], limit)
        optimizer._on_before_step()  # by which Lightning counts
        optimizer.optimizer.step()
        optimizer._on_after_step()

    def validation_step(self, batches: list[Batch], turn: int) -> None:  # type: ignore[override]
        for batch in batches:
            super().validation_step(batch, turn)

    def configure_optimizers(self) -> Any:
        configuration = super().configure_optimizers()
        is_by_metric = self.make_scheduler is not None and "monitor" in configuration["lr_scheduler"]
        if is_by_metric:
            raise InputError("train.scheduler goes by a metric, which needs train.pack 1")
        return configuration

    def _count_steps(self) -> int:
        steps_per_epoch = min(self._count_turns() * self._data.pack, self._data.train_batches.n_batches)
        return self._limited(steps_per_epoch * (self.trainer.max_epochs or 1))
