"""A small convolutional network for small pictures.

It takes raw 8-bit pixels: the package needs no preprocessing.
"""

from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions
from hallmark.layers.model import Trunk
from hallmark.systems.image.config import Network


class ConvolutionalNetwork(Trunk):
    """Convolutions with global average pooling: pixels uint8 (B, C, H, W) → states (B, F).

    Pooling averages the last grid of features (B, F, h, w) over its h · w places, so that the head
    reads what is in the picture rather than where.
    """

    inputs = ("image",)

    def __init__(self, body: Convolutions, *, dropout: float) -> None:
        super().__init__()
        self.features = body.features
        self.body = body
        self.dropout = nn.Dropout(dropout)

    def forward(self, image: Tensor) -> Tensor:
        grid = self.body(image)
        states: Tensor = self.dropout(grid.mean((2, 3)))
        return states


def build(train: Examples, network: Network) -> ConvolutionalNetwork:
    """Return an untrained trunk for pictures like those in the array "image", uint8 (n, C, H, W).

    The array gives the shape of the input and the mean and deviation that it is scaled by.
    """
    body = Convolutions(train.arrays["image"], width=network.width, depth=network.depth)
    return ConvolutionalNetwork(body, dropout=network.dropout)
