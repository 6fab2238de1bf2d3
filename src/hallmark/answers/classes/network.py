"""Head of classes: one linear layer to the logits of the labels; cross entropy."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("logits",)
TARGETS = ()  # the class indices come with the labels


def head(features: int, train: Examples) -> nn.Module:
    """Return the layer from states (B, F) to logits (B, K)."""
    return nn.Linear(features, len(train.labels))


def output_shapes(train: Examples) -> dict[str, tuple[int | None, ...]]:
    return {"logits": (len(train.labels),)}


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean cross entropy, in nats, of logits (B, K) and class indices `batch["target"]` (B,).

    Classes have no weights, since these would bias the probabilities by which costs are multiplied
    and triage is ordered.
    """
    return F.cross_entropy(outputs, batch["target"])
