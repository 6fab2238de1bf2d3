"""Layout: where the files of a task lie. dvc.yaml names the same paths; a test compares the two."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

JudgedStage = Literal["validate", "train", "evaluate", "bias", "drift"]
ReportingStage = Literal["validate", "train", "evaluate", "bias", "drift", "gate", "publish"]
JUDGED_STAGES: tuple[JudgedStage, ...] = ("validate", "train", "evaluate", "bias", "drift")  # whose findings count


@dataclass(frozen=True)
class Layout:
    """Every path of one task's data, model and reports, below the project's folder `root`.

    It only names paths: whether a file is there, and what it holds, is the reader's concern.
    """

    task: str
    root: Path = Path()

    @property
    def parameters(self) -> Path:
        """The composed configuration, a YAML file that `configure` writes."""
        return self.root / "params" / f"{self.task}.yaml"

    @property
    def raw(self) -> Path:
        """The folder of raw files: a bundled source's, or a person's own."""
        return self.root / "data" / "raw" / self.task

    @property
    def raw_pointer(self) -> Path:
        """The `.dvc` file of raw data that a person added with `dvc add`."""
        return self.root / "data" / "raw" / f"{self.task}.dvc"

    @property
    def prepared(self) -> Path:
        """The folder of prepared examples (see `contracts.examples`)."""
        return self.root / "data" / "prepared" / self.task

    @property
    def package(self) -> Path:
        """The folder of the package that is evaluated, signed, registered and served (see `contracts.package`)."""
        return self.root / "models" / self.task

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.task

    def report(self, stage: ReportingStage) -> Path:
        """Return the folder of what one stage reports."""
        return self.reports / stage

    def figures(self, stage: ReportingStage) -> Path:
        return self.report(stage) / "figures"

    def findings(self, stage: JudgedStage | Literal["gate"]) -> Path:
        return self.report(stage) / "findings.json"

    @property
    def judged_findings(self) -> list[Path]:
        """The files of findings that the gate judges, in the order of the stages."""
        return [self.findings(stage) for stage in JUDGED_STAGES]

    @property
    def predictions(self) -> Path:
        """The one predictions table of all scorers (see `contracts.predictions`)."""
        return self.report("evaluate") / "predictions.parquet"

    @property
    def scorers(self) -> Path:
        """Every metric of every scorer on every split, with intervals, as CSV."""
        return self.report("evaluate") / "scorers.csv"

    @property
    def verdict(self) -> Path:
        return self.report("gate") / "verdict.json"

    @property
    def signature(self) -> Path:
        """A person's signature under the verdict; no stage writes it."""
        return self.report("gate") / "signature.json"

    @property
    def card(self) -> Path:
        return self.report("publish") / "card.md"

    @property
    def ledger(self) -> Path:
        """Which models were evaluated on which test split on this machine; not in git."""
        return self.root / ".ledger" / f"{self.task}.jsonl"

    def training_state(self, key: str) -> Path:
        """Return the folder of the resumable state of the training with this key (64 hexadecimal digits)."""
        return self.root / ".state" / self.task / key[:16]
