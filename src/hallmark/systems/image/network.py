"""A small convolutional network for small pictures. It takes raw 8-bit pixels: the package needs no preprocessing."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions, Jitter


class ConvolutionalNetwork(nn.Module):
    """Pixels (B, C, H, W) uint8 → logits (B, K), by the mean over the last grid of the convolutions, so that the head
    sees what is there rather than where.
    """

    inputs = ("image",)

    def __init__(self, body: Convolutions, classes: int, *, dropout: float) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(body.features, classes))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(image).mean((2, 3)))
        return logits


def build(
    train: Examples,
    *,
    width: int,
    depth: int,
    dropout: float,
    shift: float,
    rotation: float,
    scale: float,
    flip: bool,
) -> ConvolutionalNetwork:
    """Return a fresh network that takes shape and scale of its input from the array "image", uint8 (n, C, H, W).

    The other arguments are the keys of `config.Network`.
    """
    jitter = Jitter(shift=shift, rotation=rotation, scale=scale, flip=flip)
    body = Convolutions(train.arrays["image"], width=width, depth=depth, jitter=jitter)
    return ConvolutionalNetwork(body, len(train.labels), dropout=dropout)


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean cross entropy (nats) of logits (B, K) and `batch["target"]` (B,)."""
    return F.cross_entropy(outputs, batch["target"])
