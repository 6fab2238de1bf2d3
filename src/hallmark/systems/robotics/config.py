"""The keys of a robotics task: `raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics`."""

from collections.abc import Iterable, Iterator

from hallmark.config import reading
from hallmark.config.reading import LEAVE_OUT, SOURCE, Band, SourceWords
from hallmark.config.section import Contradiction, Name, NameOrNone, Names, RawFile, Section, setting

METRICS = (
    "accuracy",
    "log_loss",
    "brier",
    "cost",
    "sensitivity",
    "specificity",
    "precision",
    "alert_rate",
    "action_error",
    "squared_error",
    "return",
    "success",
    "roc_auc",
    "average_precision",
    "calibration_error",
)


class Raw(Section):
    """How much is demonstrated; each episode is another robot."""

    episodes: int = setting(ge=1, meaning="how many")
    steps: int = setting(ge=1, unit="0.05 s", meaning="of an episode")


class Bounds(Section):
    """The range of an action, in its own unit; a log that leaves it is refused."""

    low: float = setting(unit="the action's", meaning="the least that it can be")
    high: float = setting(unit="the action's", meaning="the most that it can be")


class Settings(Section):
    """A table that tells more of each episode (robot, payload …); its columns can be named like the log's own."""

    file: RawFile = setting(meaning="its path within the raw folder")
    key: Name = setting(meaning="the column that both files have")


class Reading(reading.Reading):
    """How a log of steps becomes examples: the last readings, and what was done."""

    file: RawFile = setting(meaning="CSV, Parquet or npz, in the raw folder; a row for each step")
    observations: Names = setting(role="input", meaning="the sensors' columns")
    history: int = setting(ge=1, unit="steps", meaning="readings that a policy sees: the current one and those before")
    actions: dict[str, Bounds] = setting({}, role="label", meaning="numeric actions: a column → its bounds")
    tolerance: float = setting(0.05, gt=0, lt=1, meaning="share of an action's range within which it counts as right")
    action: NameOrNone = setting("", role="label", meaning="or an action of a known set: its column")
    labels: dict[str, Name] = setting({}, meaning="and what each raw value is called")
    episode: NameOrNone = setting("", role="name", meaning="column; without it, the log is one episode")
    step: NameOrNone = setting("", meaning="column of whole numbers; without it, rows are steps in their order")
    time: NameOrNone = setting(
        "", role="time", meaning="column: seconds, or dates; without it, blocks are in the order of the log"
    )
    every: int = setting(
        1,
        ge=1,
        unit="steps",
        meaning="between two rows that are kept: neighbours are nearly the same; histories see all steps",
    )
    block: int = setting(
        0,
        ge=0,
        unit="steps",
        meaning="that make an entity, where episodes are too few; histories end at its edge",
    )
    settings: Settings | None = setting(None, meaning="null: nothing more is known of episodes")
    descriptors: Names = setting([], meaning="columns that describe the settings, beside the computed ones")
    groups: dict[str, dict[str, str]] = setting({}, meaning="a column → a raw value → a name; empty: names as they are")
    bands: dict[str, Band] = setting({}, meaning="groups made of a computed descriptor or a column of numbers")
    source: SourceWords | None = setting(None, meaning=SOURCE)
    leave_out: Names = setting([], meaning=LEAVE_OUT)

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._empty_ranges(), self._two_kinds_of_action())

    def _empty_ranges(self) -> Iterator[Contradiction]:
        for name, bounds in self.actions.items():
            if not bounds.low < bounds.high:
                words = f"runs from {bounds.low:g} to {bounds.high:g}: low must be less than high"
                yield Contradiction(f"actions.{name}", words)

    def _two_kinds_of_action(self) -> Iterator[Contradiction]:
        if self.actions and (self.action or self.labels):
            words = "has numbers, and there are also action or labels: an action is one or other"
            yield Contradiction("actions", words)


class Network(Section):
    """Residual blocks on encoded sensors."""

    width: int = setting(ge=1, unit="units", meaning="of every layer")
    depth: int = setting(ge=1, meaning="residual blocks")
    bins: int = setting(ge=1, meaning="pieces of the piecewise linear encoding of every sensor")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")


class Diagnostics(Section):
    """The closed loop on the bundled simulator; data of other robots has none, and nothing is driven then."""

    starts: int = setting(0, ge=0, meaning="episodes for each test setting; 0: there is no simulator of this data")
    steps: int = setting(200, ge=1, unit="0.05 s", meaning="of an episode")
