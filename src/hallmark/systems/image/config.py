"""The keys of an image task: the typed schema of `raw`, `prepare.reading` and `train.network`."""

from dataclasses import dataclass, field

from omegaconf import MISSING


@dataclass
class Raw:
    """The embedded digits are what they are: there is nothing to choose."""


@dataclass
class Columns:
    """What the columns of the metadata table, the Parquet files or the npz are called; null: there is none."""

    image: str | None = "file"  # the picture's path within the raw folder; in Parquet, its bytes
    label: str | None = "label"
    id: str | None = None  # null: the path, or the place in the file
    entity: str | None = None  # null: each picture is an entity of its own
    time: str | None = None  # numbers, or dates as ISO 8601
    split: str | None = None  # train, validation or test, as published


@dataclass
class Band:
    """A group made of a descriptor. The edges are fixed here, so that no split is looked at to make them."""

    descriptor: str = MISSING
    edges: list[float] = MISSING  # ascending; a value on an edge belongs to the band above it
    names: list[str] = MISSING  # one more than edges


@dataclass
class SourceWords:
    """What the model card says of a person's own data; embedded data brings its own source.json."""

    title: str = MISSING
    origin: str = ""
    licence: str = ""
    simulated: bool = False
    entity: str = "example"


@dataclass
class Reading:
    format: str = MISSING  # folder, parquet, idx or npz
    height: int = MISSING  # pixels
    width: int = MISSING  # pixels
    channels: int = MISSING  # 1: grey, 3: red, green, blue
    labels: list[str] = MISSING  # the known labels; where the raw label is an integer, it is a position in this list
    convert: bool = False  # resample pictures of another size and turn their colours; else they are refused
    metadata: str | None = None  # folder: the CSV table in the raw folder; null takes the label from the folder's name
    columns: Columns = field(default_factory=Columns)
    groups: dict[str, str] = field(default_factory=dict)  # a group's name to the metadata column that it is
    bands: dict[str, Band] = field(default_factory=dict)
    source: SourceWords | None = None


@dataclass
class Network:
    width: int = MISSING  # channels of the first layer; they double at each halving of the picture
    depth: int = MISSING  # convolutions at each size below the first
    dropout: float = 0.0  # before the last layer
    shift: float = 0.0  # augmentation: at most this share of the side, either way
    rotation: float = 0.0  # at most these degrees, either way
    scale: float = 0.0  # at most this share, larger or smaller
    flip: bool = False  # mirror half of the pictures left to right
