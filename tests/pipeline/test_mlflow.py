"""What one does every day with MLflow, on the image task, small and promoted: the commands of docs/packages.md."""

import json
import shutil
import subprocess
import sys
from typing import Any

import numpy as np
import packages_page
import pytest
from mlflow_serving import ask, serving
from project import Project

pytestmark = pytest.mark.pipeline

STORE = "sqlite:///mlflow.db"
# A process that knows MLflow alone, and finds the store of the working folder by MLflow's own default.
READ = """
import json, sys
import mlflow
import numpy as np
from mlflow import MlflowClient
client = MlflowClient()
version = client.get_model_version_by_alias("image", "champion")
names = {"experiment_id": client.get_run(version.run_id).info.experiment_id, "mlflow": mlflow}
names["MlflowClient"] = MlflowClient
for code in sys.argv[1:]:
    result = eval(code, names)
    if hasattr(result, "predict"):
        result = result.predict({"image": np.zeros((2, 1, 8, 8), np.uint8)})
    if hasattr(result, "to_dict"):
        result = result.to_dict("records")
    print(json.dumps(result if isinstance(result, list) else [result], default=str))
run = client.get_run(version.run_id)
print(json.dumps({"run": run.info.run_id, "tags": run.data.tags, "metrics": run.data.metrics}))
assert "hallmark" not in sys.modules
"""


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The image task alone, trained for some epochs with the machine's load beside the curves, and promoted."""
    project = Project.copy(tmp_path_factory.mktemp("mlflow") / "a project")
    image = {"image": {"system": "image"}}
    project.edit("conf/tasks.yaml", tasks=image, bundled=image)
    project.edit("conf/task/image.yaml", **{"train.network.width": 16, "drift.n_permutations": 60})
    project.ease_gate("image")

    load = {"MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "true", "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.5"}
    override = {"TASK": "image", "SET": "train.epochs=20"}
    done(project.run("pipelines.repro", "publish@image", **override, **load))
    project.commit()
    done(project.run("pipelines.promote", "image"))
    return project


def done(process: subprocess.CompletedProcess[str]) -> str:
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return process.stdout


def read(project: Project, *codes: str) -> list[Any]:
    """Return what each expression gives in a process of its own, as JSON, and what the champion's run holds."""
    environment = {name: value for name, value in project.environment().items() if name != "PYTHONPATH"}
    command = [sys.executable, "-W", "ignore", "-c", READ, *codes]
    process = subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, text=True)
    return [json.loads(line) for line in done(process).splitlines() if line.startswith(("[", "{"))]


def test_runs_versions_and_tables_are_found_by_what_the_page_says(promoted: Project) -> None:
    by_verdict = packages_page.typed("MLflow", "M4 find by the verdict")
    (by_number,) = packages_page.typed("MLflow", "M4 find by a number")
    table = packages_page.typed("MLflow", "M8 tables")[-1]
    eligible, blocked, numbered, findings, run = read(promoted, *by_verdict, by_number, table)
    assert [each["run_id"] for each in eligible] == [run["run"]]
    assert blocked == []
    is_above = run["metrics"]["card/worst_group.low"] > -0.1
    assert [each["run_id"] for each in numbered] == [run["run"]] * is_above
    checks = {each.check for stage in ("validate", "evaluate", "drift") for each in promoted.findings("image", stage)}
    assert checks <= {each["check"] for each in findings}


def test_a_run_has_its_overrides_its_duration_and_the_machines_load(promoted: Project) -> None:
    (run,) = read(promoted)
    assert run["tags"]["overrides"] == "train.epochs=20"
    assert run["tags"]["verdict"] == "eligible"
    assert run["metrics"]["system/cpu_utilization_percentage"] >= 0
    assert run["metrics"]["card/training_seconds"] > 0


def test_a_champion_is_loaded_and_served(promoted: Project) -> None:
    (load,) = packages_page.typed("MLflow", "M5 load a champion")
    loaded, _ = read(promoted, load)
    serve = packages_page.typed("MLflow", "M5 serve a champion")[0]
    assert serve == "mlflow models serve -m models:/image@champion --env-manager local"
    with serving("models:/image@champion", tracking_uri=STORE, log=promoted.folder / "serving.log") as address:
        answers = ask(address, {"image": np.zeros((2, 1, 8, 8), np.uint8)})
    assert [each["prediction"] for each in answers] == [each["prediction"] for each in loaded]
    assert answers[0]["probability"] == pytest.approx(loaded[0]["probability"])
    (promoted.folder / "serving.log").unlink()


def test_a_store_is_tidied_upgraded_and_filled_anew_from_the_files(promoted: Project) -> None:
    (collect,) = packages_page.typed("MLflow", "M10 tidy up")
    (upgrade,) = packages_page.typed("MLflow", "M10 a newer MLflow")
    (before,) = read(promoted)
    for command in (collect, upgrade):
        done(promoted.run(*command.split()))
    (after,) = read(promoted)
    assert after == before

    other = promoted.folder.with_name("another store")
    other.mkdir()
    for name in ("mlflow.db", "mlartifacts"):
        shutil.move(promoted.folder / name, other / name)
    done(promoted.run("dvc", "repro", "--force", "--single-item", "publish@image"))
    (promoted.folder / "alias.py").write_text(
        'from mlflow import MlflowClient\nMlflowClient().set_registered_model_alias("image", "champion", "1")\n'
    )
    done(promoted.run("alias"))
    (anew,) = read(promoted)
    evidence = {name: value for name, value in before["metrics"].items() if name.startswith(("card/", "evaluate/"))}
    assert evidence.items() <= anew["metrics"].items()
    assert anew["tags"]["hallmark.verdict"] == before["tags"]["hallmark.verdict"]
    assert anew["run"] != before["run"]
