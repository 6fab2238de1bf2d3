"""The keys of a medical task: `raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from hallmark.config import picture_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.reading_keys import LABELS, Labels
from hallmark.config.section import Contradiction, Names, Section, setting


class Raw(Section):
    """The size of the phantom."""

    patients: int = setting(ge=1, meaning="how many are simulated; each has 1 to 4 scans")
    shortcut: bool = setting(False, meaning="plant one: most patients with a lesion are scanned at one site")


class Clinical(Section):
    """The clinical columns that are inputs beside the scan. The site should not be among them."""

    numeric: Names = setting([], role="numeric", meaning="columns of numbers")
    categorical: dict[str, Names] = setting(
        {}, role="categorical", meaning="a column → its values; any other value is refused"
    )
    missing: bool = setting(False, meaning="an empty cell is allowed, and has an input of its own; else it is refused")


class Reading(picture_keys.Reading):
    """How files become scans of one size, with labels, clinical columns, groups and patients."""

    labels: Labels = setting(meaning=LABELS)
    keep: dict[str, list[str]] = setting({}, meaning="only rows with one of these values in the column")
    splits: dict[str, str] = setting({}, meaning="a raw value of columns.split → the split; empty: as it is")
    clinical: Clinical = setting(Clinical(), meaning="the clinical columns that are inputs")
    window: picture_keys.Window | None = setting(None, meaning="dicom alone; null: the file's own")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._window_without_dicom())

    def computed_descriptors(self) -> list[str]:
        """Return those of the scan, and the clinical numbers."""
        return [*super().computed_descriptors(), *self.clinical.numeric]

    def dicom_window(self) -> picture_keys.Window | None:
        """Return the window of DICOM's grey values; None for the file's own."""
        return self.window

    def _window_without_dicom(self) -> Iterator[Contradiction]:
        if self.window is not None and self.format != "dicom":
            yield Contradiction("window", f"is for the format dicom, but prepare.reading.format is {self.format!r}")


class Network(ShippedComponent):
    """A residual convolutional network with a second branch for the clinical columns."""

    target: Literal["hallmark.systems.medical.network.ScanNetwork"] = setting(
        "hallmark.systems.medical.network.ScanNetwork",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="channels", meaning="of the first layer; they double at each halving of the scan")
    depth: int = setting(ge=1, meaning="convolutions at each size below the first")
    clinical: int = setting(ge=0, unit="units", meaning="of the branch for clinical columns; 0: there is none")
    dropout: float = setting(0.0, ge=0, lt=1, meaning="share of units dropped before the last layer")


class Diagnostics(Section):
    """The worklist that the scores make: how many of the patients with the positive label are in
    its first part.
    """

    shares: list[Annotated[float, Field(gt=0, lt=1)]] = setting([], meaning="the first parts of the worklist")
    groups: Names = setting([], meaning="the groups by which sensitivity is reported")

    def cases(self, check: str) -> list[str]:
        """Return the cases of a check's findings; none of a check without cases."""
        return [triage_case(share) for share in self.shares] if check == "evaluate.triage" else []


def triage_case(share: float) -> str:
    """Return the name of a first part of the worklist as a case of evaluate.triage."""
    return f"first {share:.0%}"


def across(parameters: Any) -> Iterator[Contradiction]:
    """Yield what contradicts between sections: clinical columns that the network has no units for."""
    network = parameters.train.network
    if not isinstance(network, Network):
        return
    clinical = parameters.prepare.reading.clinical
    if network.clinical == 0 and (clinical.numeric or clinical.categorical):
        yield Contradiction(
            "train.network.clinical",
            "is 0: it must be at least 1, since prepare.reading.clinical names columns that the network reads",
        )
