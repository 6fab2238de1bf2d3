"""Who becomes challenger: the alias moves on purpose, and what reviewers look at keeps its verdict."""

from pathlib import Path

import pytest
import small_task
from entries import call
from mlflow.entities.model_registry import ModelVersion
from omegaconf import OmegaConf
from published_task import Store, store_in

from hallmark.contracts import findings, predictions, split_metrics, summaries, verdicts
from hallmark.gate import summarise_sealed
from hallmark.layout import Layout
from hallmark.publish import store_comparison
from hallmark.publish.evidence import read_evidence
from hallmark.tracking import connection
from pipelines import publish

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    store = store_in(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)

    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    (tmp_path / "params").mkdir()
    OmegaConf.save(small_task.PARAMETERS, tmp_path / "params/small.yaml")
    return store


def challenger(store: Store) -> ModelVersion:
    return store.client.get_model_version_by_alias("small", "challenger")


@pytest.mark.parametrize("variable", ["DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"])
def test_an_experiment_registers_and_moves_nothing(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    call(publish.main, "small")
    before = challenger(project)
    assert before.tags["hallmark.verdict"] == "eligible"

    monkeypatch.setenv(variable, "vivid-joss")  # as `dvc exp run` does, in each of its ways
    small_task.write_verdict(project.root, small_task.stricter(accuracy=0.99))
    call(publish.main, "small")
    assert "version 2, no challenger until `make challenge TASK=small`, blocked" in capsys.readouterr().out
    after = challenger(project)
    assert (after.version, after.tags, after.description) == (before.version, before.tags, before.description)
    assert project.client.get_model_version("small", "2").tags["hallmark.verdict"] == "blocked"

    call(publish.main, "small")  # once more: the experiment's own version is renewed, and no third one made
    assert len(project.client.search_model_versions("name='small'")) == 2

    monkeypatch.delenv(variable)
    call(publish.main, "small")
    assert challenger(project).tags["hallmark.verdict"] == "blocked"


def test_an_experiment_of_another_package_moves_nothing(project: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    call(publish.main, "small")
    small_task.write_task(project.root, scale=1.1)
    small_task.write_verdict(project.root)
    monkeypatch.setenv("DVC_EXP_NAME", "vivid-joss")
    call(publish.main, "small")
    assert challenger(project).version == project.client.get_model_version("small", "1").version
    call(publish.publish_task, "small", client=project.client, as_challenger=True)  # what `make challenge` does
    assert str(challenger(project).version) == "2"


def test_a_sealed_test_split_makes_no_version(
    project: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its run shows what one may choose by; the run of the version that was judged stays as it is."""
    call(publish.main, "small")
    before = challenger(project)
    judged_run = project.client.get_run(before.run_id)

    layout = Layout("small", project.root)
    evaluation = small_task.PARAMETERS["evaluate"] | {"test": False}
    OmegaConf.save(small_task.PARAMETERS | {"evaluate": evaluation}, layout.parameters)
    verdicts.write(verdicts.not_judged(verdicts.read(layout.verdict).digests), layout.verdict)
    summaries.write(summarise_sealed(task="small", metric="accuracy"), layout.summary)
    for stage in ("evaluate", "bias", "drift"):
        findings.write([], layout.report(stage) / "findings.json")
    scored = predictions.read(layout.predictions)
    predictions.write(scored[scored["split"] != "test"], layout.predictions)
    split_metrics.write({"accuracy": 0.93}, layout.metrics("validation"), task="small", split="validation")
    monkeypatch.setenv("DVC_EXP_NAME", "vivid-joss")
    call(publish.main, "small")

    printed = capsys.readouterr().out
    assert "no version of small: not judged: the test split stays sealed (evaluate.test is false)" in printed
    assert challenger(project).version == before.version
    assert len(project.client.search_model_versions("name='small'")) == 1
    assert project.client.get_run(before.run_id).data.metrics == judged_run.data.metrics
    assert project.client.get_run(before.run_id).data.tags == judged_run.data.tags
    assert not layout.published_version.exists()

    (run,) = project.client.search_runs([judged_run.info.experiment_id], "tags.`hallmark.experiment` = 'vivid-joss'")
    assert run.data.metrics["validation/accuracy"] == 0.93
    assert run.data.tags["hallmark.verdict"] == "not judged"
    card = run.data.tags["mlflow.note.content"]
    assert "**○ not judged**" in card
    assert "For example, on test" not in card
    names = {each.dataset.name for each in run.inputs.dataset_inputs}
    assert "small train" in names
    assert "small test" not in names


@pytest.mark.parametrize(
    ("uri", "local"),
    [
        ("sqlite:///mlflow.db", True),
        ("file:///tmp/mlruns", True),
        ("mlruns", True),
        ("http://127.0.0.1:5000", False),
        ("https://mlflow.example", False),
        ("postgresql://db/mlflow", False),
        ("databricks", False),
    ],
)
def test_a_server_is_no_local_store(uri: str, local: bool) -> None:
    class Client:
        tracking_uri = uri

    assert connection.is_local(Client()) == local


def test_a_measured_metric_that_is_none_of_the_evidence_is_a_difference_and_stays_behind(
    project: Store, tmp_path: Path
) -> None:
    """MLflow deletes no metric, so publishing again shows the evidence in a run of its own."""
    evidence = read_evidence(small_task.parameters(), Layout("small", tmp_path))

    def differences() -> list[str]:
        version = challenger(project)
        return [each.subject for each in store_comparison.compare_store(project.client, version, evidence)]

    call(publish.main, "small")
    former = challenger(project)
    assert differences() == []
    project.client.log_metric(former.run_id, "loss/of some curve", 0.1)
    assert differences() == []
    for name in ("evaluate/metric/nicer", "drift/error/recent", "train/parity/other"):
        project.client.log_metric(former.run_id, name, 1.0)
    assert sorted(differences()) == [
        "metric drift/error/recent of the run",
        "metric evaluate/metric/nicer of the run",
        "metric train/parity/other of the run",
    ]
    call(publish.main, "small")
    assert differences() == []
    assert challenger(project).run_id != former.run_id


def test_what_the_store_shows_is_compared_with_the_files(project: Store, tmp_path: Path) -> None:
    call(publish.main, "small")
    version = challenger(project)
    reports = project.root / "reports/small"

    def differences() -> list[str]:
        evidence = read_evidence(small_task.parameters(), Layout("small", project.root))
        shown = project.client.get_model_version("small", version.version)
        return [each.subject for each in store_comparison.compare_store(project.client, shown, evidence)]

    assert differences() == []
    project.client.log_text(version.run_id, "a nicer card", "card.md")
    project.client.log_text(version.run_id, "<html>no drift</html>", "drift/drift.html")
    project.client.set_tag(version.run_id, "mlflow.note.content", "All is well.")
    project.client.update_model_version("small", version.version, description="All is well.")
    assert differences() == [
        "card.md in MLflow",
        "drift/drift.html in MLflow",
        "the card that the run shows",
        "the description of the version",
    ]
    call(publish.main, "small")
    assert differences() == []
    figure = reports / "evaluate/figures/calibration.png"
    figure.write_bytes(figure.read_bytes() + b"\0")
    assert differences() == ["evaluate/figures/calibration.png in MLflow"]
