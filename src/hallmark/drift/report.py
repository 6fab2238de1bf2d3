"""The drift report: findings, Evidently's page and figures."""

from dataclasses import dataclass

import pandas as pd

from hallmark.config import Parameters
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.drift import comparison, evidently_page, performance
from hallmark.drift import comparison_windows as windows
from hallmark.drift import drift_plots as plots
from hallmark.report_figures import ReportFigure


@dataclass(frozen=True)
class DriftReport:
    """What the stage `drift` writes; `page` is HTML, drift.html."""

    findings: list[Finding]
    page: str
    figures: list[ReportFigure]


def measure_drift(examples: Examples, predictions: pd.DataFrame, parameters: Parameters) -> DriftReport:
    """Compare the recent window with its references, and the model's primary metric there with that on the test split.

    `predictions` are the model's rows of the predictions table, on all splits. Without a recent
    window, every check is unresolved and there are no figures.
    """
    settings = parameters.drift
    primary_metric = parameters.evaluate.primary_metric
    seed = parameters.seed

    families = windows.column_families(
        examples.table, predictions, max_rows=settings.max_rows, seed=seed, labels=examples.labels
    )
    if not families:
        unexamined = comparison.unexamined_findings(primary_metric)
        return DriftReport(findings=unexamined, page=evidently_page.render_notice(unexamined[0]), figures=[])

    columns = comparison.compare_columns(families, settings, seed=seed)
    error_change = performance.performance_finding(
        predictions, primary_metric, positive=parameters.decision.positive, seed=seed
    )
    return DriftReport(
        findings=[*(column.finding for column in columns), error_change],
        page=evidently_page.render_page(families, columns),
        figures=plots.draw_figures(families, columns, min_effect_size=settings.min_effect_size),
    )
