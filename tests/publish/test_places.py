"""What people rely on keeps its verdict: another one gets a run and a version of its own, by the entries themselves."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import small_task
from entries import call
from mlflow.entities import ViewType
from omegaconf import OmegaConf
from published_task import Store, judge, project_in, write_lock

from hallmark import digests
from hallmark.promote import promotion
from hallmark.publish import places
from pipelines import gate, promote, publish

pytestmark = pytest.mark.slow

STRICTER = small_task.stricter(accuracy=0.85)  # still eligible: another verdict by its configuration
BLOCKING = small_task.stricter(accuracy=0.99)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    store = project_in(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    return store


@dataclass(frozen=True)
class Shown:
    """All that a version and its run show."""

    version: dict[str, Any]
    run: dict[str, Any]
    artifacts: str


def shown(store: Store, number: str, *, name: str = "small") -> Shown:
    version = store.client.get_model_version(name, number)
    run = store.client.get_run(version.run_id)
    inputs = {each.dataset.name: each.dataset.digest for each in run.inputs.dataset_inputs}
    outputs = [each.model_id for each in run.outputs.model_outputs]

    return Shown(
        version={"tags": version.tags, "description": version.description, "run": version.run_id},
        run={
            "tags": run.data.tags,
            "metrics": run.data.metrics,
            "parameters": run.data.params,
            "inputs": inputs,
            "outputs": outputs,
            "info": {"name": run.info.run_name, "status": run.info.status, "end": run.info.end_time},
        },
        artifacts=digests.folder(store.root / "mlartifacts" / version.run_id),
    )


def alias(store: Store, name: str) -> str | None:
    bearer = promotion.holder(store.client, "small", name)
    return None if bearer is None else str(bearer.version)


def versions(store: Store) -> dict[str, str]:
    """The run of each version."""
    return {str(version.version): version.run_id for version in store.client.search_model_versions("name='small'")}


def runs(store: Store) -> int:
    experiment = store.client.get_experiment_by_name("small")
    return len(store.client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL))


def test_a_champion_keeps_what_it_was_promoted_with(project: Store) -> None:
    assert call(promote.main, "small") == 0
    champion = shown(project, "1")

    judge(project.root, STRICTER)
    call(publish.main, "small")
    assert shown(project, "1") == champion
    assert alias(project, "challenger") == "2"
    challenger = project.client.get_model_version("small", "2")
    assert challenger.tags["hallmark.digest.configuration"] == project.verdict().digests["configuration"]
    assert project.client.get_run(challenger.run_id).data.tags[places.TRAINING_RUN] == project.run_id

    assert call(promote.main, "small") == 0
    assert (alias(project, "champion"), alias(project, "previous_champion")) == ("2", "1")
    assert shown(project, "1") == champion
    assert project.client.get_run(challenger.run_id).data.metrics == champion.run["metrics"]


def test_the_same_verdict_again_finds_its_own_run_and_version(project: Store) -> None:
    assert call(promote.main, "small") == 0

    for _ in range(2):
        judge(project.root, STRICTER)
        call(publish.main, "small")
        assert alias(project, "challenger") == "2"

    judge(project.root)
    call(publish.main, "small")
    assert alias(project, "challenger") == "1"

    judge(project.root, STRICTER)
    call(publish.main, "small")
    assert alias(project, "challenger") == "2"
    assert len(set(versions(project).values())) == len(versions(project)) == runs(project) == 2


@pytest.mark.parametrize("name", ["previous_champion", "a-persons-own"])
@pytest.mark.parametrize("as_challenger", [True, False])
def test_no_verdict_takes_the_place_of_another_that_bears_an_alias(
    project: Store, name: str, as_challenger: bool
) -> None:
    project.client.set_registered_model_alias("small", name, "1")
    kept = shown(project, "1")
    judge(project.root, BLOCKING)
    call(publish.publish_task, "small", client=project.client, as_challenger=as_challenger)
    assert shown(project, "1") == kept
    assert project.client.get_model_version("small", "2").tags["hallmark.verdict"] == "blocked"
    assert alias(project, "challenger") == ("2" if as_challenger else "1")


def test_what_has_been_champion_keeps_its_record_without_an_alias(project: Store) -> None:
    assert call(promote.main, "small") == 0
    for name in ("champion", "challenger"):
        project.client.delete_registered_model_alias("small", name)
    kept = shown(project, "1")
    judge(project.root, BLOCKING)
    call(publish.main, "small")
    assert shown(project, "1") == kept
    assert set(versions(project)) == {"1", "2"}


def test_a_champion_of_a_renamed_model_keeps_its_run(project: Store) -> None:
    assert call(promote.main, "small") == 0
    project.client.rename_registered_model("small", "a former name")
    kept = shown(project, "1", name="a former name")
    judge(project.root, BLOCKING)
    call(publish.main, "small")
    assert shown(project, "1", name="a former name") == kept
    assert project.client.get_model_version("small", "1").run_id != kept.version["run"]


def test_a_champion_whose_tags_were_edited_is_not_tagged_anew(project: Store) -> None:
    assert call(promote.main, "small") == 0
    project.client.set_model_version_tag("small", "1", "hallmark.verdict", "blocked")
    kept = shown(project, "1")
    call(publish.main, "small")
    assert shown(project, "1") == kept
    assert alias(project, "challenger") == "2"

    project.client.set_registered_model_alias("small", "another", "2")  # its own run may be taken next
    project.client.set_model_version_tag("small", "2", "hallmark.verdict", "needs review")
    call(publish.main, "small")
    assert (alias(project, "challenger"), len(set(versions(project).values()))) == ("3", 3)
    assert call(promote.main, "small") == 0


def test_a_version_that_nobody_relies_on_is_renewed(project: Store) -> None:
    judge(project.root, STRICTER)
    call(publish.main, "small")
    assert versions(project) == {"1": project.run_id}
    assert call(promote.main, "small") == 0


@pytest.mark.parametrize("what", ["run", "experiment", "renamed experiment", "renamed and deleted experiment"])
@pytest.mark.parametrize("was_champion", [True, False])
def test_a_version_whose_run_is_gone_is_published_anew_and_promoted(
    project: Store, capsys: pytest.CaptureFixture[str], what: str, was_champion: bool
) -> None:
    if was_champion:
        assert call(promote.main, "small") == 0
    experiment = project.client.get_experiment_by_name("small").experiment_id
    if "renamed" in what:
        project.client.rename_experiment(experiment, "another name")
    if "deleted" in what or what == "experiment":
        project.client.delete_experiment(experiment)
    if what == "run":
        project.client.delete_run(project.run_id)
    if what != "renamed experiment":
        assert call(promote.main, "small") == promote.REFUSED
        assert "run of the version" in capsys.readouterr().out

    call(publish.main, "small")
    assert call(promote.main, "small") == 0
    champion = project.client.get_model_version_by_alias("small", "champion")
    run = project.client.get_run(champion.run_id)
    assert run.info.lifecycle_stage == "active"
    assert project.client.get_experiment(run.info.experiment_id).name == "small"

    number = len(versions(project))
    call(publish.main, "small")
    assert len(versions(project)) == number


def test_numbers_and_tags_edited_in_the_run_are_refused_until_published_anew(
    project: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    accuracy = "evaluate/metric/accuracy"
    project.client.log_metric(project.run_id, accuracy, 0.999, step=9, timestamp=1 << 45)
    project.client.set_tag(project.run_id, "hallmark.verdict", "splendid")
    assert call(promote.main, "small") == promote.REFUSED
    out = capsys.readouterr().out
    assert f"metric {accuracy} of the run" in out
    assert "tag hallmark.verdict of the run" in out

    call(publish.main, "small")
    assert project.client.get_run(project.run_id).data.metrics[accuracy] == 0.931
    assert call(promote.main, "small") == 0


def withhold_examples(store: Store) -> None:
    """Set publish.examples to false, as a person does who finds that the data is somebody's."""
    path = store.root / "params/small.yaml"
    parameters = OmegaConf.load(path)
    parameters.publish.examples = False
    OmegaConf.save(parameters, path)
    call(gate.main, "small")
    write_lock(store.root)


