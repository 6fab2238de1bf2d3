"""The sections of the configuration that all systems share, one for each stage."""

from collections.abc import Iterable, Iterator
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import Field

from hallmark.config.component import Component, Optimizer, Trainer
from hallmark.config.reading_keys import Reading, TextTable
from hallmark.config.section import (
    Contradiction,
    Descriptor,
    Name,
    NameOrNone,
    Names,
    RegisteredName,
    Section,
    not_finite,
    setting,
)
from hallmark.config.split_keys import METHODS_BY_TIME, Split
from hallmark.config.table_files import TableFile

_FAMILIES = 3  # families of columns that drift compares, at most; each gets an equal part of alpha

Cost = Annotated[float, Field(ge=0)]
Consequence = Literal["blocked", "review"]
Severity = Literal["critical", "warning", "info"]  # Great Expectations' FailureSeverity


class About(Section):
    """What the model card says of the task before anything is measured."""

    title: Name = setting(meaning="the task in a few words")
    purpose: Name = setting(meaning="what the model is for")
    out_of_scope: NameOrNone = setting("", meaning="what it is not for")


class Prepare(Section):
    """Raw files into examples, and examples into splits."""

    reader: dict[str, Any] | None = setting(
        None, meaning="a component: a function of the raw folder that returns tables, which `reading` then reads"
    )
    reading: Reading = setting(meaning="how raw files are read: the system's own keys")
    split: Split = setting(meaning="how examples are divided")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._no_times(), self._no_published_split())

    def _no_times(self) -> Iterator[Contradiction]:
        """Methods that go by time need examples with times."""
        method = self.split.method
        if method in METHODS_BY_TIME and not self.reading.makes_times():
            words = (
                f"is {method!r}, which goes by time, but no example has one: name the column of times in "
                "prepare.reading.columns.time, or set the method entity"
            )
            yield Contradiction("split.method", words)

    def _no_published_split(self) -> Iterator[Contradiction]:
        """The method published needs a reading that can find a published split."""
        if self.split.method == "published" and not self.reading.may_publish_splits():
            has_role = "split" in type(self.reading.columns).model_fields
            cure = "name its column in prepare.reading.columns.split, or set" if has_role else "set"
            words = f"is 'published', but the raw data is read without a published split: {cure} another method"
            yield Contradiction("split.method", words)


