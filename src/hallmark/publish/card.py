"""The model card: the verdict, what decided it, and the ten questions with the answers that were measured."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import STATUSES, SYMBOLS, Judgement, Verdict, interval
from hallmark.publish import facts
from hallmark.publish.evidence import Evidence
from hallmark.tracking.text import escape, table

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
LINES = 3  # findings of one check or requirement; the further ones are counted, and stand in the stage's findings.json
DESCRIPTION = 5000  # characters that the registry keeps of a version's description
ORDER = {"fail": 0, "unresolved": 1, "measured": 2, "pass": 3, "not applicable": 4}
Link = Callable[[str], str]  # from a path relative to the task's reports to an address
EXAMPLES = (
    "evaluate/figures/examples/examples.png"  # what goes in and what comes out, shown where question 3 asks for it
)


def card(evidence: Evidence, link: Link, picture: Link, *, limit: int | None = None) -> str:
    """Return the card as Markdown; with `limit` (characters), the longest that fits by showing fewer findings each.

    `link` gives the address of a page that shows a file, `picture` that of the file itself.
    Raises `AssertionError` where not even the shortest fits, which no real card comes near.
    """
    for lines in range(LINES, -1, -1):
        text = (
            "\n".join([*_top(evidence), *_decided(evidence.verdict, lines), *_answers(evidence, link, picture, lines)])
            + "\n"
        )
        if limit is None or len(text) <= limit:
            return text
    raise AssertionError(f"the shortest card has {len(text)} characters, more than {limit}")


def summary(evidence: Evidence, links: Sequence[tuple[str, str]]) -> str:
    """Return the description of a registered version: lists only, since MLflow shows tables there as raw text.

    One line for each requirement that decided, or, where all are met, for each requirement.
    """
    judged = evidence.verdict.deciding or evidence.verdict.applicable
    names = dict.fromkeys(judgement.requirement for judgement in judged)
    groups = [[judgement for judgement in judged if judgement.requirement == name] for name in names]
    shown = [
        f"- {_symbol(first.finding)} {escape(first.requirement)}: {_measured(first.finding)}"
        + (f" … and {len(rest)} more" if rest else "")
        for first, *rest in groups
    ]
    pages = ["", "**Look closer**", "", *(f"- [{escape(name)}]({address})" for name, address in links)]
    for count in range(len(shown), -1, -1):
        more = [f"- … and {len(shown) - count} more requirements"] if count < len(shown) else []
        text = "\n".join([*_top(evidence)[2:], "", "**What decided**", "", *shown[:count], *more, *pages])
        if len(text) <= DESCRIPTION:
            return text
    return text


def _top(evidence: Evidence) -> list[str]:
    about, verdict = evidence.parameters["about"], evidence.verdict
    title = escape(about["title"]) + (" (simulated data)" if evidence.examples.source.simulated else "")
    lines = [f"# {title}", "", f"**{STATUSES[verdict.status]} {verdict.status}**: {_because(verdict)}"]
    if evidence.examples.source.simulated:
        lines += ["", "**SIMULATED DATA.** Every number below comes from a simulator and says nothing about real data."]
    told = {"Purpose": about["purpose"], "Out of scope": about.get("out_of_scope")}
    return [*lines, "", *(f"- **{name}.** {escape(text)}" for name, text in told.items() if text)]


def _because(verdict: Verdict) -> str:
    if verdict.status == "eligible":
        return escape(verdict.sentence.partition(": ")[2]) + "."
    names = list(dict.fromkeys(judgement.requirement for judgement in verdict.deciding))
    return f"{len(verdict.deciding)} of {len(verdict.applicable)} judged findings decided, under " + (
        f"{', '.join(map(escape, names))}."
    )


def _decided(verdict: Verdict, lines: int) -> list[str]:
    """A table of what does not meet its requirement, `lines` of each requirement; what does is counted."""
    unmet = sorted((j for j in verdict.applicable if j.follows != "eligible"), key=lambda j: (j.follows, j.requirement))
    rows: list[list[str]] = []
    for name, of in groupby(unmet, key=lambda judgement: judgement.requirement):
        group = list(of)
        rows += [_decision(judgement) for judgement in group[:lines]]
        if len(group) > lines:
            rows.append([escape(name), f"… and {len(group) - lines} more, in gate/verdict.json", "", "", "", ""])
    header = ("requirement", "finding", "estimate [low, high]", "n", "verdict", "what follows")
    met = f"{len(verdict.applicable) - len(unmet)} judged findings meet their requirement."
    if verdict.inapplicable:
        met += f" Not applicable to this system or its answer: {', '.join(map(escape, verdict.inapplicable))}."
    return ["", "## What decided", *(table(header, rows) if rows else [""]), met]


def _decision(judgement: Judgement) -> list[str]:
    finding = judgement.finding
    settle = f", about {finding.needed:,} more would settle it" if finding.needed is not None else ""
    reason = f": {escape(judgement.reason)}" if finding.low is None else settle
    return [
        escape(f"{judgement.requirement} {finding.requirement}"),
        escape(f"{finding.check}: {finding.subject}"),
        interval(finding),
        f"{finding.n:,}" if finding.n else "",
        f"{_symbol(finding)} {finding.verdict}",
        f"{judgement.follows}{reason}",
    ]


def _answers(evidence: Evidence, link: Link, picture: Link, lines: int) -> list[str]:
    found = _judged(evidence)
    answers: list[str] = []
    for number, question in enumerate(QUESTIONS, start=1):
        own = [f"- {line}" for line in facts.of(evidence, number)]
        measured = _listed([finding for finding in found if finding.question == number], lines)
        seen = _pages(evidence.files, number, link)
        if number == 3 and EXAMPLES in evidence.files:
            seen = ["", f"![examples with the model's answers]({picture(EXAMPLES)})", *seen]
        answers += ["", f"## {number}. {question}", "", *(own + measured or ["- not measured"]), *seen]
    return answers


def _judged(evidence: Evidence) -> list[Finding]:
    """The stages' findings, each with the worst verdict that a requirement of the gate came to."""
    rank = {"eligible": 0, "needs review": 1, "blocked": 2}
    worst: dict[tuple[str, str], Judgement] = {}
    for judgement in evidence.verdict.applicable:
        key = judgement.finding.check, judgement.finding.subject
        if key not in worst or rank[judgement.follows] > rank[worst[key].follows]:
            worst[key] = judgement
    return [worst[f.check, f.subject].finding if (f.check, f.subject) in worst else f for f in evidence.findings]


