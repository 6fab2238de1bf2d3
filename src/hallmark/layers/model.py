"""A network in two parts: the trunk of a system (inputs → states), the head of an answer (states → outputs)."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from hallmark.answers.answer import Network
from hallmark.contracts.examples import Examples


class Trunk(nn.Module):
    """The part of a network that belongs to a system, whatever is predicted: arrays (B, …) → states.

    `inputs` names the arguments of `forward(*tensors)`, in order. The states are a tensor (…,
    `features`), or a tuple that begins with one; the head passes the others on to the answer (such
    as the number of valid frames). If `features` is 0, the trunk scores tokens or items by its own
    embeddings, and its states are the outputs already.
    """

    inputs: tuple[str, ...]
    features: int


class Model(nn.Module):
    """A trunk with the head of an answer: arrays (B, …) → one tensor, or a tuple of tensors.

    `outputs` names these tensors, and `targets` the arrays that the loss needs besides the inputs.
    """

    def __init__(self, trunk: Trunk, head: nn.Module, *, outputs: tuple[str, ...], targets: tuple[str, ...]) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.inputs = trunk.inputs
        self.outputs = outputs
        self.targets = targets

    def forward(self, *arrays: Tensor) -> Tensor | tuple[Tensor, ...]:
        states = self.trunk(*arrays)
        if not isinstance(states, tuple):
            states = (states,)
        outputs: Tensor | tuple[Tensor, ...] = self.head(*states)
        return outputs


class PassThrough(nn.Module):
    """The head for a trunk whose states are the outputs already: it returns its arguments."""

    def forward(self, *outputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return outputs if len(outputs) > 1 else outputs[0]


def build(train: Examples, network: Any, *, build_trunk: Callable[..., Trunk], answer: Network) -> Model:
    """Return an untrained network for the training examples.

    `build_trunk` makes the trunk by `train.network`, the section `network`; `answer` makes the
    head.
    """
    trunk = build_trunk(train, network)
    head = answer.head(trunk.features, train)
    return Model(trunk, head, outputs=answer.OUTPUTS, targets=answer.TARGETS)
