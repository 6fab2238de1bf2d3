from pathlib import Path

import pytest

from hallmark.errors import InputError
from hallmark.tracking import runs


def test_the_same_key_finds_the_same_run(here: Path) -> None:
    first = runs.open_run(experiment="digits", key="a" * 64, task="image")
    first.end()
    again = runs.open_run(experiment="digits", key="a" * 64, task="image")
    other = runs.open_run(experiment="digits", key="b" * 64, task="image")

    assert again.id == first.id != other.id

    found = first.client.get_run(first.id)
    assert found.info.status == "RUNNING"
    assert found.data.tags["hallmark.task"] == "image"
    assert found.info.run_name == "image aaaaaaaa"
    assert Path(found.info.artifact_uri).is_relative_to(here / "mlartifacts")


def test_a_run_lasts_as_long_as_its_training_whatever_is_added_later(here: Path) -> None:
    run = runs.open_run(experiment="digits", key="5" * 64, task="image")
    run.end()
    trained_until = run.client.get_run(run.id).info.end_time
    run.client.set_terminated(run.id, "FINISHED", trained_until - 90_000)  # it ended a while ago

    runs.open_run(experiment="digits", key="5" * 64, task="image").end()  # the stage runs again, and has nothing to do
    found = run.client.get_run(run.id).info

    assert found.status == "FINISHED"
    assert found.end_time == trained_until - 90_000


def test_a_training_that_was_killed_ends_when_it_has_gone_on(here: Path) -> None:
    run = runs.open_run(experiment="digits", key="6" * 64, task="image")
    start = run.client.get_run(run.id).info.start_time
    run.client.set_terminated(run.id, "KILLED", start + 1)

    runs.open_run(experiment="digits", key="6" * 64, task="image").end()
    found = run.client.get_run(run.id).info

    assert (found.status, found.start_time) == ("FINISHED", start)
    assert found.end_time > start + 1


def test_a_run_without_an_end_lasts_as_many_seconds_as_its_training_took(here: Path) -> None:
    run = runs.open_run(experiment="digits", key="7" * 64, task="image")
    runs.reopen(run.client, run.id, seconds=35.615).end()
    found = run.client.get_run(run.id).info
    assert found.end_time - found.start_time == 35_615


def test_a_deleted_experiment_comes_back(here: Path) -> None:
    run = runs.open_run(experiment="gone", key="c", task="image")
    experiment = run.client.get_run(run.id).info.experiment_id
    run.client.delete_experiment(experiment)
    again = runs.open_run(experiment="gone", key="d", task="image")
    assert again.client.get_run(again.id).info.experiment_id == experiment


def failed_note(folder: Path, sentence: str) -> str:
    run = runs.record_failure(task="fraud", experiment="fraud", stage="validate", folder=folder, sentence=sentence)
    return str(run.client.get_run(run.id).data.tags["mlflow.note.content"])


def test_a_datas_value_is_no_markup_in_a_failures_note(here: Path, tmp_path: Path) -> None:
    note = failed_note(tmp_path, "value '[free](http://x)<img src=y>' is wrong")
    assert note == r"value '\[free\](http\://x)&lt;img src=y&gt;' is wrong"


def test_a_failures_note_has_an_end(here: Path, tmp_path: Path) -> None:
    assert failed_note(tmp_path, "long " * 2000) == ("long " * 400)


def test_a_store_that_refuses_a_failure_says_so(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{here / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlartifacts").write_text("a file where the artifacts' folder should be")
    with pytest.raises(InputError, match="refused, or stopped answering"):
        runs.record_failure(task="a", experiment="refused", stage="validate", folder=tmp_path, sentence="")


@pytest.mark.parametrize("may_leave", [False, True])
def test_single_examples_go_with_a_failure_only_where_they_may(here: Path, tmp_path: Path, may_leave: bool) -> None:
    files = {"findings.json", "failures.csv", "data_docs/index.html", "data_docs/examples/index.html"}
    for file in files:
        (tmp_path / "report" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "report" / file).write_text(file)

    run = runs.record_failure(
        task="fraud", experiment="f", stage="validate", folder=tmp_path / "report", sentence="", examples=may_leave
    )
    folder = here / "mlartifacts" / run.id / "artifacts/validate"
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert kept == (files if may_leave else {"findings.json", "data_docs/index.html"})


def test_a_failure_is_seen(here: Path, tmp_path: Path) -> None:
    (tmp_path / "data_docs").mkdir()
    (tmp_path / "data_docs" / "index.html").write_text("<p>what failed</p>")
    run = runs.record_failure(
        task="fraud",
        experiment="fraud",
        stage="validate",
        folder=tmp_path,
        sentence="column 'amount' has 3 missing values",
    )
    found = run.client.get_run(run.id)

    assert found.info.status == "FAILED"
    assert found.data.tags["mlflow.note.content"] == "column 'amount' has 3 missing values"
    assert [file.path for file in run.client.list_artifacts(run.id, "validate/data_docs")] == [
        "validate/data_docs/index.html"
    ]
