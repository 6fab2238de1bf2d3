"""The keys of a medical task: the typed schema of `raw`, `prepare.reading`, `train.network` and `evaluate.probe`."""

from dataclasses import dataclass, field

from omegaconf import MISSING

from hallmark.formats.config import SourceWords
from hallmark.formats.pictures.config import Columns


@dataclass
class Raw:
    """The size of the phantom."""

    patients: int = MISSING  # each has 1 to 4 scans
    shortcut: bool = False  # plant one: most patients with a lesion are scanned at one site


@dataclass
class Clinical:
    """What the network is told of the patient beside the scan. The site should not be among it."""

    numeric: list[str] = field(default_factory=list)
    categorical: dict[str, list[str]] = field(default_factory=dict)  # a column's values; any other is refused
    missing: bool = False  # an empty cell is a value of its own, in a column of its own; else it is refused


@dataclass
class Band:
    """A group made of a column of numbers, where an empty cell is "unknown", or of a descriptor of the scan."""

    column: str = MISSING  # or brightness, contrast, sharpness, ink, offset
    edges: list[float] = MISSING  # ascending; a value on an edge belongs to the band above it
    names: list[str] = MISSING  # one more than edges


@dataclass
class Window:
    """Which of DICOM's grey values become black and white, in the modality's units, such as Hounsfield's."""

    center: float = MISSING
    width: float = MISSING


@dataclass
class Reading:
    format: str = MISSING  # folder, npz, dicom, parquet or idx
    height: int = MISSING  # pixels
    width: int = MISSING  # pixels
    channels: int = MISSING  # 1: grey, 3: red, green, blue
    labels: dict[str, str] = MISSING  # a raw value → a label; the labels, in this order, are the classes
    convert: bool = False  # resample scans of another size and turn their colours; else they are refused
    # A CSV table in the raw folder. folder and dicom: the files that it lists, else those in folders named as their
    # label; npz: a row for each scan, in the same order
    metadata: str | None = None
    columns: Columns = field(default_factory=Columns)
    keep: dict[str, list[str]] = field(default_factory=dict)  # only rows with one of these values in the column
    splits: dict[str, str] = field(default_factory=dict)  # a raw value of columns.split → the split; empty: as it is
    clinical: Clinical = field(default_factory=Clinical)
    groups: dict[str, str] = field(default_factory=dict)  # a group's name to the metadata column that it is
    bands: dict[str, Band] = field(default_factory=dict)
    window: Window | None = None  # dicom; null: the file's own
    source: SourceWords | None = None
    leave_out: list[str] = field(default_factory=list)  # patterns of files in the raw folder that are not to be read


@dataclass
class Network:
    width: int = MISSING  # channels of the first layer; they double at each halving of the scan
    depth: int = MISSING  # convolutions at each size below the first
    clinical: int = MISSING  # units that the clinical data becomes
    dropout: float = 0.0  # before the last layer
    shift: float = 0.0  # augmentation: at most this share of the side, either way
    rotation: float = 0.0  # at most these degrees, either way
    scale: float = 0.0  # at most this share, larger or smaller
    flip: bool = False  # mirror half of the scans left to right


@dataclass
class Probe:
    shares: list[float] = field(default_factory=list)  # of the worklist: how many of the patients are in its first …
    groups: list[str] = field(default_factory=list)  # by which of the groups sensitivity is told (kind, size)
