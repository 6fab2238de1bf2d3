"""The keys of an image task: `raw`, `prepare.reading` and `train.network`."""

from typing import Literal

from hallmark.config import picture_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.reading_keys import LABELS, Labels
from hallmark.config.section import Section, setting


class Raw(Section):
    """The bundled digits have no keys."""


class Reading(picture_keys.Reading):
    """How files become pictures of one size, with labels, groups and the entity that they come from."""

    labels: Labels = setting(meaning=f"{LABELS}; a whole number in raw data is a raw value, or else a position")


class Network(ShippedComponent):
    """A residual convolutional network."""

    target: Literal["hallmark.systems.image.network.ConvolutionalNetwork"] = setting(
        "hallmark.systems.image.network.ConvolutionalNetwork",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="channels", meaning="of the first layer; doubled at each halving of the picture")
    depth: int = setting(ge=1, meaning="convolutions at each size below the first")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped before the last layer")
