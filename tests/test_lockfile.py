"""DVC's lock, interrupted while DVC writes it: real DVC processes and signals."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

import pytest
import yaml
from processes import ended, interruptible

from hallmark import command, declared_stages, lock_copy, lockfile
from hallmark.errors import InputError

pytestmark = pytest.mark.slow

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
        (WHOLE + "  two:\n", False),
        (WHOLE + "  two:\n    cmd: echo\n    outs:\n", False),
        (WHOLE + "  two:\n    cmd: echo\n    outs:\n    - path: a\n", False),
        (WHOLE + "  two:\n    cmd: echo\n    outs:\n    - path: a\n      hash: md5\n", False),
        (WHOLE + "  two:\n    cmd: echo\n    outs:\n    - path: a\n      hash: md5\n      md5: 0f\n", False),
        (
            WHOLE + "  two:\n    cmd: echo\n    outs:\n    - path: a\n      hash: md5\n      md5: 0f\n      size: 2\n",
            True,
        ),
        (
            WHOLE
            + "  two:\n    cmd: echo\n    outs:\n    - path: a\n      hash: md5\n      md5: 0f.dir\n      size: 2\n",
            False,
        ),
        ("schema: '2.0'\nstages:\n  one: [\n", False),
        ("- a list\n", False),
    ],
)
def test_a_lock_is_whole_to_its_last_line(content: str, whole: bool) -> None:
    assert lockfile.is_well_formed(content.encode()) == whole


def test_the_copy_of_the_last_stage_comes_back(here: Path) -> None:
    lock_copy.LOCK.write_text(WHOLE)
    assert lockfile.restore() is None

    lock_copy.keep_lock()
    for cut in ("", WHOLE[:20]):
        lock_copy.LOCK.write_text(cut)
        lock_copy.keep_lock()  # as a stage of another DVC would: what is cut short is never kept
        assert "the one before it is put back" in str(lockfile.restore())
        assert lock_copy.LOCK.read_text() == WHOLE

    assert lock_copy.KEPT_LOCK.with_name("dvc.lock.cut").read_text() == WHOLE[:20]


def test_else_the_committed_one_does(here: Path) -> None:
    git("init", "--quiet")
    lock_copy.LOCK.write_text(WHOLE)
    git("add", "dvc.lock")
    git("commit", "--quiet", "--message", "lock")
    lock_copy.LOCK.write_text("")
    assert "the committed one" in str(lockfile.restore())
    assert lock_copy.LOCK.read_text() == WHOLE


def test_an_empty_first_lock_goes(here: Path) -> None:
    lock_copy.LOCK.write_text("")
    assert "removed" in str(lockfile.restore())
    assert not lock_copy.LOCK.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("schema: '2.0'\n<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> other\n", "holds a conflict of a merge"),
        ("stages: [", "no former one is known"),
    ],
)
def test_what_only_a_person_can_settle_is_left_as_it_is(here: Path, content: str, sentence: str) -> None:
    lock_copy.LOCK.write_text(content)
    with pytest.raises(InputError, match=sentence):
        lockfile.restore()
    assert lock_copy.LOCK.read_text() == content


def test_a_lock_that_another_dvc_is_writing_is_waited_for(here: Path) -> None:
    lock_copy.LOCK.write_text(WHOLE)
    lock_copy.keep_lock()
    later = WHOLE.replace("one", "two")

    def write_slowly() -> None:
        with (here / ".dvc/tmp/lock").open("w") as held:  # absolute: a failing test may have left the folder by then
            fcntl.flock(held, fcntl.LOCK_EX)
            lock.write_text("")
            begun.set()
            time.sleep(1)
            lock.write_text(later)

    lock = here / lock_copy.LOCK
    begun = threading.Event()
    writer = threading.Thread(target=write_slowly)
    writer.start()
    try:
        assert begun.wait(60)
        assert lockfile.restore() is None
    finally:
        writer.join()
    assert lock.read_text() == later


def test_it_is_dvcs_own_lock_that_is_waited_for(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC says that another one is at work, when it meets the lock of ours."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet", "--force"], check=True)
    with lockfile._no_dvc_writing():
        met = subprocess.run([sys.executable, "-m", "dvc", "repro"], capture_output=True, text=True)
    assert met.returncode != 0
    assert "Unable to acquire lock" in met.stderr


ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def real_lock() -> bytes:
    """The lock of this repository, which DVC wrote."""
    return (ROOT / "dvc.lock").read_bytes()


@pytest.fixture
def repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This repository's dvc.yaml, which DVC resolves once for all of a test's restorations."""
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet", "--force"], check=True)
    (here / "conf").mkdir()
    for name in ("dvc.yaml", "conf/tasks.yaml"):
        (here / name).write_bytes((ROOT / name).read_bytes())
    once = cache(declared_stages.declared_outputs)  # 1 s each time
    monkeypatch.setattr(lockfile, "declared_outputs", once)
    return here