class Expectation(Section):
    """An expectation in Great Expectations' own words."""

    type: Name = setting(
        meaning="its name, such as expect_column_values_to_be_between, or a class of one's own: "
        "extensions.<task>.<file>.<Class>"
    )
    arguments: dict[str, Any] = setting({}, meaning="its arguments, by its own names")
    severity: Severity = setting(
        "critical",
        meaning="what a failure means: critical stops the pipeline, warning is a finding that the gate reads, info is "
        "shown only",
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (not_finite("arguments", self.arguments),)


class RawTable(TextTable):
    """A file of the raw folder, and what its rows must meet as they came."""

    file: TableFile = setting(meaning="its path within the raw folder: text with a separator, Parquet or npz")
    types: dict[str, Literal["number", "time"]] = setting(
        {}, meaning="a column of text → what its cells are; time is ISO 8601; a column without a type stays text"
    )
    expectations: dict[str, Expectation] = setting({}, meaning="a name → an expectation (docs/validation.md)")


class Validate(Section):
    """What raw tables and prepared data must meet before anything is trained on them."""

    minimum_per_class: int = setting(
        ge=0, unit="examples", meaning="least number of every label in each of train, validation and test"
    )
    minimum_per_group: int = setting(
        ge=0, unit="examples", meaning="least number in test of every value of a declared group"
    )
    expectations: dict[str, Expectation] = setting({}, meaning="a name → an expectation (docs/validation.md)")
    raw: dict[str, RawTable] = setting({}, meaning="a name → a table of the raw folder, judged before the examples")
    actions: dict[str, Component] = setting(
        {},
        meaning="a name → an action of Great Expectations or of one's own, by `_target_`, run once all is judged; a "
        "token or webhook is the name of an environment variable",
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._unfit_names_of_tables(),)

    def _unfit_names_of_tables(self) -> Iterator[Contradiction]:
        """A raw table's name is that of a file, and of findings beside those of the examples."""
        for name in self.raw:
            if name == "examples" or not name.isidentifier() or not name.isascii():
                words = "must be a name of letters, digits and _, and not examples: call the table otherwise"
                yield Contradiction(f"raw.{name}", words)


class Decision(Section):
    """What a decision costs, and where alerts begin."""

    positive: Name | None = setting(None, meaning="the label that an alert stands for; null: no label is special")
    mistake: Cost = setting(1.0, unit="decision.unit", meaning="cost of a mistake that `matrix` does not name")
    matrix: dict[str, dict[str, Cost]] = setting(
        {}, unit="decision.unit", meaning="a true label → a predicted label → the cost"
    )
    scale: dict[str, Descriptor] = setting(
        {}, meaning="a true label → the column of the examples that multiplies its costs, such as descriptor.amount"
    )
    unit: Name = setting("mistakes", meaning="the unit of costs: EUR, readings, calls")
    specificity: Annotated[float, Field(gt=0, lt=1)] | None = setting(
        None, meaning="least specificity on validation, which the threshold keeps; null: the cheapest threshold"
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._specificity_of_nothing(),)

    def label_keys(self) -> Iterator[tuple[str, str]]:
        """Yield each key of this section that names a label, with the label."""
        if self.positive is not None:
            yield "positive", self.positive
        for true, row in self.matrix.items():
            yield f"matrix.{true}", true
            yield from ((f"matrix.{true}.{predicted}", predicted) for predicted in row)
        yield from ((f"scale.{label}", label) for label in self.scale)

    def _specificity_of_nothing(self) -> Iterator[Contradiction]:
        if self.specificity is not None and self.positive is None:
            words = f"is {self.specificity!r}, but it needs decision.positive: the label that an alert stands for"
            yield Contradiction("specificity", words)


# Steps of this project's networks that a turn of Lightning's loop takes. By 8, image trains 4 % slower.
SHIPPED_PACK = 16
# Arguments of Lightning's trainer that count its turns, which a person means as batches.
COUNT_BATCHES = ("fast_dev_run", "overfit_batches", "limit_train_batches", "limit_val_batches", "val_check_interval")


class Train(Section):
    """How the network is trained. A component is a class or a function of a library or of one's own
    file, by `_target_`, with its arguments beside it.
    """

    epochs: int = setting(ge=1, unit="epochs", meaning="at most; early stopping may end sooner")
    batch_size: int = setting(ge=1, unit="examples", meaning="global: over all devices together")
    pack: int | None = setting(
        None,
        ge=1,
        unit="steps",
        meaning="of the optimiser that Lightning's loop takes at once; 1: one, as it usually does; null: "
        f"{SHIPPED_PACK} with a network of this project, and 1 with one's own or where something needs single batches",
    )
    checkpoint_steps: int = setting(ge=1, unit="steps", meaning="of the optimiser between two checkpoints")
    network: Component = setting(meaning="the network; its own options are in conf/network/")
    augmentation: Component | None = setting(
        None, meaning="a function of each batch of training examples, which returns it changed; null: none"
    )
    loss: Component | None = setting(
        None, meaning="a function of the network's outputs and a batch; null: the answer's own loss"
    )
    sampler: Component | None = setting(None, meaning="the order of the training examples; null: a shuffle")
    optimizer: Optimizer = setting(meaning="of torch, or a class of one's own")
    scheduler: Component | None = setting(None, meaning="of the learning rate; null: it stays as it is")
    trainer: Trainer = setting(meaning="Lightning's trainer: what of it changes the result")
    callbacks: dict[str, Component | None] = setting(
        {}, meaning="a name → a callback of Lightning's trainer; null: none"
    )
    logger: dict[str, Component | None] = setting({}, meaning="a name → a logger of Lightning's trainer; null: none")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._packed_beside_single_batches(),)

    @property
    def steps_per_turn(self) -> int:
        """The steps of the optimiser that a turn of Lightning's loop takes."""
        if self.pack is not None:
            return self.pack
        is_own = not self.network.target.startswith("hallmark.")
        return 1 if is_own or any(self._needs_single_batches()) else SHIPPED_PACK

    def _packed_beside_single_batches(self) -> Iterator[Contradiction]:
        """What Lightning does to single batches can't be had where a turn of its loop takes several."""
        if self.pack is not None and self.pack > 1:
            for reason in self._needs_single_batches():
                yield Contradiction("pack", f"is {self.pack}: {reason}, which needs single batches, set it to 1")

    def _needs_single_batches(self) -> Iterator[str]:
        """Yield each reason why a turn of Lightning's loop must take one batch, as words."""
        if self.trainer.accumulate_grad_batches > 1:
            yield "train.trainer accumulates gradients"
        for name in self.trainer.model_extra or {}:
            if name in COUNT_BATCHES:
                yield f"train.trainer.{name} counts batches"
        for name, callback in self.callbacks.items():
            if callback is not None and callback.target.endswith(".StochasticWeightAveraging"):
                yield f"train.callbacks.{name} averages weights"
        if self.scheduler is not None and self.scheduler.target.endswith(".ReduceLROnPlateau"):
            yield "train.scheduler goes by a metric"


