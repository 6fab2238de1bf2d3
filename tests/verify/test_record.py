"""The verification record counts for one commit and one verdict."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hallmark.errors import InputError
from hallmark.evidence_differences import Difference
from hallmark.verify import record
from hallmark.verify.record import Record, UnverifiedStage

WHOLE = Record("own", "c" * 40, "v" * 64, (), (), ("train's findings",), True, 0.5, "e" * 64)
DIFFERENT = replace(
    WHOLE,
    differences=(Difference("digest raw", "a\nb", "c"),),
    not_verified=(UnverifiedStage("prepare", "too large"),),
)


def objections(one: Record | None, **other: str) -> list[str]:
    wanted = {"task": "own", "commit": "c" * 40, "verdict": "v" * 64, **other}
    return record.objections(one, **wanted)


def test_what_is_written_is_read_again_and_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "state/own.json"
    assert record.read(path) is None
    for one in (WHOLE, DIFFERENT):
        record.write(one, path)
        assert record.read(path) == one
        assert path.read_text().count("\n") == 1


@pytest.mark.parametrize("other", [{"task": "another"}, {"commit": "d" * 40}, {"verdict": "w" * 64}])
def test_a_stale_record_counts_nothing(other: dict[str, str]) -> None:
    assert objections(WHOLE) == []
    assert objections(WHOLE, **other) == [f"the verification is of another {next(iter(other))}: `make verify` again"]


def test_differences_and_a_missing_record_are_objections() -> None:
    assert objections(None) == ["nothing was verified here: `make verify`"]
    assert objections(DIFFERENT) == ["digest raw: a\nb is committed, c came out"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.pop("commit"),
        lambda r: r.update(verdict=3),
        lambda r: r.update(differences=[1]),
        lambda r: r.update(not_verified=["prepare: too large"]),
        lambda r: r.update(not_verified=[{"stage": "prepare", "reason": 3}]),
    ],
)
def test_anything_else_is_one_sentence(tmp_path: Path, spoil: Callable[[dict[str, Any]], object]) -> None:
    path = tmp_path / "own.json"
    record.write(WHOLE, path)
    content = json.loads(path.read_text())
    spoil(content)
    for text in (json.dumps(content), json.dumps(content)[:30]):
        path.write_text(text)
        with pytest.raises(InputError, match="no verification record"):
            record.read(path)
