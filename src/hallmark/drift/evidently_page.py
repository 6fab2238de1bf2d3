"""Evidently's report of the comparison: one HTML page that needs no network, and is the same for the same data."""

import os
import re
from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.drift.comparison import Column
from hallmark.drift.windows import Family
from hallmark.figures import VERDICTS

_NEVER = 1e6  # the threshold shown where no score would alarm: JSON knows no infinity
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=metric_)[0-9a-f]{32}")
_BRACKETS = str.maketrans("<>", "()")  # Evidently writes names and categories into its script as they are
_STYLE = "font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:24px auto;padding:0 16px"

_LEGEND = (
    "<p>A column alarms (fail) where chance is ruled out <em>and</em> the shift is large enough to matter. Evidently's "
    "&ldquo;detected&rdquo;, below, says the first only: its score has reached the threshold that was calibrated "
    "for this data (none where the window is too small for any). Shifts are recent minus reference, in standard "
    "deviations or Cohen's h.</p>"
)


def html(families: Sequence[Family], columns: Sequence[Column]) -> str:
    """Return the page: our findings as a table, then Evidently's report with the calibrated thresholds."""
    shown = [column for column in columns if column.chance is not None]
    page = _evidently(families, shown) if shown else "<html><body></body></html>"
    return page.replace("<body>", f"<body>{_table(columns)}", 1)


def notice(finding: Finding) -> str:
    """Return the page that stands where nothing could be compared."""
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Drift</title>'
    return f"{head}<p>{escape(finding.reason)}</p></html>\n"


def scores(families: Sequence[Family], columns: Sequence[Column]) -> dict[str, float]:
    """Return Evidently's own score of each column."""
    metrics = _run(families, columns).dict()["metrics"]
    values = {m["config"]["column"]: float(m["value"]) for m in metrics if "column" in m["config"]}
    return {column.name: values[column.name.translate(_BRACKETS)] for column in columns}


def detected_by_default(family: Family) -> list[str]:
    """Return the columns that Evidently flags by the methods and thresholds that it would choose itself.

    The benchmark sets our rule beside them.
    """
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    found = []
    for name in family.columns:
        kind = ColumnType.Numerical if name in family.numeric else ColumnType.Categorical
        old, new = (side[name].dropna() for side in (family.reference, family.recent))
        if get_stattest(old, new, kind, None)(old, new, kind, None).drifted:
            found.append(name)
    return found


def _evidently(families: Sequence[Family], columns: Sequence[Column]) -> str:
    page: str = _run(families, columns).get_html_str(as_iframe=False)
    ids: dict[str, str] = {}  # Evidently's are random
    return _RANDOM_ID.sub(lambda match: ids.setdefault(match[0], f"{len(ids):032x}"), page)


def _run(families: Sequence[Family], columns: Sequence[Column]) -> Any:
    os.environ["DO_NOT_TRACK"] = "1"  # read when evidently would send an event
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numeric, categorical = (
        [column.name.translate(_BRACKETS) for column in columns if column.numeric is kind] for kind in (True, False)
    )
    preset = DataDriftPreset(
        columns=numeric + categorical,
        num_method="wasserstein",
        cat_method="jensenshannon",
        per_column_threshold={
            c.name.translate(_BRACKETS): min(c.chance.threshold, _NEVER) for c in columns if c.chance
        },
        drift_share=1 / len(columns),  # one column is enough
    )
    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    recent, reference = (
        Dataset.from_pandas(_side(families, side, numeric + categorical), definition)
        for side in ("recent", "reference")
    )
    with np.errstate(all="ignore"):
        return Report([preset]).run(recent, reference)


def _side(families: Sequence[Family], side: str, columns: list[str]) -> pd.DataFrame:
    """Stack the families: Evidently has one reference only, and leaves the gaps out that this makes in every column."""
    rows = pd.concat([getattr(family, side) for family in families], ignore_index=True)
    safe: pd.DataFrame = rows.map(lambda value: value.translate(_BRACKETS) if isinstance(value, str) else value)
    named: pd.DataFrame = safe.rename(columns=lambda name: name.translate(_BRACKETS))[columns]
    return named


def _table(columns: Sequence[Column]) -> str:
    head = "".join(
        f"<th>{name}</th>" for name in ("column", "verdict", "shift", "interval", "score", "threshold", "why")
    )
    rows = "".join(_row(column) for column in columns)
    table = f'<table cellpadding="6"><tr align="left">{head}</tr>{rows}</table>'
    return f'<div style="{_STYLE}"><h1>Drift</h1>{_LEGEND}{table}</div>'


def _row(column: Column) -> str:
    finding, chance = column.finding, column.chance
    interval = "&ndash;" if finding.low is None or finding.high is None else f"{finding.low:+.2f} … {finding.high:+.2f}"
    cells = (
        escape(column.name),
        f'<b style="color:{VERDICTS[finding.verdict]}">{finding.verdict}</b>',
        "&ndash;" if finding.estimate is None else f"{finding.estimate:+.2f}",
        interval,
        "&ndash;" if chance is None else f"{chance.score:.3f}",
        "&ndash;" if chance is None or not isfinite(chance.threshold) else f"{chance.threshold:.3f}",
        escape(finding.reason),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
