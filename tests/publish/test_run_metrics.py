"""Lists and comparisons of MLflow show what matters of a verdict, and the Models page on which data it was measured."""

import json
from pathlib import Path

import mlflow
import pytest
import small_task
from mlflow.entities import Metric
from published_task import Store, publish_small, store_in, two_versions

from hallmark.contracts import findings
from hallmark.contracts.findings import Finding, Verdict
from hallmark.layout import Layout
from hallmark.publish import run_metrics, run_view
from hallmark.publish.evidence import Evidence, digest_splits, read_evidence
from hallmark.publish.run_metrics import Measure
from hallmark.tracking import connection

pytestmark = pytest.mark.slow

ACCURACY = "evaluate/metric/accuracy"


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    return read_evidence(small_task.parameters(), Layout("small", tmp_path))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return two_versions(tmp_path_factory.mktemp("versions"))


def linked(store: Store, number: str) -> dict[str, Metric]:
    """Return the metrics of a version's logged model by name."""
    version = store.client.get_model_version("small", number)
    points = store.client.get_logged_model(version.source.removeprefix("models:/")).metrics
    return {point.key: point for point in points}


def test_a_few_metrics_have_the_same_names_in_every_task(evidence: Evidence) -> None:
    assert run_metrics.summary_measures(evidence) == {
        "card/primary_metric": Measure(0.931, "test"),
        "card/primary_metric.low": Measure(0.912, "test"),
        "card/primary_metric.high": Measure(0.947, "test"),
        "card/worst_group.low": Measure(-0.03, "test"),  # site=b: -0.01 - 0.02
        "card/drift_share": Measure(0.0, "recent"),
        "card/expected_cost": Measure(0.2, "test"),
    }


def test_the_share_of_columns_that_drift_leaves_out_what_was_not_judged(tmp_path: Path) -> None:
    small_task.write_task(tmp_path)
    verdicts: tuple[Verdict, ...] = ("fail", "pass", "unresolved", "fail", "not applicable")
    columns = [
        Finding(
            check="drift.column", column=f"descriptor.{number}", estimate=0.1, low=0.0, high=0.2, n=40, verdict=verdict
        )
        for number, verdict in enumerate(verdicts)
    ]
    findings.write(columns, tmp_path / "reports/small/drift/findings.json")
    small_task.write_verdict(tmp_path)
    evidence = read_evidence(small_task.parameters(), Layout("small", tmp_path))
    assert run_metrics.summary_measures(evidence)["card/drift_share"] == Measure(0.5, "recent")


def test_a_task_without_drift_or_cost_has_no_metric_of_them(tmp_path: Path) -> None:
    small_task.write_task(tmp_path)
    reports = tmp_path / "reports/small"
    without_cost = [each for each in findings.read(reports / "evaluate/findings.json") if each.metric != "cost"]
    findings.write(without_cost, reports / "evaluate/findings.json")
    findings.write([], reports / "drift/findings.json")
    small_task.write_verdict(tmp_path)
    evidence = read_evidence(small_task.parameters(), Layout("small", tmp_path))
    names = run_metrics.summary_measures(evidence).keys()
    assert set(run_metrics.SUMMARY) - names == {"card/drift_share", "card/expected_cost"}


def test_the_versions_metrics_say_on_which_data_they_were_measured(store: Store, evidence: Evidence) -> None:
    metrics = linked(store, "1")
    digests = digest_splits(evidence.examples)

    accuracy = metrics[ACCURACY]
    assert (accuracy.value, accuracy.run_id) == (0.931, store.run_id)
    assert accuracy.dataset_name == "small test"
    assert digests["test"].startswith(accuracy.dataset_digest)
    assert len(accuracy.dataset_digest) == 36

    datasets = {
        name: metrics[name].dataset_name
        for name in ("card/primary_metric", "card/drift_share", "card/training_seconds")
    }
    assert datasets == {
        "card/primary_metric": "small test",
        "card/drift_share": "small recent",
        "card/training_seconds": "small train",
    }
    inputs = {(each.dataset.name, each.dataset.digest) for each in run_inputs(store)}
    assert {(metric.dataset_name, metric.dataset_digest) for metric in metrics.values()} <= inputs


def run_inputs(store: Store) -> list[mlflow.entities.DatasetInput]:
    return list(store.client.get_run(store.run_id).inputs.dataset_inputs)


