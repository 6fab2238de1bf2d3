"""What a check is: the kind of a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Better = Literal["more", "less", "neither", "as its metric"]

# The fields of a finding that say what it is about, in the order in which files have them.
FIELDS = ("metric", "slice", "groups", "column", "label", "scorer", "against", "case")
FAMILY = "validate.*"  # every expectation that a task declares under a name of its own
RAW = "validate.raw"  # the same of a raw table
RAW_TYPES = "types"  # its case, after the table's name: whether the cells are what `types` declares
WARNING = "validate.warning"  # every one of severity warning, of whatever table
INFO = "validate.info"  # every one of severity info
SIGNATURE = "gate.signature"  # whether a person has signed
SIMPLE_METHODS = "the simple methods"  # among a check's scorers, the names of its system's simple methods
OF_GROUPS = "group.*"  # among a check's columns, those of all its groups
OF_ITS_METRIC = "of its metric"  # the unit of an estimate that is in its metric's unit


@dataclass(frozen=True, kw_only=True)
class Check:
    """One kind of finding.

    question: The question of the model card that its findings answer, 1-10.
    question_by_metric: The question by metric, for metrics that answer another one.
    about: What it measures, in one sentence.
    subjects: The sets of fields that its findings may have (in the order of FIELDS), each with the
        text of `Finding.subject`, in which "{column}" stands for the value of the field.
    better: Whether a larger estimate is better ("more") or a smaller one ("less").
    systems: The systems that offer it; None: all, though an answer may have nothing to check.
    metric_keys: The configuration keys that name the metrics that it measures.
    metrics: Metrics that it measures whatever the configuration names.
    judges: Whether its findings come with a verdict of their own; others are only measured, so that a
        requirement needs a bound to judge them.
    apart: Whether a requirement of a whole stage (`validate.*`) leaves it out: only its own name selects it.
    group_keys: The configuration keys that list its groups; (): all groups of the reading.
    groups, columns, scorers, against, cases: The only values that the fields can have; (): any. Columns
        may have OF_GROUPS, "descriptor.*" for those of all descriptors, and "array.*" for whatever
        begins so; scorers and against may have SIMPLE_METHODS.
    """

    name: str
    question: int
    about: str
    subjects: Mapping[tuple[str, ...], str]
    unit: str = OF_ITS_METRIC
    better: Better = "more"
    systems: frozenset[str] | None = None
    judges: bool = False
    apart: bool = False
    metric_keys: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    group_keys: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    scorers: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    question_by_metric: Mapping[str, int] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return stage_of(self.name)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that any of its findings may have, in the order of FIELDS."""
        return tuple(name for name in FIELDS if any(name in names for names in self.subjects))

    def is_offered_by(self, system: str) -> bool:
        return self.systems is None or system in self.systems


def stage_of(name: str) -> str:
    """Return the stage in a check's name: "bias" of `bias.gap`, and of `bias.*`, which means all
    its checks.
    """
    return name.partition(".")[0]


def is_whole_stage(name: str) -> bool:
    """Return whether a requirement's `check` means all checks of a stage: `validate.*`."""
    return name.endswith(".*")
