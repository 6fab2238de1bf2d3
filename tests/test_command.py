import sys
from pathlib import Path

import pytest

from hallmark import command
from hallmark.errors import InputError


def status(monkeypatch: pytest.MonkeyPatch, entry, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["pipelines.train", *arguments])
    with pytest.raises(SystemExit) as exit_:
        command.run("train", entry)
    return exit_.value.code


def refuse(task: str) -> None:
    raise InputError(f"data/raw/{task} is missing")


def interrupt(task: str) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["../etc"], ["Image"], ["a b"], ["--help"]])
def test_a_bad_task_name_is_refused_with_the_usage(monkeypatch, capsys, arguments: list[str]) -> None:
    assert status(monkeypatch, refuse, *arguments) == 2
    assert "usage: python -m pipelines.train TASK" in capsys.readouterr().err


def test_a_mistake_is_one_sentence_without_traceback(monkeypatch, capsys) -> None:
    assert status(monkeypatch, refuse, "image") == 2
    assert capsys.readouterr().err == "train@image: data/raw/image is missing\n"


def test_an_interruption_says_how_to_go_on(monkeypatch, capsys) -> None:
    assert status(monkeypatch, interrupt, "image") == 130
    assert "run the same command again" in capsys.readouterr().err


def test_the_status_of_the_entry_is_the_status_of_the_command(monkeypatch) -> None:
    assert status(monkeypatch, lambda task: 3, "image") == 3
    assert status(monkeypatch, lambda task: None, "image") == 0


def test_a_bug_keeps_its_traceback(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pipelines.train", "image"])
    with pytest.raises(ZeroDivisionError):
        command.run("train", lambda task: 1 // 0)


def test_require_names_what_is_missing(tmp_path: Path) -> None:
    assert command.require(tmp_path, "the folder") == tmp_path
    with pytest.raises(InputError, match="the table is missing: .*nothing.parquet"):
        command.require(tmp_path / "nothing.parquet", "the table")
