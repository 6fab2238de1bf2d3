from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from hallmark.contracts.findings import Finding
from hallmark.drift import evidently_reports as reports
from hallmark.drift.comparison_windows import Family

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
Compare = Callable[..., tuple[list[Family], list[Any]]]


def test_our_scores_are_evidentlys(table: pd.DataFrame, predictions: pd.DataFrame, compare: Compare) -> None:
    table["descriptor.thin"] = table["descriptor.contrast"].mask(table.index % 7 == 0) * 1e-4
    table["descriptor.gone"] = table["descriptor.contrast"].mask(table["split"] == "recent")
    families, columns = compare(table, predictions)
    scored = [column for column in columns if column.test is not None]
    assert len(scored) == len(columns) - 1
    theirs = reports.evidently_scores(families, scored)
    for column in scored:
        assert theirs[column.name] == pytest.approx(column.test.score, rel=1e-9)


def test_evidently_detects_what_alarms_and_nothing_else(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Compare
) -> None:
    """A shift of 0.3 alarms; one of 0.15 is significant in 400 entities' rows, and too small to matter."""
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 1.0
    families, columns = compare(table, predictions)
    small = next(column for column in columns if column.name == "descriptor.contrast")
    significant = small.test.score * 0.5
    object.__setattr__(small.test, "threshold", significant)  # it is significant now, and its verdict stays

    metrics = reports.drift_snapshot(families, columns).dict()["metrics"]
    alarms = [column.name for column in columns if column.finding.verdict == "fail"]
    assert alarms == ["descriptor.brightness"]
    detected = [
        metric["config"]["column"]
        for metric in metrics
        if "column" in metric["config"] and metric["value"] >= metric["config"]["threshold"]
    ]
    assert detected == alarms
    counted = next(metric["value"] for metric in metrics if "DriftedColumnsCount" in metric["metric_name"])
    assert counted["count"] == 1


def test_own_results_have_the_same_arguments_in_every_run(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Compare
) -> None:
    """Evidently's dashboard draws a line through runs whose metrics have equal arguments, and so equal ids."""
    change = Finding(check="drift.error", metric="accuracy", estimate=0.01, low=-0.02, high=0.04, n=40)
    runs = []
    for shift in (0.0, 1.0):
        moved = table.assign(
            **{"descriptor.contrast": table["descriptor.contrast"] + shift * (table["split"] == "recent")}
        )
        _, columns = compare(moved, predictions)
        runs.append((columns, reports.verdict_snapshot(columns, change).dict()["metrics"]))

    first, second = (
        [metric["metric_id"] if "metric_id" in metric else metric["id"] for metric in run] for _, run in runs
    )
    assert first == second
    columns, metrics = runs[1]
    values = {metric["config"]["column"]: metric["value"] for metric in metrics}
    shifted = next(column for column in columns if column.name == "descriptor.contrast")
    assert values["shift of descriptor.contrast"] == shifted.finding.estimate
    assert values["columns that alarm"] == 1.0
    assert values["change of accuracy"] == 0.01


def test_defaults_flag_a_planted_shift(table: pd.DataFrame, predictions: pd.DataFrame, compare: Compare) -> None:
    inputs, _ = compare(table, predictions)[0]
    recent = inputs.recent.assign(**{"descriptor.brightness": 9.0})
    kept = Family("inputs", inputs.reference, recent, inputs.numeric[:1], ())
    assert reports.detected_by_default(kept) == ["descriptor.brightness"]
