"""The table of results in the README, from the reports that git keeps."""

from collections.abc import Sequence

from hallmark.contracts import summaries
from hallmark.contracts.verdicts import STATUSES, interval
from hallmark.layout import Layout
from hallmark.tracking.markdown import escape

HEADER = ("task", "metric on test", "model", "best simple method", "rule", "worst group", "verdict", "what decided")


def results_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table of rows that `results_row` made."""
    lines = [HEADER, ["---"] * len(HEADER), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def results_row(layout: Layout) -> list[str]:
    """Return one task's cells as Markdown, with names escaped.

    Raises `InputError` where a report is missing.
    """
    summary = summaries.read(layout.summary)

    simple_method = summary.best_simple_method
    rule = summary.rule
    gap = summary.worst_gap
    return [
        escape(layout.task),
        f"{escape(summary.metric_name)}, n = {summary.model.n:,}",
        summary.model.text,
        f"{escape(simple_method.scorer)} {simple_method.text}" if simple_method else "none",
        f"{rule.estimate:.3f}" if rule and rule.estimate is not None else "none",
        f"{escape(summaries.gap_name(gap))}: {interval(gap)}" if gap else "not judged",
        f"{STATUSES[summary.status]} {summary.status}",
        escape(summary.decided),
    ]
