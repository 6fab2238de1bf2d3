"""Evidently's reports on the recent window: drift by calibrated thresholds, and presets that suit the answer."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family
from hallmark.drift.preset_tables import PROBABILITY_TASK, PresetTable, RankingTable
from hallmark.drift.round_brackets import with_round_brackets

NO_DATE = datetime(1970, 1, 1)
_UNREACHABLE_THRESHOLD = 1e6  # for an infinite threshold, which JSON cannot hold
ALARMS, UNRESOLVED = "columns that alarm", "columns unresolved"
SHIFT_OF, CHANGE_OF = "shift of ", "change of "
_ABOVE = 1 + 1e-6  # Evidently's score equals ours but for rounding


@dataclass(frozen=True)
class Part:
    """A part of the page.

    heading, note: What it shows, and a sentence about how to read it; plain text. A part without a
        heading is not shown: its values are in the snapshot alone.
    snapshot: Evidently's `Snapshot`.
    """

    heading: str
    note: str
    snapshot: Any


def run(items: Sequence[Any], current: Any, reference: Any) -> Any:
    """Return Evidently's snapshot of its metrics and presets on two of its datasets.

    No test of Evidently's own choice is run. The snapshot has no date: a stage's output depends on
    no clock.
    """
    os.environ["DO_NOT_TRACK"] = "1"  # read when evidently would send an event
    from evidently import Report

    with np.errstate(all="ignore"):  # Evidently divides by the spread of constant columns
        return Report(list(items)).run(current, reference, timestamp=NO_DATE)


def drift_snapshot(families: Sequence[Family], columns: Sequence[Column]) -> Any:
    """Return the snapshot of Evidently's drift report on one or more columns.

    Its two methods are those of `hallmark.drift.distances`. Evidently detects drift in exactly the
    columns that alarm, so that its page never says otherwise: a column that fails has the threshold
    of its permutation test, any other one a threshold that its score does not reach. A column
    without a test has Evidently's own threshold.
    """
    os.environ["DO_NOT_TRACK"] = "1"
    from evidently import DataDefinition, Dataset
    from evidently.presets import DataDriftPreset

    numeric = [with_round_brackets(column.name) for column in columns if column.is_numeric]
    categorical = [with_round_brackets(column.name) for column in columns if not column.is_numeric]
    names = numeric + categorical
    preset = DataDriftPreset(
        columns=names,
        num_method="wasserstein",
        cat_method="jensenshannon",
        per_column_threshold={
            with_round_brackets(column.name): _threshold(column) for column in columns if column.test
        },
        drift_share=1 / len(columns),  # one drifted column makes the data set count as drifted
    )

    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    recent = Dataset.from_pandas(_stack_families(families, "recent", names), definition)
    reference = Dataset.from_pandas(_stack_families(families, "reference", names), definition)
    return run([preset], recent, reference)


def verdict_snapshot(columns: Sequence[Column], error_change: Finding) -> Any:
    """Return a snapshot of our own results, each as the mean of a column with one value.

    Evidently draws a value over time where its metric has the same arguments in every run. Its drift
    metrics have the calibrated thresholds, which differ from window to window.

    Columns: "columns that alarm", "columns unresolved", "shift of <column>", and "change of
    <metric>" for the primary metric.
    """
    from evidently import DataDefinition, Dataset
    from evidently.metrics import MeanValue

    verdicts = [column.finding.verdict for column in columns]
    values: dict[str, float | None] = {
        ALARMS: float(verdicts.count("fail")),
        UNRESOLVED: float(verdicts.count("unresolved")),
    }
    values |= {f"{SHIFT_OF}{column.name}": column.finding.estimate for column in columns}
    values[f"{CHANGE_OF}{error_change.metric}"] = error_change.estimate

    known = {with_round_brackets(name): value for name, value in values.items() if value is not None}
    definition = DataDefinition(numerical_columns=list(known))
    dataset = Dataset.from_pandas(pd.DataFrame([known]), definition)
    return run([MeanValue(column=name) for name in known], dataset, None)


def evidently_scores(families: Sequence[Family], columns: Sequence[Column]) -> dict[str, float]:
    """Return the drift score that Evidently itself computes, by name of the column; `columns` are one or more."""
    metrics = drift_snapshot(families, columns).dict()["metrics"]
    scores = {metric["config"]["column"]: float(metric["value"]) for metric in metrics if "column" in metric["config"]}
    return {column.name: scores[with_round_brackets(column.name)] for column in columns}


def detected_by_default(family: Family) -> list[str]:
    """Return the columns that drifted by the methods and thresholds that Evidently chooses itself.

    The benchmark compares our rule with these.
    """
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    detected_columns = []
    for name in family.columns:
        column_type = ColumnType.Numerical if name in family.numeric else ColumnType.Categorical
        reference = family.reference[name].dropna()
        recent = family.recent[name].dropna()
        # None: the method and the threshold that Evidently chooses.
        statistical_test = get_stattest(reference, recent, column_type, None)
        if statistical_test(reference, recent, column_type, None).drifted:
            detected_columns.append(name)
    return detected_columns


def preset_parts(table: PresetTable, ranking: RankingTable | None) -> list[Part]:
    """Return the presets that suit the answer, then a summary of every column."""
    from evidently.presets import DataSummaryPreset

    parts = _quality_parts(table, ranking)
    names = table.definition["numerical_columns"] + table.definition["categorical_columns"]
    if names:
        note = (
            f"{len(table.current):,} rows of the recent window against {len(table.reference):,} of the "
            f"{table.reference_split} split, drawn at random where there are more."
        )
        parts.append(_preset_part("Every column in numbers", note, [DataSummaryPreset(columns=names)], table))
    return parts


def _quality_parts(table: PresetTable, ranking: RankingTable | None) -> list[Part]:
    """Return the preset of the answer's task: classification, regression of each number, or ranking; else nothing."""
    from evidently.metrics import LogLoss, RocAuc
    from evidently.presets import ClassificationPreset, RecsysPreset, RegressionPreset

    note = (
        f"Current is the recent window, reference the {table.reference_split} split. Point values: whether a "
        "difference is more than chance, the headline says."
    )
    parts = []
    answers = table.quality()
    if table.classification and len(answers.current) and len(answers.reference):
        items = [ClassificationPreset()]
        if table.positive is not None:
            items += [RocAuc(classification_name=PROBABILITY_TASK), LogLoss(classification_name=PROBABILITY_TASK)]
        parts.append(_preset_part("Quality of the model's decisions", note, items, answers))
    for name in table.numbers:
        about_mape = "MAPE divides by the true value, and means nothing where that is near 0."
        preset = RegressionPreset(regression_name=name)
        parts.append(_preset_part(f"Quality of the predicted {name}", f"{note} {about_mape}", [preset], answers))
    if ranking is not None:
        # An example whose right item is not among the recommended ones counts as 0.
        preset = RecsysPreset(k=ranking.n_places, no_feedback_users=True)
        parts.append(_preset_part("Quality of the rankings", note, [preset], ranking))
    return parts


