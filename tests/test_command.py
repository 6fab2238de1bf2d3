"""How an entry ends: the status, and the one sentence of a mistake, an interruption, a full disk; a bug's traceback."""

import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import torch

from hallmark import command
from hallmark.errors import InputError
from hallmark.layout import Layout


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in this project, whose lock a command keeps."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))


def status(monkeypatch: pytest.MonkeyPatch, entry: Callable[[Layout], int | None], *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["pipelines.train", *arguments])
    with pytest.raises(SystemExit) as exit_:
        command.run_unconfigured("train", entry)
    return exit_.value.code


def refuse(layout: Layout) -> None:
    raise InputError(f"{layout.raw} is missing")


def interrupt(layout: Layout) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["../etc"], ["Image"], ["a b"], ["--help"]])
def test_a_bad_task_name_is_refused_with_the_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert status(monkeypatch, refuse, *arguments) == 2
    assert "usage: python -m pipelines.train TASK" in capsys.readouterr().err


def test_a_mistake_is_one_sentence_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch, refuse, "image") == 2
    assert capsys.readouterr().err == "train@image: data/raw/image is missing\n"


def test_an_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(monkeypatch, interrupt, "image") == 130
    assert "run the same command again" in capsys.readouterr().err


def test_the_status_of_the_entry_is_the_status_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch, lambda layout: 3, "image") == 3
    assert status(monkeypatch, lambda layout: None, "image") == 0


def _save(path: Path) -> None:
    with path.open("wb") as stream:
        torch.save({"weights": torch.zeros(100_000)}, stream)


def _insert(path: Path) -> None:
    """A database that may not grow, which SQLite reports as it does a full disk."""
    with closing(sqlite3.connect(path.parent / "limited.db")) as store:
        store.execute("pragma max_page_count = 2")
        store.execute("create table points (x)")
        store.execute("insert into points values (zeroblob(100000))")


def _copy(path: Path) -> None:
    (path.parent / "from").mkdir()
    (path.parent / "from/file").write_bytes(bytes(100_000))
    (path.parent / "to").mkdir()
    (path.parent / "to/file").symlink_to(path)
    shutil.copytree(path.parent / "from", path.parent / "to", dirs_exist_ok=True)


FULL: dict[str, Callable[[Path], object]] = {  # how what the stages write with says that a disk is full
    "text": lambda path: path.write_text("x" * 100_000),
    "table": lambda path: pd.DataFrame({"x": range(10_000)}).to_csv(path),
    "parquet": lambda path: pd.DataFrame({"x": range(10_000)}).to_parquet(path),
    "state": _save,
    "store": _insert,
    "copy": _copy,
}


@pytest.mark.parametrize("write", FULL)
def test_a_full_disk_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, write: str
) -> None:
    full = tmp_path / "file"
    full.symlink_to("/dev/full")

    def write_to_the_full_disk(layout: Layout) -> None:
        FULL[write](full)

    assert status(monkeypatch, write_to_the_full_disk, "image") == 2
    error = capsys.readouterr().err
    assert re.fullmatch(r"train@image: no space left on the disk (for|in) .*: free some, and run the .*\n", error)


def test_a_full_disk_behind_a_sentence_of_ours_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(layout: Layout) -> None:
        try:
            Path("/dev/full").write_text("x")
        except OSError as error:
            raise InputError("the store refused") from error

    assert status(monkeypatch, refused, "image") == 2
    assert "no space left on the disk" in capsys.readouterr().err


def test_words_of_a_persons_data_are_no_full_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(layout: Layout) -> None:
        raise InputError("row 3: 'disk is full' is no number")

    assert status(monkeypatch, refused, "image") == 2
    assert capsys.readouterr().err == "train@image: row 3: 'disk is full' is no number\n"


def test_the_code_of_another_folder_is_not_run_for_this_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "train@image")
    running = Path(command.__file__).parent
    shutil.copytree(running, tmp_path / "src/hallmark")
    assert status(monkeypatch, lambda layout: 0, "image") == 0

    module = tmp_path / "src/hallmark/metrics/__init__.py"
    module.write_text("# another version")
    assert status(monkeypatch, lambda layout: 0, "image") == 2
    error = capsys.readouterr().err
    assert f"runs the code of {running}, whose metrics/__init__.py is not that of {tmp_path}" in error

    module.unlink()
    assert status(monkeypatch, lambda layout: 0, "image") == 2


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def divide_by_zero(layout: Layout) -> int:
        return 1 // 0

    monkeypatch.setattr(sys, "argv", ["pipelines.train", "image"])
    with pytest.raises(ZeroDivisionError):
        command.run_unconfigured("train", divide_by_zero)


HOSTILE = "x\x1b[2J\x1b]0;title\x07\r\x9b31m \u202e done\u2028✓ promoted [bold]y[/bold] \ud800"
SHOWN = r"x\x1b[2J\x1b]0;title\x07\r\x9b31m \u202e done\u2028✓ promoted [bold]y[/bold] \ud800"


def test_a_mistake_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse_hostile(layout: Layout) -> None:
        raise InputError(f"{HOSTILE}\nsecond line")

    assert status(monkeypatch, refuse_hostile, "image") == 2
    assert capsys.readouterr().err == f"train@image: {SHOWN}\\nsecond line\n"


def test_scripts_and_emoji_stay_as_they_are() -> None:
    text = "naïve 日本語 عربى 👩‍🚀 हिन्दी"
    assert str(InputError(text)) == text