SHORT = ("configure", "bias", "publish")  # a fifth of the lines; each cut is parsed several times


def of_task(lock: bytes, task: str, stages: tuple[str, ...] = ()) -> bytes:
    """The entries of one task, in their order, or of some of its stages."""
    names = {f"{stage}@{task}".encode() for stage in stages}
    entries = lock_copy.entries_of_lock(lock).items()
    own = [
        b"  " + name + b":" + text
        for name, text in entries
        if name.endswith(f"@{task}".encode()) and (name in names or not names)
    ]
    return b"schema: '2.0'\nstages:\n" + b"".join(own)


def line_ends(content: bytes) -> list[int]:
    return [place + 1 for place, byte in enumerate(content[:-1]) if byte == ord("\n")]


def test_a_cut_at_any_line_end_of_the_real_lock_loses_entries(real_lock: bytes) -> None:
    assert len(lock_copy.entries_of_lock(real_lock)) == len(yaml.safe_load(of_task(real_lock, "image"))["stages"]) * 7
    assert not lock_copy.loses_entries(real_lock, real_lock)
    ends = line_ends(real_lock)
    assert len(ends) > 5000
    start = real_lock.rindex(b"\n  publish@")
    boundaries = [end for end in ends if real_lock[end : end + 2] == b"  " and real_lock[end + 2 : end + 3] != b" "]
    for end in [*boundaries, *(end for end in ends[::7]), *(end for end in ends if end > start)]:
        assert lock_copy.loses_entries(real_lock[:end], real_lock), real_lock[end - 80 : end]


def test_the_copy_of_the_real_lock_is_never_made_worse(repository: Path, real_lock: bytes) -> None:
    lock_copy.LOCK.write_bytes(real_lock)
    lock_copy.keep_lock()
    ends = [end for end in line_ends(real_lock) if end > len(real_lock) - 3000]
    for end in [*range(0, len(real_lock), 4096), *ends]:
        lock_copy.LOCK.write_bytes(real_lock[:end])
        lock_copy.keep_lock()
        assert lock_copy.KEPT_LOCK.read_bytes() == real_lock, end


def test_a_lock_cut_at_any_line_end_is_put_back(repository: Path, real_lock: bytes) -> None:
    """DVC had written a former lock; it was interrupted while it wrote the next one, in which one stage is another."""
    former = of_task(real_lock, "image", SHORT)
    later = former.replace(b"size: 1", b"size: 2", 3)
    for end in [*line_ends(later), *range(0, len(later), 4096)]:
        lock_copy.KEPT_LOCK.parent.mkdir(exist_ok=True)
        lock_copy.KEPT_LOCK.write_bytes(former)
        lock_copy.LOCK.write_bytes(later[:end])
        lock_copy.keep_lock()
        assert lock_copy.KEPT_LOCK.read_bytes() == former, end
        assert "cut short by an interruption: the one before it is put back" in str(lockfile.restore()), end
        assert lock_copy.LOCK.read_bytes() == former


def test_a_first_run_that_was_cut_within_its_last_stage_loses_that_stage(repository: Path, real_lock: bytes) -> None:
    """The former lock ends before that stage, and is put back, unless the whole entry is there."""
    whole = of_task(real_lock, "image", SHORT)
    *_, last = lock_copy.entries_of_lock(whole).values()
    former = whole[: whole.rindex(b"\n  publish@image") + 1]
    assert whole.endswith(last)

    for end in line_ends(whole):
        if end > len(former):
            lock_copy.KEPT_LOCK.parent.mkdir(exist_ok=True)
            lock_copy.KEPT_LOCK.write_bytes(former)
            lock_copy.LOCK.write_bytes(whole[:end])
            assert "the one before it is put back" in str(lockfile.restore()), whole[end - 80 : end]
            assert lock_copy.LOCK.read_bytes() == former
    lock_copy.LOCK.write_bytes(whole)

    assert lockfile.restore() is None


