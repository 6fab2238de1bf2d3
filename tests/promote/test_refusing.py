"""Every way in which a promotion must be refused."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from hallmark import verdicts
from hallmark.findings import Finding
from hallmark.gate.deciding import Requirement, decide
from hallmark.promote.refusing import refusals, table
from hallmark.promote.signing import Signature
from hallmark.tracking.registry import Difference
from hallmark.verdicts import Judgement, Verdict

DIGESTS = {
    name: letter * 64
    for name, letter in zip(
        ("model", "data", "configuration", "code", "environment", "evidence", "served"), "abcdefg", strict=True
    )
}
MET = Judgement(
    "accuracy", Finding("evaluate.metric", 5, "accuracy", 0.9, 0.8, 0.95, "≥ 0.5", 9, "pass"), "met", "eligible"
)
ELIGIBLE = Verdict("eligible", (MET,), DIGESTS)
UNASKED = {"signature": None, "signed": "f" * 64}


def refused(verdict=ELIGIBLE, *, tags=None, differences=(), signature=None, **current):
    tags = verdicts.tags(verdict) if tags is None else tags
    anew = replace(verdict, digests=DIGESTS | current)
    return [
        r.subject
        for r in refusals(verdict, anew, tags=tags, differences=differences, signature=signature, signed="f" * 64)
    ]


def test_what_fits_together_is_not_refused():
    assert refused() == []


@pytest.mark.parametrize("status", ["needs review", "blocked"])
def test_only_an_eligible_verdict_promotes(status):
    assert refused(replace(ELIGIBLE, status=status)) == ["verdict"]


UNSIGNED = decide([MET.finding], {"signature": Requirement("gate.signature")}, DIGESTS)
SIGNED = Signature("R. Viewer", "2026-05-03T10:00:00+00:00", "Seen.", "f" * 64)


def test_a_verdict_that_awaits_a_signature_needs_one_under_exactly_this_verdict():
    assert UNSIGNED.awaits_signature and UNSIGNED.status == "needs review"
    assert refused(UNSIGNED) == ["signature"]
    assert refused(UNSIGNED, signature=replace(SIGNED, verdict="0" * 64)) == ["signature"]
    assert refused(UNSIGNED, signature=SIGNED) == []


def test_a_signature_settles_nothing_else():
    unresolved = {"signature": Requirement("gate.signature"), "more": Requirement("evaluate.*", at_least=0.85)}
    verdict = decide([MET.finding], unresolved, DIGESTS)
    assert verdict.status == "needs review" and not verdict.awaits_signature
    assert refused(verdict, signature=SIGNED) == ["verdict"]
    blocked = decide([MET.finding], {**unresolved, "more": Requirement("evaluate.*", at_least=0.99)}, DIGESTS)
    assert refused(blocked, signature=SIGNED) == ["verdict"]


@pytest.mark.parametrize("name", ["hallmark.verdict", *(f"hallmark.digest.{name}" for name in DIGESTS)])
@pytest.mark.parametrize("tampered", ["0" * 64, None])
def test_every_tag_of_the_version_must_be_the_verdicts(name, tampered):
    tags = {key: value for key, value in verdicts.tags(ELIGIBLE).items() if key != name}
    assert refused(tags=tags | ({name: tampered} if tampered else {})) == [f"tag {name} of the version"]


def test_each_difference_of_the_registered_version_is_a_reason():
    differences = [Difference("served.py in the registry", "a" * 64, "b" * 64), Difference("MLmodel: env", "x", "y")]
    assert refused(differences=differences) == ["served.py in the registry", "MLmodel: env"]


@pytest.mark.parametrize("name", ["model", "served", "data", "configuration", "code", "evidence"])
def test_what_lies_here_must_still_be_what_was_judged(name):
    assert refused(**{name: "0" * 64}) == [f"{name} as it lies here"]


@pytest.mark.parametrize(
    "anew",
    [
        replace(ELIGIBLE, status="blocked"),
        replace(ELIGIBLE, judged=()),
        replace(ELIGIBLE, judged=(MET, MET)),
        replace(ELIGIBLE, judged=(replace(MET, finding=replace(MET.finding, low=0.4)),)),
    ],
)
def test_a_verdict_that_the_evidence_does_not_bear_out(anew):
    (reason,) = refusals(ELIGIBLE, anew, tags=verdicts.tags(ELIGIBLE), differences=(), **UNASKED)
    assert reason.subject == "evidence"


def test_the_promoting_machine_may_be_another():
    assert refused(environment="0" * 64) == []


@pytest.mark.parametrize("name", ["model", "served", "data", "configuration", "code", "evidence"])
def test_a_verdict_that_does_not_name_a_digest_promotes_nothing(name):
    silent = replace(ELIGIBLE, digests={key: value for key, value in DIGESTS.items() if key != name})
    assert f"{name} as it lies here" in refused(silent)


def test_the_table_shortens_digests_and_shows_markup_as_text():
    verdict = replace(ELIGIBLE, status="blocked")
    tags = verdicts.tags(verdict) | {"hallmark.digest.data": "[red]x"}
    gone = [Difference("served.py in the registry", "as built from the judged package", "missing")]
    reasons = refusals(verdict, verdict, tags=tags, differences=gone, **UNASKED)
    stream = StringIO()
    Console(file=stream, width=140).print(table(reasons))
    for words in ("verdict", "must be eligible", "bbbbbbbbbbbb…", "[red]x", "missing"):
        assert words in stream.getvalue()
    assert "b" * 13 not in stream.getvalue()