def _preset_part(heading: str, note: str, items: Sequence[Any], table: PresetTable | RankingTable) -> Part:
    """Return the part of a preset or, where Evidently can't compute it, the reason.

    Its presets need, for example, each label on both sides, and raise whatever error they meet. They
    decide nothing, so that the stage goes on without them.
    """
    try:
        return Part(heading, note, run(items, *table.datasets()))
    except Exception as error:
        reason = with_round_brackets(" ".join(f"{type(error).__name__}: {error}".split()))
        return Part(heading, f"Evidently can't compute this for these rows ({reason}).", run([], *table.datasets()))


def _threshold(column: Column) -> float:
    """Return the score at which Evidently detects drift in a column: what its verdict says, as a threshold."""
    assert column.test is not None
    threshold = min(column.test.threshold, _UNREACHABLE_THRESHOLD)
    if column.finding.verdict == "fail":
        return min(threshold, column.test.score / _ABOVE)
    return max(threshold, column.test.score * _ABOVE + 1e-9)


def _stack_families(families: Sequence[Family], side: Literal["reference", "recent"], names: list[str]) -> pd.DataFrame:
    """Return one side's rows of all families in one table, since Evidently takes one reference.

    A row is NaN in the columns that its family lacks; Evidently ignores missing values. `names`
    are the columns to keep, as the page has them.
    """
    rows = pd.concat([getattr(family, side) for family in families], ignore_index=True)
    rows = rows.map(lambda value: with_round_brackets(value) if isinstance(value, str) else value)
    renamed: pd.DataFrame = rows.rename(columns=with_round_brackets)
    return renamed[names]
