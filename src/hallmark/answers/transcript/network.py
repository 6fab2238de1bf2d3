"""Head of transcripts: one linear layer to the logits of blank and letters in each frame; CTC loss."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples

OUTPUTS = ("logits", "frames")
TARGETS = ("target.tokens", "target.length")


class LetterHead(nn.Module):
    """States (B, T, F) → logits (B, T, 1 + letters), of which class 0 is the blank.

    The numbers of valid frames (B,) are passed on as the second output.
    """

    def __init__(self, features: int, letters: int) -> None:
        super().__init__()
        self.layer = nn.Linear(features, 1 + letters)

    def forward(self, states: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        return self.layer(states), frames


def head(features: int, train: Examples) -> nn.Module:
    """Return the head for states of so many features, and the alphabet of the examples' encoding."""
    return LetterHead(features, len(train.encoding["alphabet"]))


def output_shapes(train: Examples) -> dict[str, tuple[int | None, ...]]:
    return {"logits": (None, 1 + len(train.encoding["alphabet"])), "frames": ()}


def loss(outputs: tuple[Tensor, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean over the batch of the CTC loss (Graves et al. 2006), in nats per character.

    A recording that augmentation made too short for its transcript has an infinite loss, and counts
    as 0.
    """
    logits, frames = outputs
    log_probability = logits.log_softmax(2).transpose(0, 1)  # (T, B, 1 + letters)
    return F.ctc_loss(
        log_probability,
        batch["target.tokens"].long(),
        frames.long(),
        batch["target.length"].long(),
        reduction="mean",
        zero_infinity=True,
    )
