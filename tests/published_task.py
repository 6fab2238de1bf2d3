"""The small task in a store of its own, for the tests of publish, promote and of MLflow's pages."""

import json
import shutil
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import small_task
from entries import call
from mlflow import MlflowClient
from mlflow.tracking._tracking_service import utils as tracking_utils
from omegaconf import OmegaConf

from hallmark import config, spreadsheets
from hallmark.config import Parameters
from hallmark.config.stages import Requirement
from hallmark.contracts import findings, verdicts
from hallmark.layout import Layout
from hallmark.publish.evidence import read_evidence
from hallmark.publish.publication import publish
from hallmark.tracking.relocation import relocate
from hallmark.verify import lock
from pipelines import gate


@dataclass(frozen=True)
class Store:
    root: Path
    uri: str
    client: MlflowClient
    run_id: str

    def verdict(self) -> verdicts.Verdict:
        return verdicts.read(self.root / "reports/small/gate/verdict.json")


def store_in(root: Path) -> Store:
    """Return an empty store in `root` with a run as training leaves it. It isn't the one that `mlflow` works on."""
    shutil.copy(empty_database(), root / "mlflow.db")
    uri = f"sqlite:///{root / 'mlflow.db'}"
    client = MlflowClient(uri)
    experiment = client.create_experiment("small", artifact_location=str(root / "mlartifacts"))
    return Store(root, uri, client, client.create_run(experiment).info.run_id)


@cache
def empty_database() -> Path:
    """A database with MLflow's tables, which take seconds to make."""
    path = Path(mkdtemp()) / "mlflow.db"
    with chdir(path.parent):  # the first experiment's place is in the working folder
        MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


def write_project(root: Path, *, name: str = "small") -> None:
    """Write the small task below `root` as the gate judges it, with the lock that DVC would have left.

    `name` is that of its registered model and of its experiment. The code that runs is this repository's.
    """
    for folder in ("src/hallmark", "pipelines"):
        (root / folder).mkdir(parents=True)
        (root / folder / "code.txt").write_text("pass\n")
    (root / "requirements.lock").write_text("numpy==2.4.6\n")
    small_task.write_task(root)
    judge(root, name=name)


def judge(
    root: Path, requirements: Mapping[str, Requirement] = small_task.REQUIREMENTS, *, name: str = "small"
) -> None:
    """Configure the requirements, let the gate judge what lies below `root` by them, and write the lock."""
    asked = {each: requirement.model_dump() for each, requirement in requirements.items()}
    configured = {
        "gate": {"champion": {"at_least": -0.5}, "requirements": asked},
        "publish": {"experiment": name, "model_name": name, "examples": True},
    }
    (root / "params").mkdir(exist_ok=True)
    OmegaConf.save(small_task.PARAMETERS | configured, root / "params/small.yaml")
    with chdir(root):
        call(gate.main, "small")
    write_lock(root)


def write_lock(root: Path) -> None:
    """Write dvc.yaml, where the parameters and the package are outputs of all stages, and the lock that DVC would have
    left. The reports are outputs of a stage that the lock does not know.
    """
    code = ["src/hallmark", "pipelines"]
    outputs = ["params/small.yaml", "models/small"]
    stage = {"foreach": "${tasks}", "do": {"cmd": "true", "deps": code, "outs": outputs}}
    uncached = [{path: {"cache": False}} for path in small_task.REPORTS]
    reports = {"foreach": "${tasks}", "do": {"cmd": "true", "outs": uncached}}
    stages = {**dict.fromkeys(lock.STAGES, stage), "reports": reports}
    pipeline = {"vars": ["conf/tasks.yaml"], "stages": stages}
    (root / "dvc.yaml").write_text(json.dumps(pipeline))

    def named(paths: list[str]) -> list[dict[str, str]]:
        return [{"path": path, "md5": lock.checksum(root / path)} for path in paths]

    entry = {"cmd": "true", "deps": named(code), "outs": named(outputs)}
    entries = {f"{name}@small": entry for name in lock.STAGES}
    (root / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": entries}))


@cache
def published_project() -> Store:
    """The small task, eligible and published, which no test may change: `project_in` copies it."""
    root = Path(mkdtemp()) / "published"
    root.mkdir()
    store = store_in(root)
    store.client.set_tag(store.run_id, "hallmark.key", "f" * 64)  # as training leaves it
    store.client.set_tag(store.run_id, "hallmark.task", "small")
    write_project(root)
    publish_small(store)
    return store


def project_in(root: Path) -> Store:
    """Return a copy of `published_project` in the empty folder `root`: publishing takes seconds."""
    original = published_project()
    shutil.copytree(original.root, root, dirs_exist_ok=True)
    database = root / "mlflow.db"
    relocate(database, root / "mlartifacts")
    tracking_utils._artifact_repos_cache.clear()  # it has a place for each run, and all copies have the same run
    uri = f"sqlite:///{database}"
    return Store(root, uri, MlflowClient(uri), original.run_id)


def publish_small(store: Store, parameters: Parameters | None = None) -> str:
    layout = Layout("small", store.root)
    if parameters is None:
        parameters = config.read(layout.parameters) if layout.parameters.exists() else small_task.parameters()
    return publish(store.client, store.run_id, read_evidence(parameters, layout))


def two_versions(root: Path) -> Store:
    """Return a store with two versions of the small task: the first is eligible; the second, of another package, is
    less accurate and blocked.
    """
    store = store_in(root)
    small_task.write_task(root)
    small_task.write_verdict(root)
    assert publish_small(store) == "1"

    experiment = store.client.get_run(store.run_id).info.experiment_id
    second = Store(root, store.uri, store.client, store.client.create_run(experiment).info.run_id)
    small_task.write_task(root, scale=2.0)
    path = root / "reports/small/evaluate/findings.json"
    estimate, low, high = 0.861, 0.842, 0.877
    worse = [
        replace(finding, estimate=estimate, low=low, high=high)
        if (finding.check, finding.metric) == ("evaluate.metric", "accuracy")
        else finding
        for finding in findings.read(path)
    ]
    findings.write(worse, path)
    scorers = small_task.SCORERS.copy()
    scorers.loc[scorers["scorer"] == "model", ["estimate", "low", "high"]] = estimate, low, high
    spreadsheets.write(scorers, root / "reports/small/evaluate/scorers.csv")
    small_task.write_verdict(root, small_task.stricter(accuracy=0.9))
    assert publish_small(second) == "2"
    return store