class MetricFunction(Section):
    """A metric that a function of predictions makes, with its interval by a jackknife
    (docs/evaluation.md).
    """

    function: Name = setting(meaning="extensions.<task>.<file>.<function>: a frame of predictions → a number, or NaN")
    direction: Literal["higher", "lower"] = setting(meaning="which values are better")
    support: Literal["share", "non-negative", "real"] = setting(
        meaning="the values that it can have: from 0 to 1, from 0 on, or any; it decides the limits"
    )
    label: NameOrNone = setting("", meaning="as people read it; empty: its name")
    unit: Name = setting("ratio", meaning="as people read it")
    columns: Names = setting(["label", "prediction"], meaning="of the predictions, which the function reads")


class Evaluate(Section):
    """What is measured on the sealed test split. The answer declares the metrics that it can give."""

    test: bool = setting(
        True,
        meaning="whether the test split is read, and the model judged by it; false: metrics of validation alone, "
        "by which one chooses",
    )
    primary_metric: Name = setting(meaning="the metric that decides comparisons; one of metrics")
    metrics: Names = setting(meaning="the metrics that are measured (docs/evaluation.md)")
    functions: dict[str, MetricFunction] = setting(
        {}, meaning="a name → a further metric, a function of predictions (docs/evaluation.md)"
    )
    max_train_rows: int = setting(
        ge=1, unit="examples", meaning="of train that are scored, for the gap between training and test"
    )
    target_selective_risk: float = setting(
        gt=0, lt=1, meaning="selective risk: the error rate that predictions accepted without a person may have"
    )
    diagnostics: Section = setting(Section(), meaning="the system's own keys, where it has a part `diagnostics`")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._unmeasured_primary_metric(),)

    def _unmeasured_primary_metric(self) -> Iterator[Contradiction]:
        if self.primary_metric not in self.metrics:
            words = f"is {self.primary_metric!r}: it must be one of evaluate.metrics, {self.metrics}"
            yield Contradiction("primary_metric", words)


class Bias(Section):
    """Which groups are compared, and by which metrics."""

    metrics: Names = setting(meaning="the metrics whose differences between slices are judged, as one family")
    groups: Names = setting(
        meaning="the groups that are compared; slices are their values, and pairs of values of two groups"
    )
    confidence: float = setting(gt=0, lt=1, meaning="of the whole family")


