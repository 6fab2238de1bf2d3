"""Publishing into a real MLflow store."""

import json
import shutil
import subprocess
import sys
import textwrap
from ast import literal_eval
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
import small_task
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from published_task import Store, publish_small, store_in

from hallmark import digests
from hallmark.contracts import findings, predictions
from hallmark.contracts.examples import read as read_examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.package import Package, write_manifest
from hallmark.errors import InputError
from hallmark.evidence_differences import Difference
from hallmark.publish import served, serving_spec
from hallmark.publish.mlflow_model import build_model, input_example
from hallmark.tracking import model_registry as registry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store in which the small task has been published once."""
    store = store_in(tmp_path_factory.mktemp("a project with spaces"))
    small_task.write_task(store.root)
    small_task.write_verdict(store.root)
    publish_small(store)
    return store


def version(store: Store, number: str = "1") -> ModelVersion:
    return store.client.get_model_version("small", number)


def differences(store: Store, number: str = "1") -> list[Difference]:
    folder = store.root / "models/small"
    package = Package.load(folder)
    example = input_example(read_examples(store.root / "data/prepared/small"), package)
    built = build_model(package, folder, store.root / f"built {number}", example=example)
    return registry.compare_version(store.client, version(store, number), built)


def test_the_run_shows_parameters_metrics_data_and_reports(store: Store) -> None:
    run = store.client.get_run(store.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["train.network.width"] == "4"
    assert not any(name.startswith(("raw", "prepare", "gate", "publish", "about")) for name in run.data.params)
    assert run.data.metrics["evaluate/metric/accuracy"] == 0.931
    assert run.data.metrics["evaluate/metric/accuracy.low"] == 0.912
    assert run.data.metrics["evaluate/gain/accuracy over rule.high"] == 0.4

    inputs = {i.dataset.name: (i.dataset.digest, i.tags[0].value) for i in run.inputs.dataset_inputs}
    assert {name: context for name, (_, context) in inputs.items()} == {
        "small train": "training",
        "small validation": "validation",
        "small test": "test",
        "small recent": "recent",
    }
    assert len({digest for digest, _ in inputs.values()}) == 4
    assert run.data.tags["mlflow.note.content"].startswith("# Small &amp; &lt;b&gt;odd&lt;/b&gt; task")

    for path in ("card.md", "params.yaml", "drift/drift.html", "validate/data_docs/index.html", "gate/verdict.json"):
        assert Path(store.client.download_artifacts(store.run_id, path)).is_file()


def test_the_version_is_the_challenger_and_says_the_verdict_first(store: Store) -> None:
    registered = store.client.get_model_version_by_alias("small", "challenger")
    assert str(registered.version) == "1"
    assert registered.run_id == store.run_id
    assert registered.description.startswith("**✓ eligible**")
    assert "|---" not in registered.description
    assert registered.tags["hallmark.verdict"] == "eligible"
    assert registered.tags["hallmark.digest.model"] == store.verdict().digests["model"]


def test_publishing_again_makes_no_second_version_and_repeats_no_metric(store: Store) -> None:
    assert publish_small(store) == "1"
    assert len(store.client.search_model_versions("name='small'")) == 1
    assert len(store.client.get_metric_history(store.run_id, "evaluate/metric/accuracy")) == 1


def test_another_verdict_renews_the_version_and_another_package_makes_a_second(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    publish_small(store)
    small_task.write_verdict(tmp_path, small_task.stricter(accuracy=0.99))

    assert publish_small(store) == "1"
    assert version(store).tags["hallmark.verdict"] == "blocked"
    assert version(store).description.startswith("**✗ blocked**")

    small_task.write_task(tmp_path, scale=2.0)
    small_task.write_verdict(tmp_path)
    assert publish_small(store) == "2"
    assert store.client.get_model_version_by_alias("small", "challenger").version in {2, "2"}


def test_the_clients_store_is_used_whatever_the_process_works_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("own", "other"):
        (tmp_path / name).mkdir()

    other = store_in(tmp_path / "other")
    own = store_in(tmp_path / "own")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", other.uri)
    monkeypatch.setenv("MLFLOW_RUN_ID", other.run_id)
    small_task.write_task(own.root)
    small_task.write_verdict(own.root)

    assert [publish_small(own), publish_small(own)] == ["1", "1"]

    registered = own.client.get_model_version("small", "1")
    assert registered.run_id == own.run_id

    (logged,) = own.client.get_run(own.run_id).outputs.model_outputs
    assert registered.source == f"models:/{logged.model_id}"
    assert differences(own) == []
    assert other.client.search_registered_models() == []
    assert len(other.client.search_runs(["0", "1"])) == 1
    assert not (other.root / "mlartifacts").exists()


def artifacts(client: MlflowClient, run_id: str, folder: str | None = None) -> set[str]:
    """The paths of all artifacts of a run."""
    paths: set[str] = set()
    for entry in client.list_artifacts(run_id, folder):
        paths |= artifacts(client, run_id, entry.path) if entry.is_dir else {entry.path}
    return paths


def test_single_examples_are_published_only_where_they_may_be(tmp_path: Path) -> None:
    quoted = "After the prompt of a person"
    seen = {}
    for shown in (True, False):
        root = tmp_path / str(shown)
        root.mkdir()
        store = store_in(root)
        small_task.write_task(root)
        page = root / "reports/small/validate/data_docs/examples/index.html"
        page.parent.mkdir()
        page.write_text("a person's row")
        path = root / "reports/small/evaluate/findings.json"
        quote = Finding(check="evaluate.generated", case="temperature 1", n=1, reason=quoted)
        findings.write([*findings.read(path), quote], path)
        small_task.write_verdict(root)
        configured = {**small_task.PARAMETERS["publish"], "examples": shown}
        publish_small(store, small_task.parameters(publish=configured))
        files = [path for path in (root / "mlartifacts").rglob("*") if path.is_file()]
        text = b"".join(path.read_bytes() for path in files if path.suffix in {".md", ".json", ".html"})
        note = store.client.get_run(store.run_id).data.tags["mlflow.note.content"]
        seen[shown] = {
            "figure": "evaluate/figures/examples/examples.png" in artifacts(store.client, store.run_id),
            "page of examples": "validate/data_docs/examples/index.html" in artifacts(store.client, store.run_id),
            "predictions": "evaluate/predictions.parquet" in artifacts(store.client, store.run_id),
            "input example": any(path.name == "input_example.json" for path in files),
            "serving example": any(path.name == "serving_input_example.json" for path in files),
            "quote in the files": quoted.encode() in text,
            "link in the card": "figures/examples" in note,
            "answers in the card": "For example, on test" in note,
            "quote in the card": quoted in note,
        }
        others = artifacts(store.client, store.run_id)
        assert {"evaluate/figures/calibration.png", "evaluate/findings.json", "card.md"} <= others

    assert set(seen[True].values()) == {True}
    assert set(seen[False].values()) == {False}


def test_where_nothing_is_said_single_examples_stay_here() -> None:
    without = {name: value for name, value in small_task.PARAMETERS["publish"].items() if name != "examples"}
    assert small_task.parameters(publish=without).publish.examples is False
    with pytest.raises(InputError, match="publish.examples"):
        small_task.parameters(publish={**without, "examples": "yes"})


def test_no_pickle_is_written(store: Store) -> None:
    files = [path for path in (store.root / "mlartifacts").rglob("*") if path.is_file()]
    assert {"MLmodel", "served.py", "model.onnx"} <= {path.name for path in files}
    assert not [path.name for path in files if path.suffix in {".pkl", ".pickle", ".joblib", ".pt", ".bin"}]
    assert not [path.name for path in files if path.read_bytes()[:1] == b"\x80"]  # every pickle protocol from 2 on


def test_the_registered_model_repeats_the_predictions_without_this_project(store: Store, tmp_path: Path) -> None:
    rows = read_examples(store.root / "data/prepared/small").split("test")
    wanted = predictions.of(predictions.read(store.root / "reports/small/evaluate/predictions.parquet"))
    np.save(tmp_path / "values.npy", rows.arrays["values"])
    program = textwrap.dedent(
        """
        import sys
        for name in ("torch", "hydra", "dvc", "hallmark", "omegaconf"):
            sys.modules[name] = None  # an import of it fails
        import mlflow, numpy as np
        mlflow.set_tracking_uri(sys.argv[1])
        model = mlflow.pyfunc.load_model("models:/small@challenger")
        print(model.predict({"values": np.load(sys.argv[2])}).to_dict("list"))
        """
    )
    command = [sys.executable, "-c", program, store.uri, str(tmp_path / "values.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = literal_eval(done.stdout.splitlines()[-1])

    assert list(rows.table["id"]) == list(wanted["id"])
    assert answers["prediction"] == list(wanted["prediction"])
    assert answers["score"] == pytest.approx(list(wanted["confidence"]), abs=1e-6)
    assert answers["probability"] == pytest.approx(list(wanted["certainty"]), abs=1e-6)
    assert np.add(answers["probability.genuine"], answers["probability.fraud"]) == pytest.approx(np.ones(20))


def test_the_model_has_a_signature_and_real_rows_as_its_example(store: Store) -> None:
    (folder,) = {path.parent for path in (store.root / "mlartifacts").rglob("MLmodel")}
    model = mlflow.models.Model.load(str(folder))
    assert [(i.name, i.type.name, i.shape) for i in model.signature.inputs.inputs] == [("values", "float32", (-1, 3))]
    assert [c.name for c in model.signature.outputs.inputs][:3] == ["prediction", "probability", "score"]
    rows = read_examples(store.root / "data/prepared/small").split("test")
    example = model.load_input_example(str(folder))
    assert example["values"] == pytest.approx(rows.arrays["values"][:3])


def test_a_package_that_contradicts_the_predictions_is_not_registered(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_package(tmp_path / "models/small", scale=-1.0)
    small_task.write_verdict(tmp_path)
    with pytest.raises(InputError, match=r"the package answers 'fraud' .* to example 'row040', evaluate's"):
        publish_small(store)
    assert store.client.search_registered_models() == []


@pytest.mark.parametrize("lost", [True, False])
def test_a_version_that_has_lost_its_package_is_not_used_again(tmp_path: Path, lost: bool) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    assert publish_small(store) == "1"

    (packaged,) = (tmp_path / "mlartifacts").rglob("package.json")
    if lost:
        shutil.rmtree(packaged.parent)
    else:
        packaged.write_text(packaged.read_text() + "\n")
    assert publish_small(store) == "2"
    assert differences(store, "2") == []
    assert publish_small(store) == "2"


def load(package: Path) -> None:
    context = {
        "artifacts": {"package": str(package)},
        "model_config": serving_spec.config(digests.file(package / "package.json")),
    }
    served.Served().load_context(SimpleNamespace(**context))


def test_other_answers_are_run_neither_where_they_are_altered_nor_where_they_are_sealed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    small_task.write_task(tmp_path)
    small_task.write_verdict(tmp_path)
    publish_small(store)
    answers = tmp_path / "models/small/answers.py"
    marker = tmp_path / "marker"
    answers.write_text(f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n" + answers.read_text())
    with pytest.raises(ValueError, match=r"answers\.py has been altered"):
        load(answers.parent)

    write_manifest(answers.parent, json.loads((answers.parent / "package.json").read_text()))
    small_task.write_verdict(tmp_path)
    with pytest.raises(
        InputError, match=r"answers\.py is not the module hallmark/answers/classes/decoding\.py of the code here"
    ):
        publish_small(store)
    assert not marker.exists()
    assert len(store.client.search_model_versions("name='small'")) == 1
