"""A person's signature: name and statement, the package and the judgements that are signed, and
what it settles.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from hallmark import digests
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.promote.champion_comparison import Cause, Comparison, Outcome

# What a person can settle: that the stakes ask for one, a champion that nothing showed to be no
# better, evidence that was not verified again, and how a comparison came out for which promotion
# has no raw data.
Kind = Literal["signature", "champion", "verification", "comparison"]


@dataclass(frozen=True)
class Matter:
    """One thing that only a person can settle.

    A signature is bound to `kind` and `about`, so `about` is worded the same on every machine.
    `why` is for people.
    """

    kind: Kind
    about: str
    why: str


@dataclass(frozen=True)
class Settled:
    """The part of a matter that a signature holds."""

    kind: Kind
    about: str


@dataclass(frozen=True)
class Signature:
    """A person's signature under a verdict.

    `package` is the digest of the model's package, and `judged` that of the judgements (see
    `digest_judgements`). It is valid on every machine on which the same package is judged the same.
    """

    by: str
    at: str  # UTC, ISO 8601
    statement: str
    package: str
    judged: str
    settles: tuple[Settled, ...]

    def settles_of(self, verdict: Verdict, matter: Matter) -> bool:
        """Return whether this signature is of the verdict's package and judgements, and settles the
        matter.
        """
        is_of_verdict = (self.package, self.judged) == (verdict.digests.get("model"), digest_judgements(verdict))
        return is_of_verdict and Settled(matter.kind, matter.about) in self.settles


def digest_judgements(verdict: Verdict) -> str:
    """Return the SHA-256 of the verdict's status, and of requirement, finding and consequence of
    each judgement.

    A finding counts by its check and fields. Its numbers are left out, since their last digits may
    differ on another machine.
    """
    judgements = [[each.requirement, each.finding.key, each.status] for each in verdict.judged]
    return digests.text(json.dumps([verdict.status, sorted(judgements)]))


def require_digest(verdict: Verdict, name: str) -> str:
    """Return the digest `name` of a verdict, which a signed text holds.

    Raises `InputError` where it is missing.
    """
    if name not in verdict.digests:
        raise InputError(f"the verdict names no {name}: run the gate again")
    return verdict.digests[name]


def matters_to_settle(verdict: Verdict, comparison: Comparison, verification: Matter | None = None) -> list[Matter]:
    """Return what a person has to settle before promotion; none where everything is shown.

    A comparison that a signature records is a matter, too, so that the signature must still hold
    when the alias moves. `verification` is what `make verify` did not do, if anything. Not among
    them is what nobody can sign off: a blocked verdict, one that lacks more than a signature, and a
    challenger that is worse.
    """
    matters = []
    if verdict.awaits_signature:
        matters.append(Matter("signature", "verdict", "the stakes are high: a person must have seen the evidence"))
    if comparison.needs_review:
        words = [comparison.champion, comparison.outcome, comparison.cause or ""]
        matters.append(Matter("champion", " ".join(filter(None, words)), comparison.sentence))
    if comparison.is_recorded:
        matters.append(comparison_matter(verdict, comparison))
    if verification is not None:
        matters.append(verification)
    return matters


def comparison_matter(verdict: Verdict, comparison: Comparison) -> Matter:
    """Return the matter that records a comparison: the champion, the prepared data, and the
    outcome.
    """
    about = _comparison_words(verdict, comparison.champion, comparison.outcome, comparison.cause)
    return Matter("comparison", about, comparison.sentence)


def recorded_comparison(
    signature: Signature | None, verdict: Verdict, *, version: str, champion: str
) -> Comparison | None:
    """Return the comparison with this champion that a signature records under this verdict; None
    without one.

    `version` is the champion's number in the registry, `champion` its package's digest.
    """
    if signature is None:
        return None

    recordable: list[tuple[Outcome, Cause | None]] = [("no worse", None), ("not shown to be no worse", None)]
    recordable += [("not compared", cause) for cause in get_args(Cause)]
    for outcome, cause in recordable:
        about = _comparison_words(verdict, champion, outcome, cause)
        if signature.settles_of(verdict, Matter("comparison", about, why="")):
            why = f"as {signature.by} signed on {signature.at} where the raw data lies, which is not at hand here"
            return Comparison(outcome, why, version, champion, cause=cause, is_recorded=True)
    return None


def _comparison_words(verdict: Verdict, champion: str, outcome: Outcome, cause: Cause | None) -> str:
    words = [champion, outcome, cause or "", f"on {require_digest(verdict, 'data')}"]
    return " ".join(filter(None, words))


def sign(verdict: Verdict, matters: Sequence[Matter], *, by: str, statement: str) -> Signature:
    """Return a signature under a verdict that settles `matters` (see `matters_to_settle`).

    Raises `InputError` where name or statement is empty, where there is nothing to settle, and
    where no signature can help the verdict.
    """
    for name, text in (("SIGNER", by), ("STATEMENT", statement)):
        if not text.strip():
            need = "a signature needs a person's name and what they have seen, in their words"
            raise InputError(f"{name} is empty: {need}")
    if verdict.status != "eligible" and not verdict.awaits_signature:
        raise InputError(f"no signature can help this verdict: {verdict.sentence}")
    if not matters:
        raise InputError(f"nothing here asks for a signature: {verdict.sentence}")
    package_digest = require_digest(verdict, "model")

    return Signature(
        by=" ".join(by.split()),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        statement=" ".join(statement.split()),
        package=package_digest,
        judged=digest_judgements(verdict),
        settles=tuple(Settled(matter.kind, matter.about) for matter in matters),
    )


def write(signature: Signature, path: Path) -> None:
    """Write the signature as JSON, to be committed.

    The commit and its review prove that it is the person's.
    """
    path.write_text(json.dumps(asdict(signature), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Signature | None:
    """Read a signature that `write` wrote; None where nobody has signed.

    Raises `InputError` where the file is no signature.
    """
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        settles = tuple(Settled(**settled) for settled in record.pop("settles"))
        signature = Signature(**record, settles=settles)
        _require_words(signature)
        datetime.fromisoformat(signature.at)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is no signature ({error}): sign again") from error
    return signature


def _require_words(signature: Signature) -> None:
    """Raise `ValueError` where a part of the signature is empty or no text, or where it settles an
    unknown kind.
    """
    words = [signature.by, signature.at, signature.statement, signature.package, signature.judged]
    for settled in signature.settles:
        words += [settled.kind, settled.about]
    if not signature.settles or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError("a name, words, or what it settles are empty")

    kinds = {settled.kind for settled in signature.settles}
    if not kinds <= set(get_args(Kind)):
        raise ValueError(f"it settles what is none of {', '.join(get_args(Kind))}")
