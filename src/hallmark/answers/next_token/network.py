"""Head of the next token: none, since the trunk's token embeddings give the outputs; nats of a token."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.model import PassThrough

OUTPUTS = ("log_likelihood", "logits")
TARGETS = ("target.next",)


def head(features: int, train: Examples) -> nn.Module:  # noqa: ARG001 (the interface's)
    return PassThrough()


def output_shapes(train: Examples) -> dict[str, tuple[int | None, ...]]:
    context = train.arrays["tokens"].shape[1]
    return {"log_likelihood": (context,), "logits": (len(train.encoding["vocabulary"]),)}


def loss(outputs: tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean nats of a predicted token: those in the windows (B, T), and the one after each."""
    log_likelihood, logits = outputs  # (B, T) in nats, 0 where nothing is predicted, and (B, V)
    next_token_nats = F.cross_entropy(logits, batch["target.next"].long(), reduction="sum")
    return (next_token_nats - log_likelihood.sum()) / batch["length"].sum()