class Drift(Section):
    """When the newest window counts as changed."""

    alpha: float = setting(
        gt=0, lt=1, meaning="family-wise error rate: the probability that any column alarms where nothing drifted"
    )
    min_effect_size: float = setting(
        gt=0, unit="standard deviations, or Cohen's h", meaning="the smallest shift worth an alarm"
    )
    n_permutations: int = setting(
        ge=20, meaning="random permutations of whole entities between the sides, which give the null distribution"
    )
    max_rows: int = setting(ge=1, unit="rows", meaning="of each side, at most")
    descriptors: dict[str, Component | None] = setting(
        {},
        meaning="a name → a descriptor of Evidently, or of one's own, of a column of texts; null: none (docs/drift.md)",
    )
    metrics: dict[str, Component | None] = setting(
        {},
        meaning="a name → a metric or preset of Evidently, or of one's own, with its tests; null: none (docs/drift.md)",
    )

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._too_few_permutations(),)

    def _too_few_permutations(self) -> Iterator[Contradiction]:
        """With B permutations the smallest p-value is 1 / (B + 1), which must reach alpha / _FAMILIES."""
        needed = ceil(_FAMILIES / self.alpha - 1e-9) - 1
        if self.n_permutations < needed:
            yield Contradiction(
                "n_permutations",
                f"is {self.n_permutations}: it must be at least {needed}, since with drift.alpha "
                f"{self.alpha:g} fewer permutations could never raise an alarm",
            )


class Requirement(Section):
    """What the gate asks of the findings that it selects: by check, and by their fields, where "*"
    is any value.
    """

    check: Name = setting(meaning="a check (docs/checks.md), such as evaluate.metric, or a stage: validate.*")
    metric: Name | None = setting(None, meaning="the metric that was measured")
    slice: dict[str, Name] = setting({}, meaning="a group → its value; selects the slices of exactly these groups")
    groups: Names = setting([], meaning="of bias.coverage: a group, or a pair")
    column: Name | None = setting(None, meaning="the column that was measured")
    label: Name | None = setting(None, meaning="the label")
    scorer: Name | None = setting(None, meaning="the scorer, where a check has several; null: the model")
    against: Name | None = setting(None, meaning="the scorer that it is compared with")
    case: Name | None = setting(None, meaning="the check's own case, such as temperature 1")
    at_least: float | None = setting(None, meaning="with neither bound, the finding's own verdict counts")
    at_most: float | None = setting(None, meaning="judged, as at_least, on the whole 95 % interval")
    failed: Consequence = setting("blocked", meaning="what follows where it fails")
    unresolved: Consequence = setting("review", meaning="what follows where the data can't tell")

    def relations(self) -> Iterable[Iterator[Contradiction]]:
        return (self._nothing_between(),)

    def _nothing_between(self) -> Iterator[Contradiction]:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            words = f"is {self.at_least!r}: it must not be above at_most, {self.at_most!r}, or nothing meets both"
            yield Contradiction("at_least", words)


class Champion(Section):
    """What a challenger must show against the champion, at promotion."""

    at_least: float = setting(
        unit="the primary metric's",
        meaning="challenger minus champion, positive where the challenger is better",
    )


class Gate(Section):
    """What a model must show before it can be promoted."""

    champion: Champion = setting(meaning="against the champion")
    requirements: dict[str, Requirement] = setting(
        meaning="a name → a requirement; files that are composed later can override it"
    )


class Publish(Section):
    """Under which names the model is recorded."""

    experiment: RegisteredName = setting(meaning="MLflow's experiment")
    model_name: RegisteredName = setting(meaning="the registered model; each task has one of its own")
    examples: bool = setting(
        False, meaning="whether MLflow gets single examples: the figures that show them, and an input example"
    )
