"""The keys of an image task: `raw`, `prepare.reading` and `train.network`."""

from hallmark.config import networks, picture_keys
from hallmark.config.reading_keys import LABELS, Labels
from hallmark.config.section import Section, setting


class Raw(Section):
    """The bundled digits have no keys."""


class Reading(picture_keys.Reading):
    """How files become pictures of one size, with labels, groups and the entity that they come from."""

    labels: Labels = setting(meaning=f"{LABELS}; a whole number in raw data is a raw value, or else a position")


class Network(Section):
    """A residual convolutional network, and how its pictures are augmented."""

    width: int = setting(ge=1, unit="channels", meaning="of the first layer; doubled at each halving of the picture")
    depth: int = setting(ge=1, meaning="convolutions at each size below the first")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped before the last layer")
    shift: float = networks.SHIFT
    rotation: float = networks.ROTATION
    scale: float = networks.SCALE
    flip: bool = networks.FLIP
