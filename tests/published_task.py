"""The small task in a store of its own, for the tests of publish, promote and of MLflow's pages."""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import small_task
from mlflow import MlflowClient
from omegaconf import OmegaConf

from hallmark import verdicts
from hallmark.examples import read as read_examples
from hallmark.publish.evidence import gather
from hallmark.publish.publishing import publish


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
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


def publish_small(store: Store, parameters: Any = None) -> str:
    package, reports = store.root / "models/small", store.root / "reports/small"
    written = store.root / "params/small.yaml"
    if parameters is None:
        parameters = OmegaConf.to_container(OmegaConf.load(written)) if written.exists() else small_task.PARAMETERS
    evidence = gather(parameters, read_examples(store.root / "data/prepared/small"), package, reports)
    where = {"package": package, "reports": reports, "data": "data/prepared/small"}
    return publish(store.client, store.run_id, evidence, **where, name="small")
