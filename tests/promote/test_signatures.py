import json
from dataclasses import replace
from pathlib import Path

import pytest

from hallmark.config.stages import Requirement
from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import Verdict
from hallmark.errors import InputError
from hallmark.gate.judgements import conclusions, decide
from hallmark.promote.champion_comparison import FIRST
from hallmark.promote.signatures import Matter, matters_to_settle, read, sign, write

GOOD = Finding(check="evaluate.metric", metric="roc_auc", estimate=0.9, low=0.85, high=0.95, n=9)
MATTER = Matter("signature", "verdict", "the stakes are high")
HIGH = {"quality": Requirement(check="evaluate.metric", at_least=0.8), "signature": Requirement(check="gate.signature")}


def judged(requirements: dict[str, Requirement], finding: Finding = GOOD, **state: str) -> Verdict:
    return decide([finding], requirements, {"model": "a" * 64} | state)


def test_a_signature_names_the_person_the_package_and_what_it_settles(tmp_path: Path) -> None:
    verdict = judged(HIGH)
    matters = matters_to_settle(verdict, FIRST)
    signature = sign(verdict, matters, by=" Dr. R.  Viewer ", statement="I have seen the card.\nAnd the maps.")
    assert (signature.by, signature.statement) == ("Dr. R. Viewer", "I have seen the card. And the maps.")
    assert (signature.package, [settled.kind for settled in signature.settles]) == ("a" * 64, ["signature"])
    write(signature, tmp_path / "signature.json")
    assert read(tmp_path / "signature.json") == signature


def test_it_holds_where_the_same_package_is_judged_the_same() -> None:
    verdict = judged(HIGH, data="b" * 64)
    (matter,) = matters_to_settle(verdict, FIRST)
    signature = sign(verdict, [matter], by="R", statement="s")
    last_digits = replace(GOOD, estimate=0.9000000001, low=0.85000001)

    assert signature.settles_of(judged(HIGH, last_digits, data="c" * 64, code="d" * 64), matter)
    assert signature.settles_of(judged(dict(reversed(HIGH.items()))), matter)

    for other in (
        judged(HIGH, model="0" * 64),
        judged(HIGH, replace(GOOD, low=0.7)),  # another consequence
        judged(HIGH, replace(GOOD, metric="accuracy")),
        judged(HIGH | {"more": Requirement(check="evaluate.*", at_least=0.1)}),
    ):
        assert not signature.settles_of(other, matter)


def test_the_gate_says_that_a_signature_alone_is_missing() -> None:
    summary, *judged = conclusions(decide([GOOD], HIGH, {}))
    assert "a person must sign before this can be promoted, and nothing else is missing" in summary.reason
    assert [finding.check for finding in judged] == ["evaluate.metric", "gate.signature"]


def test_where_none_is_asked_there_is_none_to_give() -> None:
    without = {"quality": HIGH["quality"]}
    assert decide([GOOD], without, {}).status == "eligible"
    assert matters_to_settle(judged(without), FIRST) == []
    with pytest.raises(InputError, match="nothing here asks for a signature"):
        sign(judged(without), [], by="R", statement="s")


def test_what_else_is_unmet_cannot_be_signed_away() -> None:
    requirements = HIGH | {"more": Requirement(check="evaluate.metric", at_least=0.9)}
    for finding, status in ((GOOD, "needs review"), (replace(GOOD, low=0.1, high=0.2), "blocked")):
        with pytest.raises(InputError, match=f"no signature can help this verdict: {status}"):
            sign(judged(requirements, finding), [MATTER], by="R", statement="s")


@pytest.mark.parametrize(("by", "statement", "named"), [(" ", "s", "SIGNER"), ("R", "", "STATEMENT")])
def test_a_person_and_their_words_are_needed(by: str, statement: str, named: str) -> None:
    with pytest.raises(InputError, match=f"{named} is empty"):
        sign(judged(HIGH), [MATTER], by=by, statement=statement)


def test_nobody_has_signed_or_the_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "signature.json"
    assert read(path) is None

    whole: dict[str, object] = {
        "by": "R",
        "at": "2026-05-03T10:00:00+00:00",
        "statement": "Seen.",
        "package": "0" * 64,
        "judged": "1" * 64,
        "settles": [{"kind": "champion", "about": "x"}],
    }
    path.write_text(json.dumps(whole))
    assert read(path) is not None

    changes: list[dict[str, object]]
    changes = [{"by": " "}, {"by": None}, {"statement": ""}, {"at": "May"}, {"at": 7}, {"settles": []}, {"settles": 3}]
    changes += [{"settles": [{"kind": kind, "about": about}]} for kind, about in (("all", "x"), ("champion", ""))]
    changes += [{"verdict": "0" * 64}, {"package": None}]
    bad = [whole | change for change in changes]

    for text in ("", "{}", '{"by": 1', *map(json.dumps, bad)):
        path.write_text(text)
        with pytest.raises(InputError, match=r"signature\.json is no signature"):
            read(path)
