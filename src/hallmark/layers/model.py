"""A network in two parts: a system's trunk makes states of what it reads, an answer's head makes outputs of them."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from hallmark.answers.answer import Network
from hallmark.contracts.examples import Examples


class Trunk(nn.Module):
    """What a system makes of an example, whatever is predicted: arrays (B, …) → states.

    `inputs` names the arrays that `forward(*tensors)` takes, in order. The states are a tensor (…, `features`), or a
    tuple that begins with one; what follows in it goes through the head to the answer (how many frames count). With 0
    features, the trunk's own embeddings score tokens or items, and what it returns are the outputs already.
    """

    inputs: tuple[str, ...]
    features: int


class Model(nn.Module):
    """A trunk with the head of an answer: arrays (B, …) → the tensor or the tuple of tensors that `outputs` names.

    `targets` names the further arrays that the loss needs.
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
    """The head of a trunk that returns the outputs itself."""

    def forward(self, *outputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return outputs if len(outputs) > 1 else outputs[0]


def build(train: Examples, network: Any, *, build_trunk: Callable[..., Trunk], answer: Network) -> Model:
    """Return an untrained network for the training examples: the trunk that `build_trunk` makes of the section
    `network`, and the head of the answer."""
    trunk = build_trunk(train, network)
    head = answer.head(trunk.features, train)
    return Model(trunk, head, outputs=answer.OUTPUTS, targets=answer.TARGETS)
