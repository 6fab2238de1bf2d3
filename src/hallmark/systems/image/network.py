"""A small convolutional network for small pictures. It takes raw 8-bit pixels: the package needs no preprocessing."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions, Jitter
from hallmark.systems.image.config import Network


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


def build(train: Examples, network: Network) -> ConvolutionalNetwork:
    """Return a fresh network that takes shape and scale of its input from the array "image", uint8 (n, C, H, W)."""
    jitter = Jitter(shift=network.shift, rotation=network.rotation, scale=network.scale, flip=network.flip)
    body = Convolutions(train.arrays["image"], width=network.width, depth=network.depth, jitter=jitter)
    return ConvolutionalNetwork(body, len(train.labels), dropout=network.dropout)


def loss(outputs: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Return the mean cross entropy (nats) of logits (B, K) and `batch["target"]` (B,)."""
    return F.cross_entropy(outputs, batch["target"])
