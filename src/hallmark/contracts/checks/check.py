"""What a check is: the kind of a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Better = Literal["more", "less", "neither", "as its metric"]

# The fields of a finding that say what it is about, in the order in which they are written.
FIELDS = ("metric", "slice", "groups", "column", "label", "scorer", "against", "case")
FAMILY = "validate.*"  # the task's own expectations, by the names that the task gives them
SIGNATURE = "gate.signature"  # what only a person can give
OF_ITS_METRIC = "of its metric"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One kind of finding.

    `subjects` gives, for each set of fields that its findings may fill (in the order of FIELDS), the text for people,
    with the fields in braces (see `Finding.subject`). `better` says whether a larger estimate is better. `systems` are
    those that offer it; None: all, though an answer may have nothing to check.
    """

    name: str
    question: int  # 1-10, of the model card
    about: str  # what a finding of it is about
    subjects: Mapping[tuple[str, ...], str]
    unit: str = OF_ITS_METRIC
    better: Better = "more"
    systems: frozenset[str] | None = None
    metric_keys: tuple[str, ...] = ()  # of the configuration, which name the metrics that it measures
    metrics: tuple[str, ...] = ()  # that it measures whatever the configuration names
    groups: tuple[str, ...] = ()  # the only ones that it knows; (): as the configuration asks
    cases: tuple[str, ...] = ()  # the only ones that it has; (): as the configuration asks
    question_by_metric: Mapping[str, int] = field(default_factory=dict)  # where a metric answers another question

    @property
    def stage(self) -> str:
        return stage_of(self.name)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that its findings may fill, in the order of FIELDS."""
        return tuple(name for name in FIELDS if any(name in names for names in self.subjects))

    def is_offered_by(self, system: str) -> bool:
        return self.systems is None or system in self.systems


def stage_of(name: str) -> str:
    """Return the stage of a check, or of what stands for all checks of a stage: "bias" of `bias.gap` and `bias.*`."""
    return name.partition(".")[0]


def is_whole_stage(name: str) -> bool:
    """Return whether a requirement's check stands for all checks of a stage: `validate.*`."""
    return name.endswith(".*")
