"""The keys of a medical task: `raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from hallmark.config import reading
from hallmark.config.pictures import FORMAT, METADATA, Columns, Format
from hallmark.config.reading import LEAVE_OUT, SOURCE, SourceWords, one_name_a_band
from hallmark.config.section import Contradiction, Edges, Name, Names, RawFile, Section, setting

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
    """The size of the phantom."""

    patients: int = setting(ge=1, meaning="how many are simulated; each has 1 to 4 scans")
    shortcut: bool = setting(False, meaning="plant one: most patients with a lesion are scanned at one site")


class Clinical(Section):
    """What the network is told of the patient beside the scan. The site should not be among it."""

    numeric: Names = setting([], role="numeric", meaning="columns of numbers")
    categorical: dict[str, Names] = setting(
        {}, role="categorical", meaning="a column → its values; any other value is refused"
    )
    missing: bool = setting(False, meaning="an empty cell is a value, with a column of its own; else it is refused")


class Band(Section):
    """A group made of a column of numbers, where an empty cell is "unknown", or of a descriptor of the scan."""

    column: Name = setting(meaning="a column of the metadata, or brightness, contrast, sharpness, ink, offset")
    edges: Edges = setting(meaning="inner edges, ascending; a value on an edge belongs to the band above it")
    names: list[Name] = setting(meaning="the bands' names, one more than edges; two bands may have one name")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (one_name_a_band(self.edges, self.names),)


class Window(Section):
    """Which of DICOM's grey values become black and white."""

    center: float = setting(unit="the modality's, such as Hounsfield's", meaning="the value in the middle")
    width: float = setting(gt=0, unit="the modality's, such as Hounsfield's", meaning="from black to white")


class Reading(reading.Reading):
    """How files become scans of one size, with labels, clinical columns, groups and patients."""

    format: Format = setting(meaning=FORMAT)
    height: int = setting(ge=1, unit="pixels", meaning="height of a scan")
    width: int = setting(ge=1, unit="pixels", meaning="width of a scan")
    channels: Literal[1, 3] = setting(meaning="1: grey; 3: red, green, blue")
    labels: dict[str, Name] = setting(meaning="a raw value → a label; the labels, in this order, are the classes")
    convert: bool = setting(False, meaning="resample scans of another size and turn their colours; else refuse them")
    metadata: RawFile | None = setting(None, meaning=METADATA)
    columns: Columns = setting(Columns(), meaning="what the columns are called")
    keep: dict[str, list[str]] = setting({}, meaning="only rows with one of these values in the column")
    splits: dict[str, str] = setting({}, meaning="a raw value of columns.split → the split; empty: as it is")
    clinical: Clinical = setting(Clinical(), meaning="what the network is told of the patient")
    groups: dict[str, Name] = setting({}, meaning="a group's name → the metadata column that it is")
    bands: dict[str, Band] = setting({}, meaning="groups made of a column of numbers or of a descriptor")
    window: Window | None = setting(None, meaning="dicom alone; null: the file's own")
    source: SourceWords | None = setting(None, meaning=SOURCE)
    leave_out: Names = setting([], meaning=LEAVE_OUT)

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._window_without_dicom())

    def _window_without_dicom(self) -> Iterator[Contradiction]:
        if self.window is not None and self.format != "dicom":
            yield Contradiction("window", f"is for the format dicom, but prepare.reading.format is {self.format!r}")


class Network(Section):
    """A residual convolutional network with a second branch for the clinical columns, and its augmentation."""

    width: int = setting(ge=1, unit="channels", meaning="of the first layer; they double at each halving of the scan")
    depth: int = setting(ge=1, meaning="convolutions at each size below the first")
    clinical: int = setting(ge=0, unit="units", meaning="what the clinical columns become")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped before the last layer")
    shift: float = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share of the side, either way")
    rotation: float = setting(0.0, ge=0, le=180, unit="degrees", meaning="augmentation: at most so many, either way")
    scale: float = setting(0.0, ge=0, lt=1, meaning="augmentation: at most this share larger or smaller")
    flip: bool = setting(False, meaning="augmentation: mirror half of the scans left to right")


class Diagnostics(Section):
    """The worklist that the scores make: how many of the patients with the positive label are in its first part."""

    shares: list[Annotated[float, Field(gt=0, lt=1)]] = setting([], meaning="the first parts of the worklist")
    groups: Names = setting([], meaning="the groups by which sensitivity is reported")


def across(parameters: Any) -> Iterator[Contradiction]:
    """Yield what contradicts between sections: clinical columns that the network has no units for."""
    clinical = parameters.prepare.reading.clinical
    if parameters.train.network.clinical == 0 and (clinical.numeric or clinical.categorical):
        yield Contradiction(
            "train.network.clinical",
            "is 0: it must be at least 1, since prepare.reading.clinical names columns that the network reads",
        )