def test_two_versions_stand_side_by_side_with_what_matters(store: Store) -> None:
    first, second = linked(store, "1"), linked(store, "2")
    names = {*run_metrics.SUMMARY, run_metrics.TRAINING_SECONDS}
    assert names <= first.keys()
    assert names <= second.keys()
    assert second["card/training_seconds"].value == 1.5
    for name in (ACCURACY, "card/primary_metric"):
        assert [each[name].value for each in (first, second)] == [0.931, 0.861]

    logged = {number: store.client.get_model_version("small", number).source for number in ("1", "2")}
    models = {
        number: store.client.get_logged_model(source.removeprefix("models:/")) for number, source in logged.items()
    }
    assert {number: model.tags["verdict"] for number, model in models.items()} == {"1": "eligible", "2": "blocked"}
    entries = {number: json.loads(model.tags["mlflow.modelVersions"]) for number, model in models.items()}
    assert entries == {number: [{"name": "small", "version": number}] for number in ("1", "2")}
    assert models["1"].name != models["2"].name
    assert all(model.name.startswith("small-") for model in models.values())


def test_publishing_again_links_nothing_twice_and_another_verdict_links_what_changed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    publish_small(store)
    model_id = store.client.get_model_version("small", "1").source.removeprefix("models:/")
    count = len(store.client.get_logged_model(model_id).metrics)
    publish_small(store)
    assert len(store.client.get_logged_model(model_id).metrics) == count

    path = tmp_path / "reports/small/evaluate/findings.json"
    other = Finding(check="evaluate.metric", metric="accuracy", estimate=0.94, low=0.92, high=0.95, n=40)
    kept = [finding for finding in findings.read(path) if finding.metric != "accuracy" or finding.against]
    findings.write([other, *kept], path)
    small_task.write_verdict(tmp_path)
    assert publish_small(store) == "1"

    points = [point for point in store.client.get_logged_model(model_id).metrics if point.key == ACCURACY]
    assert sorted(point.value for point in points) == [0.931, 0.94]
    assert max(points, key=lambda point: (point.step, point.timestamp)).value == 0.94


def test_seconds_of_a_training_elsewhere_are_no_difference(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    publish_small(store)
    (tmp_path / "reports/small/train/cost.json").unlink()  # git does not keep it
    evidence = read_evidence(small_task.parameters(), Layout("small", tmp_path))
    run = store.client.get_run(store.run_id)
    assert run.data.metrics["card/training_seconds"] == 1.5
    assert run_metrics.surplus_metrics(run, evidence) == []
    assert publish_small(store) == "1"


def test_search_and_lists_say_the_verdict(store: Store) -> None:
    with connection.working_on(store.client):
        eligible = mlflow.search_runs(experiment_names=["small"], filter_string="tags.verdict = 'eligible'")
        every = mlflow.search_runs(experiment_names=["small"], filter_string="metrics.`card/worst_group.low` > -0.1")
        versions = mlflow.search_model_versions(filter_string="name = 'small' AND tags.verdict = 'blocked'")

    assert list(eligible["run_id"]) == [store.run_id]
    assert set(every["tags.mlflow.runName"]) == {"small ffffffff ✓ eligible", "small ffffffff ✗ blocked"}
    assert [str(version.version) for version in versions] == ["2"]


def test_what_matters_comes_first_in_alphabetical_order(store: Store) -> None:
    names = sorted(store.client.get_run(store.run_id).data.metrics)
    assert set(names[: len(run_metrics.SUMMARY) + 1]) == {*run_metrics.SUMMARY, run_metrics.TRAINING_SECONDS}


def test_the_runs_duration_is_the_trainings(store: Store) -> None:
    info = store.client.get_run(store.run_id).info
    assert info.status == "FINISHED"
    assert info.end_time - info.start_time == 1500  # of cost.json: this run was never ended by a training
    assert run_view.VERDICT == "verdict"


def test_what_was_overridden_stands_in_the_run_and_in_the_card_and_goes_with_it(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    publish_small(store, small_task.parameters(overrides=["optimizer=sgd", "train.epochs=3"]))
    tags = store.client.get_run(store.run_id).data.tags
    assert tags["overrides"] == "optimizer=sgd train.epochs=3"
    assert "Overridden for this run: optimizer=sgd, train.epochs=3" in tags["mlflow.note.content"]

    publish_small(store)
    tags = store.client.get_run(store.run_id).data.tags
    assert "overrides" not in tags
    assert "Overridden" not in tags["mlflow.note.content"]
