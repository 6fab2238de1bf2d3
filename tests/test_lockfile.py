"""DVC's lock, interrupted while DVC writes it: real DVC processes and signals."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from processes import interruptible

from hallmark import command, lockfile
from hallmark.errors import InputError

WHOLE = "schema: '2.0'\nstages:\n  one:\n    cmd: echo\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my project"
    (folder / ".dvc/tmp").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (WHOLE, True),
        ("schema: '2.0'\n", True),
        ("", False),
        ("\n", False),
        (WHOLE[:-3], False),
        (WHOLE + "  two:\n    outs: [", False),
        ("schema: '2.0'\nstages:\n  one: [\n", False),
        ("- a list\n", False),
    ],
)
def test_a_lock_is_whole_to_its_last_line(content: str, whole: bool) -> None:
    assert lockfile.is_whole(content.encode()) == whole


def test_the_copy_of_the_last_stage_comes_back(here: Path) -> None:
    command.LOCK.write_text(WHOLE)
    assert lockfile.restore() is None
    command.keep_lock()
    for cut in ("", WHOLE[:20]):
        command.LOCK.write_text(cut)
        command.keep_lock()  # as a stage of another DVC would: what is cut short is never kept
        assert "the one before it is put back" in str(lockfile.restore())
        assert command.LOCK.read_text() == WHOLE
    assert command.KEPT_LOCK.with_name("dvc.lock.cut").read_text() == WHOLE[:20]


def test_else_the_committed_one_does(here: Path) -> None:
    git("init", "--quiet")
    command.LOCK.write_text(WHOLE)
    git("add", "dvc.lock")
    git("commit", "--quiet", "--message", "lock")
    command.LOCK.write_text("")
    assert "the committed one" in str(lockfile.restore())
    assert command.LOCK.read_text() == WHOLE


def test_an_empty_first_lock_goes(here: Path) -> None:
    command.LOCK.write_text("")
    assert "removed" in str(lockfile.restore())
    assert not command.LOCK.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("schema: '2.0'\n<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> other\n", "holds a conflict of a merge"),
        ("stages: [", "no former one is known"),
    ],
)
def test_what_only_a_person_can_settle_is_left_as_it_is(here: Path, content: str, sentence: str) -> None:
    command.LOCK.write_text(content)
    with pytest.raises(InputError, match=sentence):
        lockfile.restore()
    assert command.LOCK.read_text() == content


def test_a_lock_that_another_dvc_is_writing_is_waited_for(here: Path) -> None:
    command.LOCK.write_text(WHOLE)
    command.keep_lock()
    later = WHOLE.replace("one", "two")

    def write_slowly() -> None:
        with Path(".dvc/tmp/lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            command.LOCK.write_text("")
            begun.set()
            time.sleep(1)
            command.LOCK.write_text(later)

    begun = threading.Event()
    writer = threading.Thread(target=write_slowly)
    writer.start()
    begun.wait()
    assert lockfile.restore() is None
    writer.join()
    assert command.LOCK.read_text() == later


def test_it_is_dvcs_own_lock_that_is_waited_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC says that another one is at work, when it meets the lock of ours."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet", "--force"], check=True)
    with lockfile._no_dvc_at_work():
        met = subprocess.run([sys.executable, "-m", "dvc", "repro"], capture_output=True, text=True)
    assert met.returncode != 0
    assert "Unable to acquire lock" in met.stderr


def project_of_many_stages(folder: Path) -> None:
    """A pipeline whose lock takes DVC long enough to write, in which every stage reads a file of its own."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet", "--force"], check=True, cwd=folder)
    stages = {f"stage{n}": {"cmd": f"cp in{n} out{n}", "deps": [f"in{n}"], "outs": [f"out{n}"]} for n in range(120)}
    stages["last"] = {"cmd": "cp trigger end", "deps": ["trigger"], "outs": ["end"]}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    for number in range(120):
        (folder / f"in{number}").write_text(str(number))
    entries = {
        name: {
            "cmd": stage["cmd"],
            "deps": [{"path": stage["deps"][0], "hash": "md5", "md5": "0" * 32, "size": 1}] * 6,
            "outs": [{"path": stage["outs"][0], "hash": "md5", "md5": "0" * 32, "size": 1}] * 6,
        }
        for name, stage in stages.items()
    }
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": entries}, sort_keys=False))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_while_dvc_writes_leaves_the_former_lock(here: Path, number: signal.Signals) -> None:
    project_of_many_stages(here)
    (here / "trigger").write_text(number.name)
    size = (here / "dvc.lock").stat().st_size
    root = Path(command.__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    words = [sys.executable, "-m", "pipelines.repro", "--single-item", "last"]

    with (here / "log").open("w") as log:
        running = subprocess.Popen(
            words, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=interruptible
        )
    while running.poll() is None and (here / "dvc.lock").stat().st_size > size // 2:
        time.sleep(0.002)
    assert running.poll() is None, (here / "log").read_text()
    os.killpg(running.pid, number)
    assert running.wait(600) != 0
    if number is signal.SIGKILL:
        assert not lockfile.is_whole((here / "dvc.lock").read_bytes())
    else:
        assert lockfile.is_whole((here / "dvc.lock").read_bytes()), (here / "log").read_text()

    again = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    lock = yaml.safe_load((here / "dvc.lock").read_text())
    assert len(lock["stages"]) == 121
    assert lock["stages"]["last"]["outs"][0]["size"] == len(number.name)