def files_of(store: Store, number: str) -> set[str]:
    """All files that the version's run shows, and those of the version itself."""
    version = store.client.get_model_version("small", number)
    model = store.client.get_logged_model(version.source.removeprefix("models:/"))
    folders = [store.root / "mlartifacts" / version.run_id / "artifacts", Path(model.artifact_location)]
    return {path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()}


EXAMPLE_FILES = {
    "evaluate/predictions.parquet",
    "evaluate/figures/examples/examples.png",
    "input_example.json",
    "serving_input_example.json",
}


@pytest.mark.parametrize("as_challenger", [True, False])
def test_a_run_that_shows_examples_is_no_place_for_evidence_without_them(project: Store, as_challenger: bool) -> None:
    assert files_of(project, "1") >= EXAMPLE_FILES
    withhold_examples(project)
    for _ in range(2):  # the second time in the same place
        call(publish.publish_task, "small", client=project.client, as_challenger=as_challenger)
    assert len(versions(project)) == runs(project) == 2
    assert project.client.get_model_version("small", "2").run_id != project.run_id

    shown_files = files_of(project, "2")
    assert {"card.md", "evaluate/figures/calibration.png", "MLmodel"} <= shown_files
    assert not shown_files & EXAMPLE_FILES
    assert not [file for file in shown_files if "example" in file]
    if as_challenger:
        assert call(promote.main, "small") == 0
        assert alias(project, "champion") == "2"


@pytest.mark.parametrize(
    "file", ["evaluate/predictions.parquet", "bias/figures/examples/worst.png", "evaluate/figures/examples/old/1.png"]
)
def test_examples_that_lie_beside_the_evidence_are_refused_and_published_away_from(
    project: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str
) -> None:
    withhold_examples(project)
    call(publish.main, "small")
    run_id = project.client.get_model_version("small", "2").run_id
    left = tmp_path / Path(file).name
    left.write_bytes(b"a person's")
    project.client.log_artifact(run_id, str(left), Path(file).parent.as_posix())
    assert call(promote.main, "small") == promote.REFUSED
    assert f"{file} in MLflow" in capsys.readouterr().out

    call(publish.main, "small")
    assert file not in files_of(project, alias(project, "challenger") or "")
    assert call(promote.main, "small") == 0


def test_examples_may_be_shown_again_where_they_were(project: Store) -> None:
    withhold_examples(project)
    call(publish.main, "small")
    judge(project.root)  # shows them
    call(publish.main, "small")
    assert alias(project, "challenger") == "1"
    assert call(promote.main, "small") == 0
