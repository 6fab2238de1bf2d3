"""The verdict as a table in the terminal. Each verdict has a symbol beside its colour."""

from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.table import Table
from rich.text import Text

from hallmark.console import PlainConsole
from hallmark.contracts.summaries import Summary
from hallmark.contracts.verdicts import STATUSES, SYMBOLS, Judgement, Verdict, interval
from hallmark.errors import printable

STYLES = {"pass": "green", "fail": "bold red", "unresolved": "yellow", "measured": "blue", "not applicable": "dim"}
STATUS_STYLES = {
    "eligible": "bold green",
    "needs review": "bold yellow",
    "blocked": "bold red",
    "not judged": "bold yellow",
    "not applicable": "dim",
}
SHOWN_MET = 3  # findings of one requirement; further ones are counted, and stand in verdict.json
SHOWN_UNMET = 5
WIDTH = 150  # columns, at least, also where CI's log says 80


def show(verdict: Verdict, summary: Summary) -> None:
    """Print the table of judgements, the summary and the verdict."""
    width = max(PlainConsole().width, WIDTH)
    console = PlainConsole(width=width, soft_wrap=False)
    console.print(verdict_table(verdict), summary_table(summary), headline(verdict), sep="\n")


def verdict_table(verdict: Verdict) -> Table:
    """Return a row for each judgement: requirement, what it judged, estimate with interval, n,
    verdict and consequence.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("requirement", no_wrap=True)
    table.add_column("of", no_wrap=True)
    table.add_column("estimate [low, high]", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("what follows, ~ n that would settle it", overflow="fold")
    for _, group in groupby(verdict.judged, key=lambda judgement: judgement.requirement):
        _add_requirement(table, list(group))
    return table


def summary_table(summary: Summary) -> Table:
    """Return the summary as a table of names and numbers."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, text in summary.lines.items():
        table.add_row(Text(printable(name), style="bold"), Text(printable(text)))
    return table


def headline(verdict: Verdict) -> Text:
    """Return the last line: the status with its symbol, and the reasons."""
    return Text(printable(f"{STATUSES[verdict.status]} {verdict.sentence}"), style=STATUS_STYLES[verdict.status])


def _add_requirement(table: Table, judgements: Sequence[Judgement]) -> None:
    met = [judgement for judgement in judgements if judgement.status == "eligible"]
    unmet = [judgement for judgement in judgements if judgement.status != "eligible"]
    unmet.sort(key=lambda judgement: judgement.status)  # blocked comes first

    bounds = {judgement.finding.requirement for judgement in judgements}
    title = f"{judgements[0].requirement} {bounds.pop() if len(bounds) == 1 else ''}"
    for position, judgement in enumerate([*unmet[:SHOWN_UNMET], *met[:SHOWN_MET]]):
        table.add_row(Text(title if position == 0 else "", style="bold"), *_cells(judgement))

    for further, words in ((len(unmet) - SHOWN_UNMET, "not met"), (len(met) - SHOWN_MET, "met")):
        if further > 0:
            table.add_row("", Text(f"… {further} more {words}", style="dim"))


def _cells(judgement: Judgement) -> list[Text]:
    finding = judgement.finding
    consequence_style = "" if judgement.status == "eligible" else STATUS_STYLES[judgement.status]
    return [
        Text(printable(finding.subject)),
        Text(interval(finding)),
        Text(f"{finding.n:,}" if finding.n else "-"),
        Text(f"{SYMBOLS[finding.verdict]} {finding.verdict}", style=STYLES[finding.verdict]),
        Text(printable(_consequence(judgement)), style=consequence_style),
    ]


def _consequence(judgement: Judgement) -> str:
    """The bound and the interval stand in the row already: only what they don't say is added."""
    if judgement.status == "eligible":
        return ""
    if judgement.status == "not applicable":
        return judgement.reason
    if judgement.finding.needed is not None:
        return f"{judgement.status}, ~{judgement.finding.needed:,} more"
    return judgement.status if judgement.finding.low is not None else f"{judgement.status}: {judgement.reason}"
