"""The keys of an image task: the typed schema of `raw`, `prepare.reading` and `train.network`."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import NamedBand, SourceWords
from hallmark.formats.pictures.config import Columns


@dataclass
class Raw:
    """The embedded digits are what they are: there is nothing to choose."""


@dataclass
class Reading:
    format: str = MISSING  # folder, parquet, idx or npz
    height: int = MISSING  # pixels
    width: int = MISSING  # pixels
    channels: int = MISSING  # 1: grey, 3: red, green, blue
    labels: list[str] = (
        MISSING  # the known labels; an integer in raw data is a label that is this number, or a position
    )
    convert: bool = False  # resample pictures of another size and turn their colours; else they are refused
    # A CSV table in the raw folder. folder: without it, the label is the name of the picture's folder; npz: a row for
    # each picture, in the same order
    metadata: str | None = None
    columns: Columns = field(default_factory=Columns)
    groups: dict[str, str] = field(default_factory=dict)  # a group's name to the metadata column that it is
    bands: dict[str, NamedBand] = field(default_factory=dict)
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # channels of the first layer; they double at each halving of the picture
    depth: int = MISSING  # convolutions at each size below the first
    dropout: float = 0.0  # before the last layer
    shift: float = 0.0  # augmentation: at most this share of the side, either way
    rotation: float = 0.0  # at most these degrees, either way
    scale: float = 0.0  # at most this share, larger or smaller
    flip: bool = False  # mirror half of the pictures left to right
