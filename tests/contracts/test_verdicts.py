"""The verdict contract."""

import json
from pathlib import Path

import pytest

from hallmark.contracts import verdicts
from hallmark.contracts.findings import Finding
from hallmark.contracts.verdicts import Judgement, Verdict
from hallmark.errors import InputError

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
MISSED = Judgement(
    "gap", Finding(check="bias.gap", metric="accuracy", slice={"site": "x"}, verdict="fail"), "too wide", "blocked"
)


def test_what_is_written_is_read_again_and_the_bytes_are_always_the_same(tmp_path: Path) -> None:
    verdict = Verdict("blocked", (MET, MISSED), {"model": "a" * 64})
    for name in ("one", "two"):
        verdicts.write(verdict, tmp_path / name)
    assert verdicts.read(tmp_path / "one") == verdict
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert json.loads((tmp_path / "one").read_text())["deciding"][0]["reason"] == "too wide"


def test_a_status_that_its_judgements_contradict_is_refused(tmp_path: Path) -> None:
    verdicts.write(Verdict("blocked", (MISSED,), {}), tmp_path / "verdict.json")
    text = (tmp_path / "verdict.json").read_text().replace('"status": "blocked"', '"status": "eligible"', 1)
    (tmp_path / "verdict.json").write_text(text)
    with pytest.raises(InputError, match="says 'eligible', but its own judgements say 'blocked'"):
        verdicts.read(tmp_path / "verdict.json")


def test_a_file_that_calls_the_status_of_a_judgement_follows_is_read(tmp_path: Path) -> None:
    verdict = Verdict("blocked", (MET, MISSED), {})
    verdicts.write(verdict, tmp_path / "verdict.json")
    content = json.loads((tmp_path / "verdict.json").read_text())
    for judgement in content["judged"]:
        judgement["follows"] = judgement.pop("status")
    (tmp_path / "verdict.json").write_text(json.dumps(content))
    assert verdicts.read(tmp_path / "verdict.json") == verdict


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"status": "eligible", "judged": [1], "digests": {}}'])
def test_a_file_that_is_no_verdict_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "verdict.json").write_text(content)
    with pytest.raises(InputError, match=r"verdict\.json is no verdict"):
        verdicts.read(tmp_path / "verdict.json")


def test_a_missing_verdict_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the gate's verdict is missing"):
        verdicts.read(tmp_path / "verdict.json")


@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_a_half_written_verdict_is_one_sentence(tmp_path: Path, share: float) -> None:
    path = tmp_path / "verdict.json"
    verdicts.write(Verdict("eligible", (MET,), {"model": "a" * 64}), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"verdict.json is no verdict that the gate wrote .*: run the gate again"):
        verdicts.read(path)


@pytest.mark.parametrize(("old", "new"), [('"n": 9', '"n": "9"'), ('"a' + "a" * 63 + '"', "7"), ('"pass"', '"fine"')])
def test_a_value_of_another_kind_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "verdict.json"
    verdicts.write(Verdict("eligible", (MET,), {"model": "a" * 64}), path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match="no verdict that the gate wrote"):
        verdicts.read(path)
