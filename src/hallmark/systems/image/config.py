"""The keys of an image task: `raw`, `prepare.reading` and `train.network`."""

from typing import Literal

from hallmark.config import reading
from hallmark.config.pictures import FORMAT, METADATA, Columns, Format
from hallmark.config.reading import LEAVE_OUT, SOURCE, NamedBand, SourceWords
from hallmark.config.section import Name, Names, RawFile, Section, setting

METRICS = (
    "accuracy",
    "log_loss",
    "brier",
    "cost",
    "sensitivity",
    "specificity",
    "precision",
    "alert_rate",
    "roc_auc",
    "average_precision",
    "calibration_error",
)


class Raw(Section):
    """The bundled digits are what they are: there is nothing to choose."""


class Reading(reading.Reading):
    """How files become pictures of one size, with labels, groups and the entity that they come from."""

    format: Format = setting(meaning=FORMAT)
    height: int = setting(ge=1, unit="pixels", meaning="height of a picture")
    width: int = setting(ge=1, unit="pixels", meaning="width of a picture")
    channels: Literal[1, 3] = setting(meaning="1: grey; 3: red, green, blue")
    labels: Names = setting(meaning="the known labels; an integer in raw data is a label, or else a position")
    convert: bool = setting(False, meaning="resample pictures of another size and turn their colours; else refuse them")
    metadata: RawFile | None = setting(None, meaning=METADATA)
    columns: Columns = setting(Columns(), meaning="what the columns are called")
    groups: dict[str, Name] = setting({}, meaning="a group's name → the metadata column that it is")
    bands: dict[str, NamedBand] = setting({}, meaning="groups made of a descriptor")
    source: SourceWords | None = setting(None, meaning=SOURCE)
    leave_out: Names = setting([], meaning=LEAVE_OUT)


class Network(Section):
    """A residual convolutional network, and how its pictures are augmented."""

    width: int = setting(ge=1, unit="channels", meaning="of the first layer; doubled at each halving of the picture")
    depth: int = setting(ge=1, meaning="convolutions at each size below the first")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped before the last layer")
    shift: float = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share of the side, either way")
    rotation: float = setting(0.0, ge=0, le=180, unit="degrees", meaning="augmentation: at most so many, either way")
    scale: float = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share larger or smaller")
    flip: bool = setting(False, meaning="augmentation: mirror half of the pictures left to right")
