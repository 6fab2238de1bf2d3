"""What `make repro` overrides: SET is composed, then written to conf/overrides.yaml, and emptied by the next one."""

import shutil
from pathlib import Path

import pytest
from imports import ROOT

from hallmark.configure import read_overrides, read_tasks
from pipelines import repro

CONF = Path("conf")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Enter a copy of conf/, and return the list that gets the arguments of each run of DVC."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    for name in ("SET", "TASK"):
        monkeypatch.delenv(name, raising=False)
    arguments: list[list[str]] = []

    def run(words: list[str]) -> int:
        arguments.append(words)
        return 0

    monkeypatch.setattr(repro, "_run_one_dvc", run)
    return arguments


def overrides() -> dict[str, list[str]]:
    by_task = read_overrides(CONF, read_tasks(CONF / "tasks.yaml"))
    return {task: texts for task, texts in by_task.items() if texts}


def test_what_is_set_is_written_before_dvc_runs_and_goes_with_the_next_run(
    runs: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (CONF / "overrides.yaml").read_bytes()
    monkeypatch.setenv("TASK", "image")
    monkeypatch.setenv("SET", "optimizer=sgd train.epochs=5 'about.title=Two words'")
    assert repro.main(["publish@image"]) == 0
    assert overrides() == {"image": ["optimizer=sgd", "train.epochs=5", "about.title=Two words"]}

    monkeypatch.setenv("TASK", "speech")
    monkeypatch.setenv("SET", "seed=3")
    assert repro.main(["publish@speech"]) == 0
    assert overrides()["speech"] == ["seed=3"]

    assert capsys.readouterr().err == ""
    monkeypatch.setenv("SET", "")
    assert repro.main(["publish@speech"]) == 0
    kept = "`dvc repro` keeps what is overridden\n"
    assert capsys.readouterr().err == f"repro: without SET, speech goes back from seed=3; {kept}"
    assert set(overrides()) == {"image"}  # the other task's stay
    monkeypatch.setenv("TASK", "")
    assert repro.main([]) == 0
    assert (CONF / "overrides.yaml").read_bytes() == shipped
    assert runs == [["publish@image"], ["publish@speech"], ["publish@speech"], []]


@pytest.mark.parametrize(
    ("task", "text", "said"),
    [
        ("", "seed=3", "repro: SET overrides keys of one task: name it, as in `make repro TASK=image SET=…`"),
        ("imag", "seed=3", "repro: task 'imag' is none of those in conf/tasks.yaml"),
        (
            "image",
            "optimzer=sgd",
            "repro: the override 'optimzer=sgd' names no key and no group of conf/; did you mean",
        ),
        ("image", "train.epochs=0", "train.epochs in conf/ is 0: it must be at least 1"),
        ("image", "about.title='open", "a quotation mark is left open"),
    ],
)
def test_what_can_not_be_set_is_refused_before_anything_is_written(
    runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    task: str,
    text: str,
    said: str,
) -> None:
    monkeypatch.setenv("TASK", task)
    monkeypatch.setenv("SET", text)
    assert repro.main([]) == 2
    assert said in capsys.readouterr().err
    assert not runs
    assert not overrides()


@pytest.mark.usefixtures("runs")
def test_without_the_file_nothing_is_written() -> None:
    (CONF / "overrides.yaml").unlink()
    assert repro.main([]) == 0
    assert not (CONF / "overrides.yaml").exists()
