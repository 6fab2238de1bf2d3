"""Reasons to refuse a promotion: the verdict must allow it, and be about what is registered and
what lies here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich import box
from rich.table import Table
from rich.text import Text

from hallmark.contracts import verdicts
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.evidence_differences import Difference
from hallmark.promote.champion_comparison import Comparison
from hallmark.promote.signatures import Matter, Signature

# Digests that must equal those of the files here. The environment is not among them: the machine
# that promotes need not have the packages that trained.
COMPARED_DIGESTS = ("model", "served", "raw", "data", "configuration", "code", "evidence")


@dataclass(frozen=True)
class Refusal:
    """One reason against a promotion.

    `expected` is what the verdict says of the subject, `actual` what is there instead.
    """

    subject: str
    expected: str
    actual: str


def find_refusals(
    verdict: Verdict,
    judged_again: Verdict,
    *,
    tags: Mapping[str, str],
    differences: Sequence[Difference],
) -> list[Refusal]:
    """Return every reason against promoting that lies in the verdict, the version or the files
    here.

    The champion and open matters are not among them (see `find_unsettled`). `verdict` is the stored
    one, `judged_again` what the gate decides now from the files here. `tags` are those of the
    registered version. `differences` were found elsewhere, as between the version and the model
    built from the judged package.
    """
    reasons = _refuse_unfounded(verdict, judged_again)
    if not verdict.awaits_signature and verdict.status != "eligible":
        reasons.append(Refusal("verdict", "must be eligible", verdict.sentence))

    for key, value in verdicts.tags(verdict).items():
        if tags.get(key) != value:
            reasons.append(Refusal(f"tag {key} of the version", value, tags.get(key, "missing")))

    reasons += [Refusal(each.subject, each.expected, each.actual) for each in differences]

    for name in COMPARED_DIGESTS:
        judged_digest = verdict.digests.get(name)
        digest_here = judged_again.digests.get(name)
        if judged_digest is None or judged_digest != digest_here:
            reasons.append(Refusal(f"{name} as it lies here", judged_digest or "missing", digest_here or "missing"))
    return reasons


def find_unsettled(
    verdict: Verdict, comparison: Comparison, matters: Sequence[Matter], signature: Signature | None
) -> list[Refusal]:
    """Return a reason where the champion is better, and for each matter that no signature settles.

    `comparison` is the one with the champion. `matters` are what a person has to settle (see
    `signatures.matters_to_settle`).
    """
    reasons = []
    if comparison.outcome == "worse":
        reasons.append(Refusal("champion", "must not be better than the challenger", comparison.sentence))

    cure = "a person must sign: `make sign`"
    for matter in matters:
        if signature is None:
            reasons.append(Refusal(matter.kind, cure, f"nobody has signed ({matter.why})"))
        elif not signature.settles_of(verdict, matter):
            other = f"{signature.by} signed another verdict, or another matter ({matter.why})"
            reasons.append(Refusal(matter.kind, cure, other))
    return reasons


def refusal_table(reasons: Sequence[Refusal]) -> Table:
    """Return the reasons as a table; digests are shortened to 12 digits."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in ("✗ refused because of", "the verdict says", "seen"):
        table.add_column(header, overflow="fold")
    for reason in reasons:
        table.add_row(*(Text(_short(text)) for text in (reason.subject, reason.expected, reason.actual)))
    return table


def _refuse_unfounded(verdict: Verdict, judged_again: Verdict) -> list[Refusal]:
    """Return a reason where the stored verdict does not follow from the findings, with the first
    judgement that differs.

    Then the verdict, or the findings, have been edited.
    """
    if (verdict.status, verdict.judged) == (judged_again.status, judged_again.judged):
        return []

    pairs = zip_longest(verdict.judged, judged_again.judged)
    stored, anew = next((pair for pair in pairs if pair[0] != pair[1]), (None, None))
    return [Refusal("evidence", _sentence(verdict, stored), _sentence(judged_again, anew))]


def _sentence(verdict: Verdict, judgement: Judgement | None) -> str:
    if judgement is None:
        return verdict.sentence
    return f"{judgement.sentence}: {judgement.status}"


def _short(text: str) -> str:
    """Return the text in printable characters, and only the beginning of a digest.

    Names and values may come from anybody who can write to the registry.
    """
    text = "".join(character if character.isprintable() else "�" for character in text)
    is_digest = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return f"{text[:12]}…" if is_digest else text
