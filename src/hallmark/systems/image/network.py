"""A small convolutional network for small pictures. It takes raw 8-bit pixels: the package needs no preprocessing."""

from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.convolution import Convolutions, RandomAffine
from hallmark.layers.model import Trunk


class ConvolutionalNetwork(Trunk):
    """Pixels (B, C, H, W) uint8 → states (B, F): the mean over the last grid of the convolutions.

    So the head reads what is there rather than where.
    """

    inputs = ("image",)

    def __init__(self, body: Convolutions, *, dropout: float) -> None:
        super().__init__()
        self.features = body.features
        self.body = body
        self.dropout = nn.Dropout(dropout)

    def forward(self, image: Tensor) -> Tensor:
        states: Tensor = self.dropout(self.body(image).mean((2, 3)))
        return states


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
    """Return an untrained trunk that takes shape and scale of its input from the array "image", uint8 (n, C, H, W).

    The other arguments are the keys of `config.Network`.
    """
    jitter = RandomAffine(shift=shift, rotation=rotation, scale=scale, flip=flip)
    body = Convolutions(train.arrays["image"], width=width, depth=depth, jitter=jitter)
    return ConvolutionalNetwork(body, dropout=dropout)
