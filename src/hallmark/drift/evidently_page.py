"""The drift page, one HTML file: our verdicts, and below them Evidently's report.

The page opens offline, and the same data give the same bytes. `evidently_scores` and
`detected_by_default` are what Evidently itself finds, for tests and benchmarks of our rule.
"""

import os
import re
from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import Any, Literal

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family
from hallmark.report_figures import VERDICT_COLOURS

_UNREACHABLE_THRESHOLD = 1e6  # for an infinite threshold, which JSON cannot hold
# Evidently's ids: a UUID of version 7, or 32 hexadecimal digits after "metric_".
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=metric_)[0-9a-f]{32}")
_BRACKETS = str.maketrans("<>", "()")  # Evidently writes names and categories into its script unescaped
_STYLE = "font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:24px auto;padding:0 16px"
_HEADINGS = ("column", "verdict", "shift", "interval", "score", "threshold", "why")
_NO_VALUE = "&ndash;"

_LEGEND = (
    "<p>A column alarms (fail) where chance is ruled out <em>and</em> the shift is large enough to matter. Evidently's "
    "&ldquo;detected&rdquo;, below, says the first only: its score has reached the threshold that was calibrated "
    "for this data. A dash stands for a threshold that no score can reach, since the window is too small, and for "
    "what a column without a test does not have. Shifts are recent minus reference: in standard deviations for "
    "numbers, Cohen's h for categories; intervals are those of the shift.</p>"
)


def render_page(families: Sequence[Family], columns: Sequence[Column]) -> str:
    """Return the page: a table of our findings, then Evidently's report with the thresholds of our permutation test.

    Evidently gets only the columns that have a permutation test.
    """
    scored_columns = [column for column in columns if column.test is not None]
    page = _evidently_html(families, scored_columns) if scored_columns else "<html><body></body></html>"
    before, body, after = page.partition("<body>")
    if not body:
        raise ValueError("Evidently's page has no <body> to put the table of findings into")
    return f"{before}{body}{_findings_table(columns)}{after}"


def render_notice(finding: Finding) -> str:
    """Return a page with the reason of a finding alone, for data without a recent window."""
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Drift</title>'
    return f"{head}<p>{escape(finding.reason)}</p></html>\n"


def evidently_scores(families: Sequence[Family], columns: Sequence[Column]) -> dict[str, float]:
    """Return the drift score that Evidently itself computes, by name of the column; `columns` are one or more."""
    metrics = _run_evidently(families, columns).dict()["metrics"]
    scores = {metric["config"]["column"]: float(metric["value"]) for metric in metrics if "column" in metric["config"]}
    return {column.name: scores[_with_round_brackets(column.name)] for column in columns}


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


def _evidently_html(families: Sequence[Family], columns: Sequence[Column]) -> str:
    """Return Evidently's page as HTML, its random ids replaced by numbers so that a rerun gives the same bytes."""
    page: str = _run_evidently(families, columns).get_html_str(as_iframe=False)
    numbered_ids: dict[str, str] = {}
    return _RANDOM_ID.sub(lambda match: numbered_ids.setdefault(match[0], f"{len(numbered_ids):032x}"), page)


def _run_evidently(families: Sequence[Family], columns: Sequence[Column]) -> Any:
    """Run Evidently's drift report on one or more columns, each with the threshold of its permutation test.

    Its two methods are those of `hallmark.drift.distances`. A column without a test keeps
    Evidently's threshold.
    """
    os.environ["DO_NOT_TRACK"] = "1"  # read when evidently would send an event
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numeric = [_with_round_brackets(column.name) for column in columns if column.is_numeric]
    categorical = [_with_round_brackets(column.name) for column in columns if not column.is_numeric]
    names = numeric + categorical
    thresholds = {
        _with_round_brackets(column.name): min(column.test.threshold, _UNREACHABLE_THRESHOLD)
        for column in columns
        if column.test
    }
    preset = DataDriftPreset(
        columns=names,
        num_method="wasserstein",
        cat_method="jensenshannon",
        per_column_threshold=thresholds,
        drift_share=1 / len(columns),  # one drifted column makes the data set count as drifted
    )

    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    recent = Dataset.from_pandas(_stack_families(families, "recent", names), definition)
    reference = Dataset.from_pandas(_stack_families(families, "reference", names), definition)
    with np.errstate(all="ignore"):  # Evidently divides by the spread of constant columns
        return Report([preset]).run(recent, reference)


def _stack_families(families: Sequence[Family], side: Literal["reference", "recent"], names: list[str]) -> pd.DataFrame:
    """Return one side's rows of all families in one table, since Evidently takes one reference.

    A row is NaN in the columns that its family lacks; Evidently ignores missing values. `names`
    are the columns to keep, as the page has them.
    """
    rows = pd.concat([getattr(family, side) for family in families], ignore_index=True)
    rows = rows.map(lambda value: _with_round_brackets(value) if isinstance(value, str) else value)
    renamed: pd.DataFrame = rows.rename(columns=_with_round_brackets)
    return renamed[names]


def _with_round_brackets(text: str) -> str:
    return text.translate(_BRACKETS)


def _findings_table(columns: Sequence[Column]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    rows = "".join(_table_row(column) for column in columns)
    table = f'<table cellpadding="6"><tr align="left">{head}</tr>{rows}</table>'
    return f'<div style="{_STYLE}"><h1>Drift</h1>{_LEGEND}{table}</div>'


def _table_row(column: Column) -> str:
    finding = column.finding
    interval = _NO_VALUE
    if finding.low is not None and finding.high is not None:
        interval = f"{finding.low:+.2f} … {finding.high:+.2f}"
    shift = _NO_VALUE if finding.estimate is None else f"{finding.estimate:+.2f}"

    score = threshold = _NO_VALUE
    if column.test is not None:
        score = f"{column.test.score:.3f}"
        if isfinite(column.test.threshold):
            threshold = f"{column.test.threshold:.3f}"

    cells = (
        escape(column.name),
        f'<b style="color:{VERDICT_COLOURS[finding.verdict]}">{finding.verdict}</b>',
        shift,
        interval,
        score,
        threshold,
        escape(finding.reason),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
