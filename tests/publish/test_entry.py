"""Publishing as a stage: from the files alone, also where the store has lost the run that training made."""

import json
from pathlib import Path

import pytest
import small_task
from entries import exit_status
from omegaconf import OmegaConf
from published_task import Store, store_in

from hallmark.tracking.runs import KEY, open_run
from pipelines import publish

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    store = store_in(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    (tmp_path / "params").mkdir()
    OmegaConf.save(small_task.PARAMETERS, tmp_path / "params/small.yaml")
    return store


def status(monkeypatch: pytest.MonkeyPatch) -> int:
    return exit_status(monkeypatch, "publish", publish.main)


def test_trainings_run_goes_on_and_a_lost_one_is_written_anew(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(experiment="small", key="f" * 64, task="small")
    assert status(monkeypatch) == 0
    assert project.client.get_model_version("small", "1").run_id == run.id
    assert "published small version 1, challenger, eligible" in capsys.readouterr().out
    files = {path: path.read_bytes() for path in (project.root / "reports/small/publish").iterdir()}
    assert {path.name for path in files} == {"card.md", "version.json"}

    project.client.delete_run(run.id)
    assert status(monkeypatch) == 0
    (anew,) = project.client.search_runs(
        [project.client.get_experiment_by_name("small").experiment_id], f"tags.`{KEY}` != ''"
    )
    assert anew.info.run_id != run.id
    assert [m.value for m in project.client.get_metric_history(anew.info.run_id, "train_loss")] == [0.7, 0.5, 0.4]
    assert [m.step for m in project.client.get_metric_history(anew.info.run_id, "validation_loss")] == [20, 30]
    shown = project.client.get_model_version_by_alias("small", "challenger")
    assert (str(shown.version), shown.run_id) == ("2", anew.info.run_id)  # a version's pages are those of its run
    assert {path: path.read_bytes() for path in files} == files


def test_what_it_leaves_here_names_no_store(project: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch) == 0

    version = json.loads((project.root / "reports/small/publish/version.json").read_text())
    assert version["model"] == "small"
    assert version["hallmark.verdict"] == "eligible"
    card = (project.root / "reports/small/publish/card.md").read_text()
    assert "](../drift/drift.html)" in card
    assert "#/experiments" not in card


def test_a_failure_leaves_a_failed_run(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "reports/small/train/curves.csv").unlink()
    run = open_run(experiment="small", key="f" * 64, task="small")
    assert status(monkeypatch) == 2
    assert "the table of the training's curves is missing" in capsys.readouterr().err
    assert project.client.get_run(run.id).info.status == "FAILED"


def test_a_registered_model_is_one_tasks(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.client.create_registered_model("small", tags={"hallmark.task": "another"})
    assert status(monkeypatch) == 2
    sentence = capsys.readouterr().err
    assert "the registered model 'small' belongs to task 'another', not to 'small'" in " ".join(sentence.split())
    assert project.client.search_model_versions("name='small'") == []
    assert project.client.search_runs([project.client.get_experiment_by_name("small").experiment_id])[1:] == []

    project.client.set_registered_model_tag("small", "hallmark.task", "small")
    assert status(monkeypatch) == 0


def test_a_model_without_a_task_is_taken_over_only_if_all_its_versions_are_the_tasks(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch) == 0
    assert project.client.get_registered_model("small").tags["hallmark.task"] == "small"
    project.client.delete_registered_model_tag("small", "hallmark.task")
    assert status(monkeypatch) == 0
    assert project.client.get_registered_model("small").tags["hallmark.task"] == "small"

    stranger = project.client.create_run(project.client.create_experiment("another"))
    project.client.create_model_version("small", "runs:/x", stranger.info.run_id)
    project.client.delete_registered_model_tag("small", "hallmark.task")
    assert status(monkeypatch) == 2
    assert "is not known to be task 'small''s" in " ".join(capsys.readouterr().err.split())


def test_an_empty_model_without_a_task_is_nobodys(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.client.create_registered_model("small")
    assert status(monkeypatch) == 2
    assert "is not known to be task 'small''s" in " ".join(capsys.readouterr().err.split())
    assert "hallmark.task" not in project.client.get_registered_model("small").tags


def test_missing_findings_are_named(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "reports/small/bias/findings.json").unlink()
    assert status(monkeypatch) == 2
    assert "reports/small/bias/findings.json" in capsys.readouterr().err


def test_a_store_that_fails_midway_is_one_sentence(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "mlartifacts").write_text("a file where the artifacts' folder should be")
    assert status(monkeypatch) == 2
    assert "refused, or stopped answering" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["train/cost.json", "bias/findings.json", "evaluate/predictions.parquet", "gate/verdict.json"]
)
def test_a_half_written_report_is_one_sentence(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = project.root / "reports/small" / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert status(monkeypatch) == 2
    assert f"reports/small/{name} is no" in capsys.readouterr().err
