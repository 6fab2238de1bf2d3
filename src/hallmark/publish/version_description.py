"""The description of a registered version.

It has lists only, since MLflow shows tables there as raw text.
"""

from collections.abc import Sequence

from hallmark.contracts.summaries import Reason
from hallmark.contracts.verdicts import SYMBOLS
from hallmark.publish.evidence import Evidence
from hallmark.publish.model_card import finding_line, heading
from hallmark.tracking.markdown import escape

LONGEST = 5000  # characters that the registry keeps


def describe_version(evidence: Evidence, links: Sequence[tuple[str, str]]) -> str:
    """Return Markdown: the verdict, the summary, a line for each requirement that decided, and
    `links`.

    `links` are names and addresses. Where the text would exceed LONGEST characters, the last
    requirements are counted instead.
    """
    title_lines = 2
    top = heading(evidence)[title_lines:]
    reasons = [_reason_line(reason) for reason in evidence.summary.reasons]
    pages = [f"- [{escape(name)}]({address})" for name, address in links]

    for shown in range(len(reasons), -1, -1):
        further = len(reasons) - shown
        more = [f"- … and {further} more requirements"] if further else []
        decided = ["", "**What decided**", "", *reasons[:shown], *more]
        text = "\n".join([*top, *decided, "", "**Look closer**", "", *pages])
        if len(text) <= LONGEST:
            break
    return text


def _reason_line(reason: Reason) -> str:
    finding = reason.finding
    line = f"- {SYMBOLS[finding.verdict]} {escape(reason.requirement)}: {finding_line(finding)}"
    return line + (f" … and {reason.further} more" if reason.further else "")
