"""Pipelines side by side, by real DVC processes."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest
import yaml

from hallmark import lock_copy, lockfile, side_by_side
from pipelines import repro

pytestmark = pytest.mark.slow

PYTHON = shlex.quote(sys.executable)
# A stage that ends well only if the other one runs meanwhile.
MEETING = """
import pathlib, sys, time
own, other = sys.argv[1:]
pathlib.Path(f"{own}.here").touch()
deadline = time.monotonic() + 120
while not pathlib.Path(f"{other}.here").exists():
    if time.monotonic() > deadline:
        sys.exit(f"{other} never came")
    time.sleep(0.05)
print(f"{own} met {other}")
pathlib.Path(own).touch()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], check=True)
    return folder


def write_pipelines(folder: Path, commands: dict[str, str]) -> None:
    """Write dvc.yaml: of each task one stage, publish@<task>, with its command."""
    stage = {"foreach": commands, "do": {"cmd": "${item}", "outs": ["${key}"]}}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"publish": stage}}), encoding="utf-8")


def test_two_tasks_run_at_once_and_both_are_locked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "meeting.py").write_text(MEETING, encoding="utf-8")
    write_pipelines(
        project,
        {
            "one": f"{PYTHON} meeting.py one second",
            "second": f"{PYTHON} meeting.py second one",
        },
    )

    status = lockfile.guard(lambda stop: side_by_side.reproduce(["one", "second"], jobs=2, stop=stop))

    assert status == 0
    lines = capsys.readouterr().out.splitlines()
    assert "one     one met second" in lines
    assert "second  second met one" in lines
    lock = yaml.safe_load((project / "dvc.lock").read_text(encoding="utf-8"))
    assert set(lock["stages"]) == {"publish@one", "publish@second"}


def test_after_a_failure_no_further_task_begins(project: Path) -> None:
    write_pipelines(project, {"one": "touch one", "broken": "exit 3", "late": "touch late"})

    status = side_by_side.reproduce(["one", "broken", "late"], jobs=1, stop=Event())

    assert status != 0
    assert (project / "one").exists()
    assert not (project / "late").exists()


def test_bytes_that_are_no_utf8_are_shown_and_stop_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pipelines(project, {"one": r"printf 'r\344w\n' && touch one"})

    status = side_by_side.reproduce(["one"], jobs=1, stop=Event())

    assert status == 0
    assert (project / "one").exists()
    assert r"one  r\xe4w" in capsys.readouterr().out


def test_a_signal_that_comes_while_no_dvc_runs_stops_what_has_not_begun(project: Path) -> None:
    """By Ctrl-C, which is not passed on: what other tests of this process have started is left alone."""
    write_pipelines(project, {"late": "touch late"})
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for jobs in the background

    def run(stop: Event) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        return side_by_side.reproduce(["late"], jobs=1, stop=stop)

    assert lockfile.guard(run) == 128 + signal.SIGINT
    assert not (project / "late").exists()


def test_the_lock_is_restored_after_an_error_of_ours(project: Path) -> None:
    write_pipelines(project, {"one": "touch one"})
    assert lockfile.guard(lambda stop: side_by_side.reproduce(["one"], jobs=1, stop=stop)) == 0
    whole = lock_copy.LOCK.read_bytes()

    def cut_and_fail(_: Event) -> int:
        lock_copy.LOCK.write_bytes(whole[:20])
        raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        lockfile.guard(cut_and_fail)
    assert lock_copy.LOCK.read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--jobs=0"], "JOBS is '0': it must be a whole number from 1"),
        (["--jobs=" + "9" * 4400], "JOBS is '99999999999999999999': it must be a whole number from 1"),
        (["--jobs=two"], "JOBS is 'two': it must be a whole number from 1"),
        (["--jobs=2", "publish@image"], "JOBS runs all tasks, 2 at once: leave it out, or leave out publish@image"),
    ],
)
def test_a_wrong_number_of_jobs_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repro.main(arguments) == 2
    assert sentence in capsys.readouterr().err
