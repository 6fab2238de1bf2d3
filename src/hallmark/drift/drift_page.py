"""The drift page, one HTML file: our verdicts, and below them Evidently's report.

The headline says what changed; nothing below it decides anything. The page opens offline, and the
same data give the same bytes.
"""

from collections.abc import Sequence
from html import escape
from math import isfinite
from typing import Any

from hallmark.contracts.findings import Finding
from hallmark.drift import snapshots
from hallmark.drift.comparison import Column
from hallmark.metrics import METRICS
from hallmark.report_figures import VERDICT_COLOURS

_STYLE = """<style>
#headline {font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 24px auto; padding: 0 16px; color: #222}
#headline h1 {font-size: 28px; margin: 0 0 4px}
#headline .lead {font-size: 20px; margin: 0 0 12px}
#headline .facts {color: #555; margin: 0 0 16px}
#headline li {margin: 2px 0}
#headline table {border-collapse: collapse; width: 100%; font-size: 14px}
#headline th {text-align: left; border-bottom: 2px solid #ccc; padding: 6px}
#headline td {border-bottom: 1px solid #e5e5e5; padding: 6px; vertical-align: top}
#headline td.number, #headline th.number {text-align: right; white-space: nowrap}
#headline details {margin: 12px 0 20px}
</style>"""
_HEADINGS = (
    ("column", ""),
    ("verdict", ""),
    ("shift", "number"),
    ("interval", "number"),
    ("score", "number"),
    ("threshold", "number"),
    ("why", ""),
)
_NO_VALUE = "&ndash;"
_ORDER = ("fail", "unresolved", "pass", "measured", "not applicable")  # of the rows: what asks for a look comes first
_MAX_NAMES = 4  # of columns in the headline

_LEGEND = (
    "<p>A column alarms (fail) where chance is ruled out <em>and</em> the shift is large enough to matter; it passes "
    "where any shift is too small to matter. Shifts are recent minus reference: in standard deviations for numbers, "
    "Cohen's h for categories; intervals are those of the shift. A score at its threshold rules out chance: the "
    "threshold was calibrated for this data. A dash stands for a threshold that no score can reach, since the window "
    "is too small, and for what a column without a test does not have. Evidently's report, below, detects drift in "
    "exactly the columns that alarm here.</p>"
)


def render_page(columns: Sequence[Column], error_change: Finding, tests: Sequence[Finding], snapshot: Any) -> str:
    """Return the page: headline and table of our findings, then Evidently's report.

    error_change: The finding of `drift.error`.
    tests: The findings of `drift.test`.
    """
    page = snapshots.to_html(snapshot)
    before, body, after = page.partition("<body>")
    if not body:
        raise ValueError("Evidently's page has no <body> to put the table of findings into")

    metadata = snapshot.to_snapshot_model().metadata
    ours = [
        _headline(columns),
        _facts(error_change, tests, metadata),
        _findings_table(columns),
        f"<details><summary>How to read this</summary>{_LEGEND}</details>",
    ]
    return f'{before}{body}{_STYLE}<div id="headline">{"".join(ours)}</div>{after}'


def render_notice(finding: Finding) -> str:
    """Return a page with the reason of a finding alone, for data without a recent window."""
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Drift</title>'
    return f"{head}<p>{escape(finding.reason)}</p></html>\n"


def _headline(columns: Sequence[Column]) -> str:
    """Return what changed, in one line."""
    by_verdict = {verdict: [each for each in columns if each.finding.verdict == verdict] for verdict in _ORDER}
    alarms = by_verdict["fail"]
    worst = "fail" if alarms else "unresolved" if by_verdict["unresolved"] else "pass"
    colour = VERDICT_COLOURS[worst]
    n = len(columns)

    if alarms:
        sentence = f"{len(alarms)} of {n} columns {'alarms' if len(alarms) == 1 else 'alarm'}"
        names = sorted(alarms, key=lambda each: -abs(each.finding.estimate or 0.0))
        detail = ", ".join(_shifted(each) for each in names[:_MAX_NAMES])
        detail += f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    else:
        sentence = f"None of {n} columns alarms"
        detail = ""
    counts = ", ".join(
        f"{len(by_verdict[verdict])} {words}"
        for verdict, words in (("pass", "pass"), ("unresolved", "unresolved"))
        if by_verdict[verdict]
    )
    rest = "; ".join(part for part in (detail, counts) if part)
    return f'<h1>Drift</h1><p class="lead"><b style="color:{colour}">{sentence}</b>{": " if rest else ""}{rest}</p>'


def _shifted(column: Column) -> str:
    estimate = column.finding.estimate
    unit = "sd" if column.is_numeric else "h"
    size = "" if estimate is None else f" ({estimate:+.2f} {unit})"
    return f"<b>{escape(column.name)}</b>{size}"


def _facts(error_change: Finding, tests: Sequence[Finding], metadata: Any) -> str:
    """Return how the model did, which tests of one's own fail, and what was compared."""
    items = [_performance(error_change)]
    judged = [test for test in tests if test.verdict != "not applicable"]
    if judged:
        worst = [test for test in judged if test.verdict != "pass"]
        text = f"All {len(judged)} of the task's own tests pass." if not worst else ""
        for test in worst:
            verdict = f'<b style="color:{VERDICT_COLOURS[test.verdict]}">{test.verdict}</b>'
            text += f"Own test {escape(test.case or '')}: {verdict}. {escape(test.reason)} "
        items.append(text)
    items.append(f"Window: {escape(str(metadata.get('window', '')))}.")
    return f'<ul class="facts">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


def _performance(finding: Finding) -> str:
    label = METRICS[finding.metric].label if finding.metric in METRICS else str(finding.metric)
    if finding.estimate is None or finding.low is None or finding.high is None:
        return escape(finding.reason)
    return (
        f"{escape(label)}, recent window against test split: <b>{finding.estimate:+.3g}</b> "
        f"({finding.low:+.3g} … {finding.high:+.3g}); above 0 it got better. The gate judges it."
    )


def _findings_table(columns: Sequence[Column]) -> str:
    head = "".join(f'<th class="{kind}">{heading}</th>' for heading, kind in _HEADINGS)
    ordered = sorted(
        columns, key=lambda each: (_ORDER.index(each.finding.verdict), -abs(each.finding.estimate or 0.0), each.name)
    )
    rows = "".join(_table_row(column) for column in ordered)
    return f"<table><tr>{head}</tr>{rows}</table>"


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
    html = "".join(f'<td class="{kind}">{cell}</td>' for cell, (_, kind) in zip(cells, _HEADINGS, strict=True))
    return f"<tr>{html}</tr>"
