"""One linear layer to the logits of the labels, and their cross entropy."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("logits",)
TARGETS = ()  # the class indices come with the labels


def head(features: int, train: Examples) -> nn.Module:
    """Return states (B, F) → logits (B, K)."""
    return nn.Linear(features, len(train.labels))


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Cross entropy (nats), the mean over logits (B, K) and `batch["target"]` (B,).

    It is unweighted: weights would bend the probabilities that costs are multiplied with, and that triage orders by.
    """
    return F.cross_entropy(outputs, batch["target"])
