"""The keys of a robotics task: `raw`, `prepare.reading`, `train.network` and `evaluate.diagnostics`."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from hallmark.config import reading_keys
from hallmark.config.component import TARGET, ShippedComponent
from hallmark.config.reading_keys import LABELS, JoinedTable, Labels
from hallmark.config.section import Contradiction, Name, Names, Section, not_empty, setting
from hallmark.config.table_files import TableFile

METRICS_OF_EPISODES = ("return", "success")  # of the closed loop


class Raw(Section):
    """The size of the simulated log; each episode is another robot."""

    episodes: int = setting(ge=1, meaning="how many")
    steps: int = setting(ge=1, unit="0.05 s", meaning="of an episode")


class Bounds(Section):
    """The range of an action, in its own unit; a log that leaves it is refused."""

    low: float = setting(unit="the action's", meaning="its lowest value")
    high: float = setting(unit="the action's", meaning="its highest value")


class Columns(reading_keys.Columns):
    """What the columns of the log are called; null: there is none."""

    entity: Name | None = setting(None, role="name", meaning="the episode; null: the log is one episode")
    step: Name | None = setting(None, meaning="whole numbers; null: rows are steps in their order")
    time: Name | None = setting(
        None, role="time", unit="seconds", meaning="numbers, or dates; null: blocks are in the order of the log"
    )
    label: Name | None = setting(None, role="label", meaning="the action, where it is one of a known set")


class Reading(reading_keys.Reading):
    """How a log of steps becomes examples: the last readings, and the action."""

    file: TableFile = setting(meaning="text (CSV …), Parquet or npz, in the raw folder; a row for each step")
    columns: Columns = setting(Columns(), meaning="what the columns of the log are called")
    observations: Annotated[Names, not_empty] = setting(role="input", meaning="the sensors' columns")
    history: int = setting(ge=1, unit="steps", meaning="readings that the policy gets, the current one included")
    actions: dict[str, Bounds] = setting({}, role="label", meaning="numeric actions: a column → its bounds")
    tolerance: float = setting(
        0.05, gt=0, lt=1, meaning="largest error that counts as right, as a share of the action's range"
    )
    labels: Labels = setting({}, meaning=f"of actions of a known set, those of columns.label: {LABELS}")
    every: int = setting(
        1,
        ge=1,
        unit="steps",
        meaning="between two rows that become examples, since neighbours are nearly the same; histories have all steps",
    )
    block: int = setting(
        0,
        ge=0,
        unit="steps",
        meaning="of an entity, where episodes are too few; no history crosses its edge; 0: an episode is an entity",
    )
    settings: JoinedTable | None = setting(
        None, meaning="a table of the episodes: robot, payload …; null: there is none"
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (*super().relations(), self._empty_ranges(), self._two_kinds_of_action(), self._no_action())

    def target(self) -> reading_keys.Target | None:
        has_labels = bool(self.columns.label and self.labels)
        if bool(self.actions) == has_labels:
            return None
        return reading_keys.Target(None, "labels") if has_labels else reading_keys.Target("target.action", "actions")

    def computed_descriptors(self) -> list[str]:
        """Return those of the last reading, of pairs of steps and of triples, where a history has so many steps."""
        descriptors = ["step", "level"]
        if self.history > 1:
            descriptors += ["change", "repeated"]
        if self.history > 2:
            descriptors.append("noise")
        return descriptors

    def makes_times(self) -> bool:
        """Return whether a column is named, or blocks have the order of the log as their time."""
        return super().makes_times() or self.block > 0

    def _empty_ranges(self) -> Iterator[Contradiction]:
        for name, bounds in self.actions.items():
            if not bounds.low < bounds.high:
                words = f"runs from {bounds.low:g} to {bounds.high:g}: low must be less than high"
                yield Contradiction(f"actions.{name}", words)

    def _two_kinds_of_action(self) -> Iterator[Contradiction]:
        if self.actions and (self.columns.label or self.labels):
            words = "has numbers, and there are also columns.label or labels: an action is one or other"
            yield Contradiction("actions", words)

    def _no_action(self) -> Iterator[Contradiction]:
        if not self.actions and not (self.columns.label and self.labels):
            words = "names none: set actions (numbers), or columns.label and labels (a known set)"
            yield Contradiction("actions", words)


class Network(ShippedComponent):
    """Residual blocks on encoded sensors."""

    target: Literal["hallmark.systems.robotics.network.Policy"] = setting(
        "hallmark.systems.robotics.network.Policy",
        alias=TARGET,
        meaning="the shipped network; the keys below are its own",
    )
    width: int = setting(ge=1, unit="units", meaning="of every layer")
    depth: int = setting(ge=1, meaning="residual blocks")
    bins: int = setting(ge=1, meaning="pieces of the piecewise linear encoding of every sensor")
    dropout: float = setting(ge=0, lt=1, meaning="share of units dropped")


class Diagnostics(Section):
    """The closed loop on the bundled simulator; data of other robots has none, and nothing is
    driven then.
    """

    starts: int = setting(0, ge=0, meaning="episodes for each test setting; 0: there is no simulator of this data")
    steps: int = setting(200, ge=1, unit="0.05 s", meaning="of an episode")


def across(parameters: Any) -> Iterator[Contradiction]:
    """Yield the metrics of episodes in the closed loop, where no episode is driven."""
    if parameters.evaluate.diagnostics.starts:
        return
    for key, metrics in (("evaluate", parameters.evaluate.metrics), ("bias", parameters.bias.metrics)):
        for place, metric in enumerate(metrics):
            if metric in METRICS_OF_EPISODES:
                words = f"is {metric!r}, which episodes give: set evaluate.diagnostics.starts above 0, or take it out"
                yield Contradiction(f"{key}.metrics[{place}]", words)