def test_a_lock_that_grows_stage_by_stage_is_whole_at_each(repository: Path, real_lock: bytes) -> None:
    """After a person has removed the lock, too: then the copy goes with it, and so does what is committed."""
    whole = of_task(real_lock, "image")
    git("init", "--quiet")
    lock_copy.LOCK.write_bytes(whole)
    git("add", "--force", "dvc.lock")
    git("commit", "--quiet", "--message", "lock")
    lock_copy.keep_lock()
    lock_copy.LOCK.unlink()
    lock_copy.keep_lock()
    for end in [end for end in line_ends(whole) if whole[end : end + 2] == b"  " and whole[end + 2 : end + 3] != b" "][
        1:
    ]:
        lock_copy.LOCK.write_bytes(whole[:end])
        assert lockfile.restore() is None
        lock_copy.keep_lock()
        assert lock_copy.KEPT_LOCK.read_bytes() == whole[:end]


@pytest.mark.parametrize("is_former_known", [True, False])
def test_an_output_that_was_added_to_dvc_yaml_since_is_no_cut(
    repository: Path, real_lock: bytes, is_former_known: bool
) -> None:
    whole = of_task(real_lock, "image", SHORT)
    pipeline = yaml.safe_load((repository / "dvc.yaml").read_text())
    pipeline["stages"]["publish"]["do"]["outs"].append("reports/${key}/later")
    (repository / "dvc.yaml").write_text(yaml.safe_dump(pipeline, sort_keys=False))
    if is_former_known:
        lock_copy.KEPT_LOCK.parent.mkdir(exist_ok=True)
        lock_copy.KEPT_LOCK.write_bytes(whole.replace(b"size: 1", b"size: 2", 3))
    lock_copy.LOCK.write_bytes(whole)

    assert lockfile.restore() is None
    assert lock_copy.LOCK.read_bytes() == whole


def test_an_older_commit_is_no_cut(repository: Path, real_lock: bytes) -> None:
    whole = of_task(real_lock, "image")
    older = whole[: whole.rindex(b"\n  publish@image") + 1]
    git("init", "--quiet")
    for content in (older, whole):
        lock_copy.LOCK.write_bytes(content)
        git("add", "--force", "dvc.lock")
        git("commit", "--quiet", "--message", "lock")
    lock_copy.keep_lock()
    assert lock_copy.KEPT_LOCK.read_bytes() == whole

    git("checkout", "--quiet", "HEAD~1")
    assert lockfile.restore() is None

    lock_copy.keep_lock()
    assert lock_copy.LOCK.read_bytes() == lock_copy.KEPT_LOCK.read_bytes() == older


def test_a_stage_that_a_person_removed_from_dvc_yaml_stays_away(here: Path) -> None:
    """By DVC's own command, which takes it out of the lock, too."""
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--no-scm", "--quiet", "--force"], check=True)
    stages = {name: {"cmd": f"echo {name} > {name}", "outs": [name]} for name in ("one", "two", "three")}
    (here / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    assert lockfile.guard(lambda _: subprocess.run([*dvc, "repro", "--quiet"]).returncode) == 0
    assert len(lock_copy.entries_of_lock(lock_copy.KEPT_LOCK.read_bytes())) == 3

    last = [*yaml.safe_load(lock_copy.LOCK.read_text())["stages"]][-1]
    subprocess.run([*dvc, "remove", "--quiet", last], check=True)
    without = lock_copy.LOCK.read_bytes()
    assert len(lock_copy.entries_of_lock(without)) == 2
    assert lockfile.guard(lambda _: subprocess.run([*dvc, "repro", "--quiet"]).returncode) == 0
    assert lock_copy.LOCK.read_bytes() == lock_copy.KEPT_LOCK.read_bytes() == without


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
            words, cwd=here, env=environment, stdout=log, stderr=log, start_new_session=True, preexec_fn=interruptible
        )
    with ended(running):
        while running.poll() is None and (here / "dvc.lock").stat().st_size > size // 2:
            time.sleep(0.002)
        assert running.poll() is None, (here / "log").read_text()
        os.killpg(running.pid, number)
        assert running.wait(600) != 0
    if number is signal.SIGKILL:
        assert not lockfile.is_well_formed((here / "dvc.lock").read_bytes())
    else:
        assert lockfile.is_well_formed((here / "dvc.lock").read_bytes()), (here / "log").read_text()

    again = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    lock = yaml.safe_load((here / "dvc.lock").read_text())
    assert len(lock["stages"]) == 121
    assert lock["stages"]["last"]["outs"][0]["size"] == len(number.name)
