"""Networks as training and export see them: named inputs, named outputs, and the arrays that the loss needs.

A network of a system is in two parts: the trunk (inputs → states), and the head of an answer (states
→ outputs). A person's own module is a whole network.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from hallmark.answers.answer import Network
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

# Takes the training split as `train`, where it has such a parameter, and returns an untrained network.
MakeNetwork = Callable[..., nn.Module]


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

    `inputs` names the arrays, in order, `outputs` the tensors, and `targets` the arrays that the
    loss needs besides the inputs.
    """

    def __init__(
        self,
        trunk: nn.Module,
        head: nn.Module,
        *,
        inputs: Sequence[str],
        outputs: Sequence[str],
        targets: Sequence[str],
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.targets = tuple(targets)

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


def build(network: MakeNetwork, train: Examples, answer: Network) -> Model:
    """Return an untrained network for the training examples, completed for the answer."""
    return complete(network(train=train), train, answer)


def complete(made: nn.Module, train: Examples, answer: Network) -> Model:
    """Return a module as the network of an answer.

    A `Trunk` gets the answer's head. Any other module is a whole network: its outputs are the
    answer's, and the parameters of its `forward` are named like arrays of the examples.
    """
    if isinstance(made, Trunk):
        head = answer.head(made.features, train)
        return Model(made, head, inputs=made.inputs, outputs=answer.OUTPUTS, targets=answer.TARGETS)

    inputs = forward_arrays(made, train.arrays)
    return Model(made, PassThrough(), inputs=inputs, outputs=answer.OUTPUTS, targets=answer.TARGETS)


def forward_arrays(network: nn.Module, arrays: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the arrays that a network's `forward` takes, in order: those of its parameters.

    Raises `InputError` where a parameter names no array; one with a default may.
    """
    name_of_network = type(network).__name__
    names = []
    for name, parameter in inspect.signature(network.forward).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in arrays:
            names.append(name)
        elif parameter.default is parameter.empty:
            raise InputError(
                f"train.network: {name_of_network}.forward takes {name!r}, and the examples have no such array: "
                f"name its parameters like them, {', '.join(sorted(arrays))}"
            )
    if not names:
        raise InputError(
            f"train.network: {name_of_network}.forward names no array of the examples: "
            f"give it parameters of their names, {', '.join(sorted(arrays))}"
        )
    return tuple(names)