def _listed(findings: Sequence[Finding], lines: int) -> list[str]:
    """`lines` findings of each check, unmet ones first; the others, and checks of the data that pass, are counted."""
    quiet = [finding for finding in findings if finding.verdict == "pass" and _is_quiet(finding)]
    told = [finding for finding in findings if finding not in quiet and finding.verdict != "not applicable"]
    listed: list[str] = []
    for check in dict.fromkeys(finding.check for finding in told):
        group = sorted((finding for finding in told if finding.check == check), key=lambda f: ORDER[f.verdict])
        listed += [f"- {_symbol(finding)} {_measured(finding)}" for finding in group[:lines]]
        if rest := Counter(finding.verdict for finding in group[lines:]):
            listed.append(
                f"- … and of {escape(check)} {', '.join(f'{n} more {verdict}' for verdict, n in rest.items())}"
            )
    stages = Counter(finding.check.partition(".")[0] for finding in quiet)
    return listed + [f"- {SYMBOLS['pass']} {n} check{'s' * (n > 1)} of {stage} passed" for stage, n in stages.items()]


def _is_quiet(finding: Finding) -> bool:
    return finding.estimate is None or finding.check.startswith("validate.")


def _measured(finding: Finding) -> str:
    number = (
        f": {interval(finding)}" + (f" (n = {finding.n:,})" if finding.n else "")
        if finding.estimate is not None
        else ""
    )
    asked = f", asked {escape(finding.requirement)}" if finding.requirement else ""
    why = f". {escape(finding.why)}" if finding.why else ""
    return f"**{escape(finding.subject)}** ({escape(finding.check)}){number}{asked}{why}"


def _symbol(finding: Finding) -> str:
    return SYMBOLS[finding.verdict]


def _pages(files: Sequence[str], number: int, link: Link) -> list[str]:
    shown = [file for file in files if file.endswith((".png", ".html")) and facts.question(file) == number]
    named = [f"[{escape(facts.page(file))}]({link(file)})" for file in shown]
    return ["", f"See {' · '.join(named)}"] if named else []
