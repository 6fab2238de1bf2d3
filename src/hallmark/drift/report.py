"""The drift report: findings, Evidently's page and snapshot, and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from hallmark.config import Parameters
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.drift import comparison, drift_page, evidently_reports, own_metrics, performance, preset_tables, snapshots
from hallmark.drift import comparison_windows as windows
from hallmark.drift import drift_plots as plots
from hallmark.drift.comparison_windows import Family
from hallmark.drift.evidently_reports import Part
from hallmark.drift.preset_tables import PresetTable
from hallmark.report_figures import ReportFigure

_DRIFT_NOTE = (
    "Inputs against the training split, predictions against the {}. Drift is detected where the table above says fail."
).format


@dataclass(frozen=True)
class DriftReport:
    """What the stage `drift` writes; `page` is HTML, drift.html, and `snapshot` JSON, snapshot.json."""

    findings: list[Finding]
    page: str
    snapshot: str
    figures: list[ReportFigure]


def measure_drift(
    examples: Examples, predictions: pd.DataFrame, parameters: Parameters, digests: Mapping[str, str]
) -> DriftReport:
    """Compare the recent window with its references, and the model's primary metric there with that on the test split.

    predictions: The model's rows of the predictions table, on all splits.
    digests: The SHA-256 of `model` and `data`, which the snapshot has as metadata.

    Without a recent window, every check is unresolved, the snapshot is empty, and there are no
    figures. Raises `InputError` where a metric of the task's own can't be computed.
    """
    settings = parameters.drift
    primary_metric = parameters.evaluate.primary_metric
    seed = parameters.seed

    families = windows.column_families(
        examples.table, predictions, max_rows=settings.max_rows, seed=seed, labels=examples.labels
    )
    if not families:
        return _unexamined_report(parameters, digests)

    columns = comparison.compare_columns(families, settings, seed=seed)
    error_change = performance.performance_finding(
        predictions, primary_metric, positive=parameters.decision.positive, seed=seed
    )

    table = preset_tables.preset_table(
        examples, predictions, positive=parameters.decision.positive, max_rows=settings.max_rows, seed=seed
    )
    ranking = preset_tables.ranking_table(
        predictions, examples.encoding.get("titles", ()), max_rows=settings.max_rows, seed=seed
    )
    own = own_metrics.measure(table, descriptors=settings.descriptors, metrics=settings.metrics, task=parameters.task)
    verdicts = Part("", "", evidently_reports.verdict_snapshot(columns, error_change))
    drift_parts = _drift_parts(families, columns, is_sealed=table.reference_split != "test")
    parts = [verdicts, *drift_parts, *evidently_reports.preset_parts(table, ranking), *own.parts]
    window_end = _last_date(table)
    snapshot = snapshots.join_parts(
        parts,
        name=parameters.task,
        metadata=_metadata(parameters, digests, _window(examples, window_end)),
        tags=_tags(parameters),
        window_end=window_end,
    )
    return DriftReport(
        findings=[*(column.finding for column in columns), error_change, *own.findings],
        page=drift_page.render_page(columns, error_change, own.findings, snapshot),
        snapshot=snapshots.to_json(snapshot),
        figures=plots.draw_figures(families, columns, min_effect_size=settings.min_effect_size),
    )


def _unexamined_report(parameters: Parameters, digests: Mapping[str, str]) -> DriftReport:
    findings = comparison.unexamined_findings(parameters.evaluate.primary_metric)
    reason = findings[0].reason
    snapshot = snapshots.join_parts(
        [],
        name=parameters.task,
        metadata=_metadata(parameters, digests, "none: there are no rows of split 'recent'"),
        tags=_tags(parameters),
        window_end=None,
    )
    return DriftReport(
        findings=[*findings, *own_metrics.unexamined_findings(parameters.drift.metrics, reason)],
        page=drift_page.render_notice(findings[0]),
        snapshot=snapshots.to_json(snapshot),
        figures=[],
    )


def _drift_parts(families: list[Family], columns: list[comparison.Column], *, is_sealed: bool) -> list[Part]:
    """Return Evidently's drift report on the columns that have a permutation test.

    `is_sealed`: there are no predictions of the test split.
    """
    scored_columns = [column for column in columns if column.test is not None]
    if not scored_columns:
        return []
    snapshot = evidently_reports.drift_snapshot(families, scored_columns)
    note = _DRIFT_NOTE("validation split" if is_sealed else "validation and test splits")
    return [Part("Distributions", note, snapshot)]


def _metadata(parameters: Parameters, digests: Mapping[str, str], window: str) -> dict[str, str]:
    return {
        "task": parameters.task,
        "system": parameters.system,
        "answer": parameters.answer,
        "window": window,
        **digests,
    }


def _tags(parameters: Parameters) -> list[str]:
    return [parameters.task, parameters.system, parameters.answer]


def _window(examples: Examples, end: datetime | None) -> str:
    """Return the recent window in words: its rows, entities and, where it has dates, the last one."""
    recent = examples.table[examples.table["split"] == "recent"]
    noun = examples.source.entity
    words = f"{len(recent):,} rows of {recent['entity'].nunique():,} {noun}s"
    return words if end is None else f"{words}, until {end:%Y-%m-%d}"


def _last_date(table: PresetTable) -> datetime | None:
    if "timestamp" not in table.definition:
        return None
    last: datetime = table.current["time"].max().to_pydatetime()
    return last
