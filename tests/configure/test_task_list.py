"""Names that DVC and make write into commands: plain words, or refused before anything is run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hallmark.configure.task_list import Task, read_tasks, require_listed
from hallmark.errors import InputError

ROOT = Path(__file__).parents[2]
MAKE = shutil.which("make")


def listed(folder: Path, text: str) -> Path:
    path = folder / "tasks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_plain_names_are_taken_up_to_their_length(tmp_path: Path) -> None:
    longest = "a" + "b" * 63
    text = f"tasks:\n  a: {{system: image}}\n  a-b_2: {{system: table}}\n  {longest}: {{system: speech}}\n"
    assert read_tasks(listed(tmp_path, text)) == {
        "a": Task("image", "classes"),
        "a-b_2": Task("table", "classes"),
        longest: Task("speech", "transcript"),
    }


def test_a_task_may_name_its_answer_among_those_of_its_system(tmp_path: Path) -> None:
    text = "tasks: {arm: {system: robotics}, walls: {system: robotics, answer: classes}}\n"
    assert read_tasks(listed(tmp_path, text)) == {
        "arm": Task("robotics", "action"),
        "walls": Task("robotics", "classes"),
    }

    text = "tasks: {walls: {system: robotics, answer: next_item}, mail: {system: table, answer: 3}}\n"
    with pytest.raises(InputError) as refusal:
        read_tasks(listed(tmp_path, text))

    sentence = str(refusal.value)
    file = tmp_path / "tasks.yaml"
    assert (
        f"tasks.walls.answer in {file} is 'next_item': the system 'robotics' can be asked for action, cla" in sentence
    )
    assert f"tasks.mail.answer in {file} is 3: it must be one of classes, " in sentence


def test_a_system_by_its_former_name_is_refused_with_todays(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tasks.cards.system in .*tasks.yaml is 'fraud': it is called 'table' now"):
        read_tasks(listed(tmp_path, "tasks: {cards: {system: fraud}}\n"))


@pytest.mark.parametrize(
    "name",
    [
        "'x; touch pwned'",
        "'$(touch pwned)'",
        "'`touch pwned`'",
        "'a b'",
        "'../up'",
        "a/b",
        "A",
        "été",
        "1a",
        "-a",
        "_a",
        "''",
        "12",
        "null",
        "true",
        '"a\\n"',
        '"a\\u202eb"',
        "a" * 65,
        "'${oc.env:HOME}'",
        "a.b",
        "a@b",
    ],
)
@pytest.mark.parametrize("group", ["tasks", "bundled"])
def test_any_other_name_is_refused(tmp_path: Path, group: str, name: str) -> None:
    other = "tasks: {image: {system: image}}\n" if group == "bundled" else ""
    path = listed(tmp_path, f"{other}{group}:\n  {name}: {{system: image}}\n")
    with pytest.raises(InputError, match=f"{group} in .*tasks.yaml has .* no name of a task: a lower-case letter"):
        read_tasks(path)


@pytest.mark.parametrize("system", ["'../image'", "nothing", "12", "'${x}'", "{a: b}"])
def test_a_system_that_is_none_is_refused(tmp_path: Path, system: str) -> None:
    with pytest.raises(InputError, match=r"tasks.image.system in .* is "):
        read_tasks(listed(tmp_path, f"tasks: {{image: {{system: {system}}}}}"))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "tasks: {A: {system: image}, b: {system: x}}\nbundled: {'C d': {system: image}}"
    with pytest.raises(InputError) as refusal:
        read_tasks(listed(tmp_path, text))
    for words in ("has 'A', which", "is 'x': it must be one of image, ", "has 'C d', which is no name"):
        assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "tasks: {walls: {system: robotics, answr: classes}}",
            "unknown key tasks.walls.answr in FILE: tasks.walls knows answer, system; did you mean answer?",
        ),
        (
            "tasks: {digits: {system: image}}\nbundeld: {}",
            "unknown key bundeld in FILE: the top level knows bundled, tasks; did you mean bundled?",
        ),
        (
            "tasks: {digits: {system: image}}\nembedded: {}",
            "unknown key embedded in FILE: it is called bundled now: write bundled, or run `make migrate`",
        ),
        ("tasks: {digits: {answer: classes}}", "the key tasks.digits.system has no value: set it in FILE"),
        (
            "tasks: {digits: {system: imgae}}",
            "tasks.digits.system in FILE is 'imgae': it must be one of image, speech, language, recommendation, table, "
            "medical, robotics; did you mean image?",
        ),
        (
            "tasks:\n  image: {system: image}\n  image: {system: speech}",
            "FILE, line 3, column 3: found duplicate key image: a name stands once, take one of them out",
        ),
    ],
)
def test_a_key_that_is_unknown_missing_or_there_twice_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_tasks(listed(tmp_path, text))
    assert str(refusal.value).replace(str(tmp_path / "tasks.yaml"), "FILE") == said


@pytest.mark.parametrize(
    "text", ["", "tasks:", "tasks: []", "[]", "tasks: {a: image}", "!!python/object/new:os.system [x]"]
)
def test_what_is_no_such_list_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"tasks.yaml"):
        read_tasks(listed(tmp_path, text))


def test_a_task_that_is_not_listed_is_refused() -> None:
    with pytest.raises(InputError, match="task 'digit' is none of those in conf/tasks.yaml: digits"):
        require_listed("digit", {"digits": Task("image", "classes")}, Path("conf/tasks.yaml"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What `make repro` reads, with a `dvc` that notes how it was called, in a folder with a space."""
    folder = tmp_path / "a copy"
    for name in ("Makefile", "conf/tasks.yaml", "pipelines/__init__.py", "pipelines/names.py", "pipelines/repro.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "src", folder / "src")
    (folder / "dvc.py").write_text("import sys\nopen('called', 'a').write(repr(sys.argv[1:]))\n", encoding="utf-8")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert MAKE is not None

    environment = {name: value for name, value in os.environ.items() if name not in ("TASK", "MAKEFLAGS")}
    paths = os.pathsep.join([str(project), str(project / "src")])
    made = ["-o", ".venv/runtime.stamp"]  # as if the environment were there and new
    return subprocess.run(
        [MAKE, *made, *arguments],
        cwd=project,
        env={**environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def called(project: Path) -> str:
    path = project / "called"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.slow
@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize(
    ("arguments", "expected"), [((), "['repro']"), (("TASK=image",), "['repro', 'publish@image']")]
)
def test_make_hands_a_plain_name_to_dvc(project: Path, arguments: tuple[str, ...], expected: str) -> None:
    done = make(project, "repro", *arguments)
    assert done.returncode == 0, done.stderr
    assert called(project) == expected


@pytest.mark.slow
@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize(
    "task",
    [
        "x; touch pwned",
        "x\ntouch pwned",
        "$(touch pwned)",
        "$(shell touch pwned)",
        "${shell touch pwned}",
        "`touch pwned`",
        "image' ; touch pwned ; '",
        'image" ; touch pwned ; "',
        "image touch",
        "../image",
        "nothing",
        "$(error x)",
        "--help",
    ],
)
@pytest.mark.parametrize("target", ["repro", "promote", "sign", "verify", "challenge", "pull"])
def test_make_runs_nothing_for_a_name_that_is_no_task(project: Path, target: str, task: str) -> None:
    done = make(project, target, f"TASK={task}")
    assert done.returncode != 0
    assert "none of those in conf/tasks.yaml" in done.stderr
    assert not (project / "pwned").exists()
    assert called(project) == ""


@pytest.mark.slow
@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize("arguments", [(), ("TASK=image",), ("-i", "TASK=image")])
def test_make_refuses_a_name_in_the_list_before_dvc_writes_it_into_a_command(
    project: Path, arguments: tuple[str, ...]
) -> None:
    tasks = project / "conf/tasks.yaml"
    tasks.write_text(tasks.read_text().replace("tasks:\n", "tasks:\n  'x; touch pwned': {system: image}\n", 1))
    done = make(project, "repro", *arguments)
    assert "tasks in conf/tasks.yaml has 'x; touch pwned', which is no name of a task" in done.stderr
    if "-i" not in arguments:  # make's own switch to go on after a failure
        assert done.returncode != 0
        assert called(project) == ""


@pytest.mark.slow
@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize("words", ["1; touch pwned", "$(shell touch pwned)", "`touch pwned`", '1" ; touch pwned ; "'])
@pytest.mark.parametrize("call", [("verify", "TASK=image", "LIMIT"), ("ui", "PORT")])
def test_make_and_the_shell_expand_nothing_in_a_number(project: Path, call: tuple[str, ...], words: str) -> None:
    *arguments, variable = call
    done = make(project, *arguments, f"{variable}={words}")
    assert done.returncode != 0
    assert not (project / "pwned").exists()
