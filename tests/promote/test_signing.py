import json
from pathlib import Path

import pytest

from hallmark import digests, verdicts
from hallmark.errors import InputError
from hallmark.findings import Finding
from hallmark.gate.deciding import Requirement, conclusions, decide
from hallmark.promote.signing import read, sign, write

GOOD = Finding("evaluate.metric", 5, "roc_auc", 0.9, 0.85, 0.95, n=9)
HIGH = {"quality": Requirement("evaluate.metric", at_least=0.8), "signature": Requirement("gate.signature")}


def verdict_file(folder: Path, requirements: dict[str, Requirement]) -> Path:
    verdicts.write(decide([GOOD], requirements, {"model": "a" * 64}), folder / "verdict.json")
    return folder / "verdict.json"


def test_a_signature_names_the_person_and_the_verdict(tmp_path: Path) -> None:
    verdict = verdict_file(tmp_path, HIGH)
    signature = sign(verdict, by=" Dr. R.  Viewer ", statement="I have seen the card.\nAnd the maps.")
    assert (signature.by, signature.statement) == ("Dr. R. Viewer", "I have seen the card. And the maps.")
    assert signature.verdict == digests.file(verdict)
    write(signature, tmp_path / "signature.json")
    assert read(tmp_path / "signature.json") == signature


def test_the_gate_says_that_a_signature_alone_is_missing() -> None:
    summary, *judged = conclusions(decide([GOOD], HIGH, {}))
    assert "a person must sign before this can be promoted, and nothing else is missing" in summary.why
    assert [finding.check for finding in judged] == ["evaluate.metric", "gate.signature"]


def test_where_none_is_asked_there_is_none_to_give(tmp_path: Path) -> None:
    without = {"quality": HIGH["quality"]}
    assert decide([GOOD], without, {}).status == "eligible"
    with pytest.raises(InputError, match="asks for no signature"):
        sign(verdict_file(tmp_path, without), by="R", statement="s")


def test_what_else_is_unmet_cannot_be_signed_away(tmp_path: Path) -> None:
    requirements = HIGH | {"more": Requirement("evaluate.metric", at_least=0.9)}
    with pytest.raises(InputError, match="or not for that alone: needs review"):
        sign(verdict_file(tmp_path, requirements), by="R", statement="s")


@pytest.mark.parametrize(("by", "statement", "named"), [(" ", "s", "SIGNER"), ("R", "", "STATEMENT")])
def test_a_person_and_their_words_are_needed(tmp_path: Path, by: str, statement: str, named: str) -> None:
    with pytest.raises(InputError, match=f"{named} is empty"):
        sign(verdict_file(tmp_path, HIGH), by=by, statement=statement)


def test_nobody_has_signed_or_the_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "signature.json"
    assert read(path) is None
    whole = {"by": "R", "at": "2026-05-03T10:00:00+00:00", "statement": "Seen.", "verdict": "0" * 64}
    path.write_text(json.dumps(whole))
    assert read(path) is not None
    bad = [whole | change for change in ({"by": " "}, {"by": None}, {"statement": ""}, {"at": "May"}, {"at": 7})]
    for text in ("", "{}", '{"by": 1', *map(json.dumps, bad)):
        path.write_text(text)
        with pytest.raises(InputError, match=r"signature\.json is no signature"):
            read(path)
