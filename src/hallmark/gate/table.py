"""The verdict as a table in the terminal; colour never stands alone, every verdict has its symbol too."""

from collections.abc import Sequence
from itertools import groupby

from rich import box
from rich.table import Table
from rich.text import Text

from hallmark.command import PlainConsole
from hallmark.contracts.verdicts import STATUSES, SYMBOLS, Judgement, Verdict, interval
from hallmark.errors import printable

STYLES = {"pass": "green", "fail": "bold red", "unresolved": "yellow", "measured": "blue", "not applicable": "dim"}
STATUS_STYLES = {
    "eligible": "bold green",
    "needs review": "bold yellow",
    "blocked": "bold red",
    "not applicable": "dim",
}
MET, UNMET = 3, 5  # findings shown of one requirement; the others are counted, and stand in verdict.json


def show(verdict: Verdict) -> None:
    """Print the table and the headline, no narrower than the table reads well, also where CI's log says 80."""
    width = max(PlainConsole().width, 150)
    PlainConsole(width=width, soft_wrap=False).print(table(verdict), headline(verdict), sep="\n")


def table(verdict: Verdict) -> Table:
    """Return the table: requirement, subject, estimate with interval, n, verdict, and what follows from it."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("requirement", no_wrap=True)
    drawn.add_column("of", no_wrap=True)
    drawn.add_column("estimate [low, high]", justify="right", no_wrap=True)
    drawn.add_column("n", justify="right", no_wrap=True)
    drawn.add_column("verdict", no_wrap=True)
    drawn.add_column("what follows, ~ n that would settle it", overflow="fold")
    for _, group in groupby(verdict.judged, key=lambda judgement: judgement.requirement):
        _add(drawn, list(group))
    return drawn


def headline(verdict: Verdict) -> Text:
    """Return the last line: the status with its symbol, and the reasons."""
    return Text(printable(f"{STATUSES[verdict.status]} {verdict.sentence}"), style=STATUS_STYLES[verdict.status])


def _add(drawn: Table, group: Sequence[Judgement]) -> None:
    asked = {judgement.finding.requirement for judgement in group}
    title = f"{group[0].requirement} {asked.pop() if len(asked) == 1 else ''}"
    met = [judgement for judgement in group if judgement.follows == "eligible"]
    unmet = sorted((j for j in group if j.follows != "eligible"), key=lambda j: j.follows)  # blocked comes first
    for position, judgement in enumerate([*unmet[:UNMET], *met[:MET]]):
        drawn.add_row(Text(title if position == 0 else "", style="bold"), *_row(judgement))
    for rest, what in ((unmet[UNMET:], "not met"), (met[MET:], "met")):
        if rest:
            drawn.add_row("", Text(f"… {len(rest)} more {what}", style="dim"))


def _row(judgement: Judgement) -> list[Text]:
    finding = judgement.finding
    return [
        Text(printable(finding.subject)),
        Text(interval(finding)),
        Text(f"{finding.n:,}" if finding.n else "-"),
        Text(f"{SYMBOLS[finding.verdict]} {finding.verdict}", style=STYLES[finding.verdict]),
        Text(
            printable(_follows(judgement)),
            style="" if judgement.follows == "eligible" else STATUS_STYLES[judgement.follows],
        ),
    ]


def _follows(judgement: Judgement) -> str:
    """The bound and the interval stand in the row already: only what they don't say is added."""
    if judgement.follows == "eligible":
        return ""
    if judgement.follows == "not applicable":
        return judgement.reason
    if judgement.finding.needed is not None:
        return f"{judgement.follows}, ~{judgement.finding.needed:,} more"
    return judgement.follows if judgement.finding.low is not None else f"{judgement.follows}: {judgement.reason}"
