"""A small convolutional network for small pictures.

It takes raw 8-bit pixels: the package needs no preprocessing.
"""

from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions
from hallmark.layers.model import Trunk


class ConvolutionalNetwork(Trunk):
    """Convolutions with global average pooling: pixels uint8 (B, C, H, W) → states (B, F).

    Pooling averages the last grid of features (B, F, h, w) over its h · w places, so that the head
    reads what is in the picture rather than where.
    """

    inputs = ("image",)

    def __init__(self, train: Examples, *, width: int, depth: int, dropout: float = 0.0) -> None:
        """The array "image" of `train`, uint8 (n, C, H, W), gives the shape of the input and its scale."""
        super().__init__()
        self.body = Convolutions(train.arrays["image"], width=width, depth=depth)
        self.features = self.body.features
        self.dropout = nn.Dropout(dropout)

    def forward(self, image: Tensor) -> Tensor:
        grid = self.body(image)
        states: Tensor = self.dropout(grid.mean((2, 3)))
        return states
