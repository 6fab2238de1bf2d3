"""A small convolutional network for small pictures. It takes raw 8-bit pixels: the package needs no preprocessing."""

from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions, RandomAffine
from hallmark.layers.model import Trunk
from hallmark.systems.image.config import Network


class ConvolutionalNetwork(Trunk):
    """Convolutions with global average pooling: pixels (B, C, H, W) uint8 → states (B, F).

    The mean over the last grid of features lets the head read what is there rather than where.
    """

    inputs = ("image",)

    def __init__(self, body: Convolutions, *, dropout: float) -> None:
        super().__init__()
        self.features = body.features
        self.body = body
        self.dropout = nn.Dropout(dropout)

    def forward(self, image: Tensor) -> Tensor:
        grid = self.body(image)  # (B, F, h, w)
        states: Tensor = self.dropout(grid.mean((2, 3)))
        return states


def build(train: Examples, network: Network) -> ConvolutionalNetwork:
    """Return an untrained trunk that takes shape and scale of its input from the array "image", uint8 (n, C, H, W)."""
    augmentation = RandomAffine(shift=network.shift, rotation=network.rotation, scale=network.scale, flip=network.flip)
    body = Convolutions(train.arrays["image"], width=network.width, depth=network.depth, augmentation=augmentation)
    return ConvolutionalNetwork(body, dropout=network.dropout)
