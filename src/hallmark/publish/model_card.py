"""The model card: the verdict, what decided it, and ten questions with measured answers."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import SEALED, STATUSES, SYMBOLS, Judgement, Verdict, interval
from hallmark.publish.card_facts import facts
from hallmark.publish.evidence import Evidence
from hallmark.tracking.markdown import escape, table

QUESTIONS = (
    "What kind of data does the model learn from?",
    "Is the data complex enough to justify deep learning?",
    "What output is it trying to produce?",
    "How is it trained and evaluated?",
    "Does it generalise to new examples?",
    "What happens when the data changes?",
    "Is it learning a real signal or a shortcut?",
    "How costly is a mistake?",
    "Does a simpler method or a fixed rule do it more clearly?",
    "Does a human need to review the output?",
)
LINES = 3  # findings of one check or requirement; further ones are counted, and stand in the stage's findings.json
EXAMPLES = "evaluate/figures/examples/examples.png"  # inputs with their answers, shown under question 3
Link = Callable[[str], str]  # from a path relative to the task's reports to an address

ORDER = {"fail": 0, "unresolved": 1, "measured": 2, "pass": 3, "not applicable": 4}
_SEVERITY = {"eligible": 0, "needs review": 1, "blocked": 2}
_DECISION_HEADER = ("requirement", "finding", "estimate [low, high]", "n", "verdict", "what follows")


def render_card(evidence: Evidence, link: Link, picture: Link, *, limit: int | None = None) -> str:
    """Return the card as Markdown, of at most `limit` characters.

    Where it would be longer, fewer findings of each check are shown. `link` returns the address of
    a page about a file, `picture` that of the file itself; both take a path relative to the task's
    reports. Raises `AssertionError` where not even the shortest card fits, which no real card comes
    near.
    """
    for shown in range(LINES, -1, -1):
        lines = [
            *heading(evidence),
            *_decisions(evidence.verdict, shown),
            *_answers(evidence, link, picture, shown),
        ]
        text = "\n".join(lines) + "\n"
        if limit is None or len(text) <= limit:
            return text
    raise AssertionError(f"the shortest card has {len(text)} characters, more than {limit}")


def heading(evidence: Evidence) -> list[str]:
    """Return the lines of the title, the verdict, the purpose and the summary."""
    about = evidence.parameters.about
    verdict = evidence.verdict
    is_simulated = evidence.examples.source.simulated

    title = escape(about.title) + (" (simulated data)" if is_simulated else "")
    lines = [f"# {title}", "", f"**{STATUSES[verdict.status]} {verdict.status}**"]
    if is_simulated:
        lines += ["", "**SIMULATED DATA.** Every number below comes from a simulator and says nothing about real data."]

    texts = {"Purpose": about.purpose, "Out of scope": about.out_of_scope, **evidence.summary.lines}
    bullets = [f"- **{escape(_capitalised(name))}.** {escape(text)}" for name, text in texts.items() if text]
    return [*lines, "", *bullets]


def finding_line(finding: Finding) -> str:
    """Return a finding as one line of Markdown, without its symbol."""
    line = f"**{escape(finding.subject)}** ({escape(finding.check)})"
    if finding.estimate is not None:
        line += f": {interval(finding)}"
        line += f" (n = {finding.n:,})" if finding.n else ""
    if finding.requirement:
        line += f", asked {escape(finding.requirement)}"
    if finding.reason:
        line += f". {escape(finding.reason)}"
    return line


def _decisions(verdict: Verdict, shown: int) -> list[str]:
    """Return a table of the judgements that do not meet their requirement, `shown` of each
    requirement.

    The others, and those that meet it, are counted.
    """
    unmet = [judgement for judgement in verdict.applicable if judgement.status != "eligible"]
    unmet.sort(key=lambda judgement: (judgement.status, judgement.requirement))

    rows: list[list[str]] = []
    for requirement, group in groupby(unmet, key=lambda judgement: judgement.requirement):
        judgements = list(group)
        rows += [_decision(judgement) for judgement in judgements[:shown]]
        further = len(judgements) - shown
        if further > 0:
            rows.append([escape(requirement), f"… and {further} more, in gate/verdict.json", "", "", "", ""])

    if verdict.status == "not judged":
        return ["", "## What decided", "", f"Nothing: {SEALED}."]

    met = f"{len(verdict.applicable) - len(unmet)} judged findings meet their requirement."
    if verdict.inapplicable:
        met += f" Not applicable to this system or its answer: {', '.join(map(escape, verdict.inapplicable))}."
    return ["", "## What decided", *(table(_DECISION_HEADER, rows) if rows else [""]), met]


def _decision(judgement: Judgement) -> list[str]:
    finding = judgement.finding
    consequence: str = judgement.status
    if finding.low is None:
        consequence += f": {escape(judgement.reason)}"
    elif finding.needed is not None:
        consequence += f", about {finding.needed:,} more would settle it"
    return [
        escape(f"{judgement.requirement} {finding.requirement}"),
        escape(f"{finding.check}: {finding.subject}"),
        interval(finding),
        f"{finding.n:,}" if finding.n else "",
        f"{SYMBOLS[finding.verdict]} {finding.verdict}",
        consequence,
    ]


def _answers(evidence: Evidence, link: Link, picture: Link, shown: int) -> list[str]:
    findings = judged_findings(evidence)
    lines: list[str] = []
    for number, question in enumerate(QUESTIONS, start=1):
        own_findings = [finding for finding in findings if finding.question == number]
        answer = [f"- {fact}" for fact in facts(evidence, number)]
        answer += _finding_list(own_findings, shown)

        lines += ["", f"## {number}. {question}", "", *(answer or ["- not measured"])]
        if number == 3 and EXAMPLES in evidence.files:
            lines += ["", f"![examples with the model's answers]({picture(EXAMPLES)})"]
        lines += _page_links(evidence, number, link)
    return lines


def judged_findings(evidence: Evidence) -> list[Finding]:
    """Return the findings of all stages, each as the gate judged it.

    Where several requirements judged a finding, the judgement with the worst consequence counts.
    """
    worst: dict[str, Judgement] = {}
    for judgement in evidence.verdict.applicable:
        key = judgement.finding.key
        if key not in worst or _SEVERITY[judgement.status] > _SEVERITY[worst[key].status]:
            worst[key] = judgement

    judged_findings = {key: judgement.finding for key, judgement in worst.items()}
    return [judged_findings.get(finding.key, finding) for finding in evidence.findings]


def _finding_list(findings: Sequence[Finding], shown: int) -> list[str]:
    """Return a line for `shown` findings of each check, unmet ones first; further ones are counted.

    Passed findings without an estimate, and those of validation, are counted by stage.
    """
    passed_findings = [finding for finding in findings if finding.verdict == "pass"]
    counted_findings = [finding for finding in passed_findings if _is_counted_when_passed(finding)]
    applicable = [finding for finding in findings if finding.verdict != "not applicable"]
    listed_findings = [finding for finding in applicable if finding not in counted_findings]

    lines: list[str] = []
    for check in dict.fromkeys(finding.check for finding in listed_findings):
        of_check = [finding for finding in listed_findings if finding.check == check]
        group = sorted(of_check, key=lambda finding: ORDER[finding.verdict])
        lines += [f"- {SYMBOLS[finding.verdict]} {finding_line(finding)}" for finding in group[:shown]]
        further = Counter(finding.verdict for finding in group[shown:])
        if further:
            counts = ", ".join(f"{count} more {verdict}" for verdict, count in further.items())
            lines.append(f"- … and of {escape(check)} {counts}")

    passed = Counter(finding.check.partition(".")[0] for finding in counted_findings)
    for stage, count in passed.items():
        lines.append(f"- {SYMBOLS['pass']} {count} check{'s' * (count > 1)} of {stage} passed")
    return lines


def _is_counted_when_passed(finding: Finding) -> bool:
    return finding.estimate is None or finding.check.startswith("validate.")


def _page_links(evidence: Evidence, number: int, link: Link) -> list[str]:
    links = [f"[{escape(page.title)}]({link(page.file)})" for page in evidence.pages if page.question == number]
    return ["", f"See {' · '.join(links)}"] if links else []


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
