"""The composed parameters of a task: every key, its type and its meaning. The top-level keys are the stages.

`raw`, `prepare.reading`, `train.network` and `evaluate.probe` are the system's own: `systems/<name>/config.py`.
"""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING


@dataclass
class About:
    """What the model card says of the task before anything is measured."""

    title: str = MISSING
    purpose: str = MISSING
    out_of_scope: str = ""


@dataclass
class Fractions:
    """Shares of the entities; under `published`, of the published training entities (its test split stays as it is)."""

    train: float = MISSING
    validation: float = MISSING
    test: float = 0.0
    recent: float = 0.0


@dataclass
class Windows:
    """Shares of the rows in order of time; train and validation share the first window."""

    train: float = MISSING
    validation: float = 0.0
    test: float = MISSING
    recent: float = MISSING


@dataclass
class Split:
    # entity: entities dealt out by a keyed hash; time: entities in the order of their first times;
    # entity_and_time: entities by hash, and only their rows in the split's window of time, where entities live on;
    # leave_last_out: each entity's last row is test, the one before validation, the others train, in any fractions;
    # published: as the raw data says, with validation and recent carved out of its training entities
    method: str = MISSING
    fractions: Fractions = field(default_factory=Fractions)
    windows: Windows | None = None  # entity_and_time; null: the same shares as fractions


@dataclass
class Prepare:
    reading: Any = MISSING
    split: Split = field(default_factory=Split)


@dataclass
class Expectation:
    """A Great Expectations expectation: its own name and its own arguments."""

    type: str = MISSING
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class Validate:
    minimum_per_class: int = MISSING  # examples of every class in every split
    minimum_per_group: int = MISSING  # test examples of every group
    expectations: dict[str, Expectation] = field(
        default_factory=dict
    )  # by a name of one's own, so that each can be overridden


@dataclass
class Decision:
    positive: str | None = None
    mistake: float = 1.0
    matrix: dict[str, dict[str, float]] = field(default_factory=dict)
    scale: dict[str, str] = field(default_factory=dict)
    unit: str = "mistakes"
    specificity: float | None = None  # the least on validation, which the threshold keeps; null: the cheapest threshold


@dataclass
class Train:
    epochs: int = MISSING  # at most; early stopping may end sooner
    patience: int = MISSING  # epochs without a better validation loss
    batch_size: int = MISSING  # global: over all devices together
    learning_rate: float = MISSING  # peak, AdamW
    weight_decay: float = MISSING
    warmup: float = MISSING  # share of all steps with a rising learning rate; a half cosine follows
    checkpoint_steps: int = MISSING  # optimiser steps between two resumable states
    network: Any = MISSING


@dataclass
class Evaluate:
    headline: str = MISSING
    metrics: list[str] = MISSING
    train_sample: int = MISSING  # training examples scored, for the gap between training and test
    review_error: float = MISSING  # the error rate that predictions passed without a person may have
    probe: Any = field(default_factory=dict)  # the system's own, where it has a part `diagnostics`


@dataclass
class Bias:
    metrics: list[str] = MISSING  # the metrics whose gaps are judged, as one family
    groups: list[str] = MISSING  # the groups that must be there, without the prefix; pairs are made of them
    confidence: float = MISSING  # of the whole family


@dataclass
class Drift:
    false_alarms: float = MISSING  # share of runs without drift in which any column alarms
    effect: float = MISSING  # the smallest shift worth an alarm, in standard deviations or Cohen's h
    repeats: int = MISSING  # random deals of whole entities that calibrate the thresholds
    rows: int = MISSING  # at most, of each side


@dataclass
class Requirement:
    """What the gate asks of the findings that it selects: by check, and by their fields, where "*" is any value."""

    check: str = MISSING  # a registered name (hallmark.contracts.checks), or a whole stage: validate.*
    metric: str | None = None
    slice: dict[str, str] = field(default_factory=dict)  # value by group; selects the slices of exactly these groups
    groups: list[str] = field(default_factory=list)  # of bias.coverage: a group, or a pair
    column: str | None = None
    label: str | None = None
    scorer: str | None = None
    against: str | None = None
    case: str | None = None
    at_least: float | None = None  # with neither bound, the finding's own verdict counts
    at_most: float | None = None
    failed: str = "blocked"  # blocked or review
    unresolved: str = "review"


@dataclass
class Champion:
    at_least: float = (
        MISSING  # of the headline metric, challenger minus champion, positive where the challenger is better
    )


@dataclass
class Gate:
    champion: Champion = field(default_factory=Champion)
    requirements: dict[str, Requirement] = MISSING


@dataclass
class Publish:
    experiment: str = MISSING
    model_name: str = MISSING
    examples: bool = False  # whether MLflow gets single examples: the figures that show them, and an input example


@dataclass
class Parameters:
    task: str = MISSING
    system: str = MISSING  # what is read
    answer: str = MISSING  # what is predicted
    seed: int = MISSING
    about: About = field(default_factory=About)
    raw: Any = MISSING
    prepare: Prepare = field(default_factory=Prepare)
    validate: Validate = field(default_factory=Validate)
    decision: Decision = field(default_factory=Decision)
    train: Train = field(default_factory=Train)
    evaluate: Evaluate = field(default_factory=Evaluate)
    bias: Bias = field(default_factory=Bias)
    drift: Drift = field(default_factory=Drift)
    gate: Gate = field(default_factory=Gate)
    publish: Publish = field(default_factory=Publish)
