"""Layout: where the files of a task lie.

Every such path is spelled here; a test compares them with dvc.yaml.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

JudgedStage = Literal["validate", "train", "evaluate", "bias", "drift"]
ReportingStage = Literal["validate", "train", "evaluate", "bias", "drift", "gate", "publish"]
MetricSplit = Literal["validation", "test"]  # what one may choose by, and what a model is judged by
JUDGED_STAGES: tuple[JudgedStage, ...] = ("validate", "train", "evaluate", "bias", "drift")  # whose findings count


@dataclass(frozen=True)
class Layout:
    """Every path of one task's data, model and reports, below the project's folder `root`.

    The default root makes relative paths, which name the same files on every machine. Layout names
    paths only: it does not look whether a file is there.
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
    def splits(self) -> Path:
        """How large each split is, as CSV."""
        return self.prepared / "splits.csv"

    @property
    def package(self) -> Path:
        """The folder of the package that is evaluated, signed, registered and served (see
        `contracts.package`).
        """
        return self.root / "models" / self.task

    @property
    def reports(self) -> Path:
        return self.root / "reports" / self.task

    def report(self, stage: ReportingStage) -> Path:
        """Return the folder of what one stage reports."""
        return self.reports / stage

    def name_in_reports(self, path: Path) -> str:
        """Return a report's name in the card and in MLflow: its path below `reports`, with /."""
        return path.relative_to(self.reports).as_posix()

    def figures(self, stage: ReportingStage) -> Path:
        return self.report(stage) / "figures"

    def findings(self, stage: JudgedStage | Literal["gate"]) -> Path:
        return self.report(stage) / "findings.json"

    @property
    def judged_findings(self) -> list[Path]:
        """The files of findings that the gate judges, in the order of the stages."""
        return [self.findings(stage) for stage in JUDGED_STAGES]

    def cost(self, stage: Literal["train", "evaluate"]) -> Path:
        """Times and hardware; not in git."""
        return self.report(stage) / "cost.json"

    @property
    def failures(self) -> Path:
        """The rows that fail validation, as CSV."""
        return self.report("validate") / "failures.csv"

    @property
    def suites(self) -> Path:
        """The folder of Great Expectations' suites, a JSON file for each table."""
        return self.report("validate") / "suites"

    @property
    def data_docs(self) -> Path:
        """The folder of Great Expectations' pages, of which `data_docs_page` is the first."""
        return self.report("validate") / "data_docs"

    @property
    def data_docs_page(self) -> Path:
        return self.data_docs / "index.html"

    @property
    def data_docs_examples_page(self) -> Path:
        """The page that shows single examples which broke an expectation."""
        return self.data_docs / "examples" / "index.html"

    @property
    def curves(self) -> Path:
        """Training's losses by step, as CSV."""
        return self.report("train") / "curves.csv"

    @property
    def predictions(self) -> Path:
        """The one predictions table of all scorers (see `contracts.predictions`)."""
        return self.report("evaluate") / "predictions.parquet"

    @property
    def episodes(self) -> Path:
        """The table of all scorers' episodes, which are no examples (see `contracts.episodes`)."""
        return self.report("evaluate") / "episodes.parquet"

    @property
    def evidence(self) -> list[Path]:
        """The files whose digest a verdict names `evidence`: the judged findings, the predictions
        and the episodes.
        """
        return [*self.judged_findings, self.predictions, self.episodes]

    @property
    def scorers(self) -> Path:
        """Every metric of every scorer on every split, with intervals, as CSV."""
        return self.report("evaluate") / "scorers.csv"

    def metrics(self, split: MetricSplit) -> Path:
        """The model's metrics on one split, as JSON for `dvc metrics` (see `contracts.split_metrics`)."""
        return self.report("evaluate") / f"{split}.json"

    def plots(self, stage: Literal["evaluate", "bias"]) -> Path:
        """The folder of the tables that `dvc plots` draws."""
        return self.report(stage) / "plots"

    @property
    def plot_definitions(self) -> Path:
        """How `dvc plots` draws a task's tables; `configure` writes it, and DVC reads every dvc.yaml."""
        return self.reports / "dvc.yaml"

    @property
    def groups(self) -> Path:
        """Every metric of every group and pair of groups, as CSV."""
        return self.report("bias") / "groups.csv"

    @property
    def drift_page(self) -> Path:
        """Evidently's page."""
        return self.report("drift") / "drift.html"

    @property
    def drift_snapshot(self) -> Path:
        """Evidently's snapshot, as JSON."""
        return self.report("drift") / "snapshot.json"

    @property
    def verdict(self) -> Path:
        return self.report("gate") / "verdict.json"

    @property
    def summary(self) -> Path:
        return self.report("gate") / "summary.json"

    @property
    def signature(self) -> Path:
        """A person's signature under the verdict; no stage writes it."""
        return self.report("gate") / "signature.json"

    @property
    def card(self) -> Path:
        return self.report("publish") / "card.md"

    @property
    def published_version(self) -> Path:
        """What was published, in words that no MLflow store changes."""
        return self.report("publish") / "version.json"

    @property
    def verification(self) -> Path:
        """The record of the last `make verify` on this machine; not in git."""
        return self.root / ".state" / "verification" / f"{self.task}.json"

    @property
    def verification_scratch(self) -> Path:
        """The folder in which a verification works, and that it removes."""
        return self.root / ".state" / "verify" / self.task

    @property
    def ledger(self) -> Path:
        """Which models were evaluated on which test split; in git, where branches are merged line by line."""
        return self.root / ".ledger" / f"{self.task}.jsonl"

    @property
    def own_reading(self) -> Path:
        """The folder of the tables that a person's own reader made of the raw files; called as the raw folder, whose
        name is the title of data that has none.
        """
        return self.root / ".state" / self.task / "own_reading" / self.raw.name

    def training_state(self, key: str) -> Path:
        """Return the folder of the resumable state of the training with this key (64 hexadecimal
        digits).
        """
        return self.root / ".state" / self.task / key[:16]
