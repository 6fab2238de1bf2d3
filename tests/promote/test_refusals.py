"""Every way in which a promotion must be refused."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from hallmark.config.stages import Requirement
from hallmark.contracts import verdicts
from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import Judgement, Status, Verdict
from hallmark.evidence_differences import Difference
from hallmark.gate.judgements import decide
from hallmark.promote.champion_comparison import FIRST, Comparison
from hallmark.promote.refusals import find_refusals, find_unsettled, refusal_table
from hallmark.promote.signatures import Matter, Settled, Signature, digest_judgements, matters_to_settle, sign

DIGESTS = {
    name: letter * 64
    for name, letter in zip(
        ("model", "data", "configuration", "code", "environment", "evidence", "served", "raw"), "abcdefgh", strict=True
    )
}
MET = Judgement(
    "accuracy",
    Finding(
        check="evaluate.metric",
        metric="accuracy",
        estimate=0.9,
        low=0.8,
        high=0.95,
        requirement="≥ 0.5",
        n=9,
        verdict="pass",
    ),
    "met",
    "eligible",
)
ELIGIBLE = Verdict("eligible", (MET,), DIGESTS)
JUDGED_NO_WORSE = Comparison("no worse", "all of it is ≥ -0.01", "1", "9" * 64)


def refused(
    verdict: Verdict = ELIGIBLE,
    *,
    tags: Mapping[str, str] | None = None,
    differences: Sequence[Difference] = (),
    current: Mapping[str, str] = DIGESTS,
) -> list[str]:
    tags = verdicts.tags(verdict) if tags is None else tags
    anew = replace(verdict, digests=dict(current))
    return [r.subject for r in find_refusals(verdict, anew, tags=tags, differences=differences)]


def asked(
    verdict: Verdict,
    signature: Signature | None = None,
    *,
    comparison: Comparison = JUDGED_NO_WORSE,
    verification: Matter | None = None,
) -> list[str]:
    """Return what a person still has to settle, or nobody can."""
    matters = matters_to_settle(verdict, comparison, verification)
    return [reason.subject for reason in find_unsettled(verdict, comparison, matters, signature)]


def test_what_fits_together_is_not_refused() -> None:
    assert refused() == []


@pytest.mark.parametrize("status", ["needs review", "blocked"])
def test_only_an_eligible_verdict_promotes(status: Status) -> None:
    assert refused(replace(ELIGIBLE, status=status)) == ["verdict"]


UNSIGNED = decide([MET.finding], {"signature": Requirement(check="gate.signature")}, DIGESTS)
SIGNED = Signature(
    "R. Viewer",
    "2026-05-03T10:00:00+00:00",
    "Seen.",
    "a" * 64,
    digest_judgements(UNSIGNED),
    (Settled("signature", "verdict"),),
)
STRADDLES = Comparison("not shown to be no worse", "not all of it is ≥ -0.01", "1", "9" * 64)
NOT_VERIFIED = Matter("verification", "prepare", "the raw data is too large to be prepared again")


def test_a_verdict_that_awaits_a_signature_needs_one_under_exactly_this_verdict() -> None:
    assert UNSIGNED.awaits_signature and UNSIGNED.status == "needs review"
    assert refused(UNSIGNED) == []
    assert asked(UNSIGNED) == ["signature"]
    assert asked(UNSIGNED, replace(SIGNED, judged="0" * 64)) == ["signature"]
    assert asked(UNSIGNED, replace(SIGNED, package="0" * 64)) == ["signature"]
    assert asked(UNSIGNED, SIGNED) == []


def test_each_matter_is_settled_by_a_signature_that_names_it() -> None:
    assert asked(UNSIGNED, SIGNED, comparison=STRADDLES, verification=NOT_VERIFIED) == ["champion", "verification"]
    matters = matters_to_settle(UNSIGNED, STRADDLES, NOT_VERIFIED)
    assert [matter.kind for matter in matters] == ["signature", "champion", "verification"]

    whole = sign(UNSIGNED, matters, by="R. Viewer", statement="Seen.")
    assert asked(UNSIGNED, whole, comparison=STRADDLES, verification=NOT_VERIFIED) == []

    other_champion = replace(STRADDLES, champion="8" * 64)
    not_compared = replace(STRADDLES, outcome="not compared", cause="overlap")
    for other in (other_champion, not_compared):
        assert asked(UNSIGNED, whole, comparison=other, verification=NOT_VERIFIED) == ["champion"]
    assert asked(UNSIGNED, whole, verification=replace(NOT_VERIFIED, about="evaluate")) == ["verification"]


def test_an_eligible_verdict_needs_a_signature_where_the_champion_does() -> None:
    assert asked(ELIGIBLE) == []
    assert asked(ELIGIBLE, comparison=FIRST) == []
    assert asked(ELIGIBLE, comparison=STRADDLES) == ["champion"]
    signature = sign(ELIGIBLE, matters_to_settle(ELIGIBLE, STRADDLES), by="R. Viewer", statement="Seen.")
    assert asked(ELIGIBLE, signature, comparison=STRADDLES) == []


def test_no_signature_helps_a_worse_challenger() -> None:
    worse = replace(STRADDLES, outcome="worse")
    signature = sign(ELIGIBLE, matters_to_settle(ELIGIBLE, STRADDLES), by="R. Viewer", statement="Seen.")
    assert asked(ELIGIBLE, signature, comparison=worse) == ["champion"]


def test_a_signature_settles_nothing_else() -> None:
    unresolved = {
        "signature": Requirement(check="gate.signature"),
        "more": Requirement(check="evaluate.*", at_least=0.85),
    }
    verdict = decide([MET.finding], unresolved, DIGESTS)

    assert verdict.status == "needs review" and not verdict.awaits_signature
    assert refused(verdict) == ["verdict"]

    blocked = decide([MET.finding], {**unresolved, "more": Requirement(check="evaluate.*", at_least=0.99)}, DIGESTS)
    assert refused(blocked) == ["verdict"]


@pytest.mark.parametrize("name", ["hallmark.verdict", *(f"hallmark.digest.{name}" for name in DIGESTS)])
@pytest.mark.parametrize("tampered", ["0" * 64, None])
def test_every_tag_of_the_version_must_be_the_verdicts(name: str, tampered: str | None) -> None:
    tags = {key: value for key, value in verdicts.tags(ELIGIBLE).items() if key != name}
    assert refused(tags=tags | ({name: tampered} if tampered else {})) == [f"tag {name} of the version"]


def test_each_difference_of_the_registered_version_is_a_reason() -> None:
    differences = [Difference("served.py in the registry", "a" * 64, "b" * 64), Difference("MLmodel: env", "x", "y")]
    assert refused(differences=differences) == ["served.py in the registry", "MLmodel: env"]


@pytest.mark.parametrize("name", ["model", "served", "data", "configuration", "code", "evidence"])
def test_what_lies_here_must_still_be_what_was_judged(name: str) -> None:
    assert refused(current=DIGESTS | {name: "0" * 64}) == [f"{name} as it lies here"]


@pytest.mark.parametrize(
    "anew",
    [
        replace(ELIGIBLE, status="blocked"),
        replace(ELIGIBLE, judged=()),
        replace(ELIGIBLE, judged=(MET, MET)),
        replace(ELIGIBLE, judged=(replace(MET, finding=replace(MET.finding, low=0.4)),)),
    ],
)
def test_a_verdict_that_the_evidence_does_not_bear_out(anew: Verdict) -> None:
    (reason,) = find_refusals(ELIGIBLE, anew, tags=verdicts.tags(ELIGIBLE), differences=())
    assert reason.subject == "evidence"


def test_the_promoting_machine_may_be_another() -> None:
    assert refused(current=DIGESTS | {"environment": "0" * 64}) == []


@pytest.mark.parametrize("name", ["model", "served", "data", "configuration", "code", "evidence"])
def test_a_verdict_that_does_not_name_a_digest_promotes_nothing(name: str) -> None:
    silent = replace(ELIGIBLE, digests={key: value for key, value in DIGESTS.items() if key != name})
    assert f"{name} as it lies here" in refused(silent)


def test_the_table_shortens_digests_and_shows_markup_as_text() -> None:
    verdict = replace(ELIGIBLE, status="blocked")
    tags = verdicts.tags(verdict) | {"hallmark.digest.data": "[red]x"}
    gone = [Difference("served.py\x1b[2J in the registry", "as built from the judged package", "missing")]
    reasons = find_refusals(verdict, verdict, tags=tags, differences=gone)
    stream = StringIO()
    Console(file=stream, width=140).print(refusal_table(reasons))
    for words in ("verdict", "must be eligible", "bbbbbbbbbbbb…", "[red]x", "missing"):
        assert words in stream.getvalue()

    assert "b" * 13 not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
