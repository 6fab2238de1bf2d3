"""The package in MLflow's registry: a pyfunc by models from code, a version for each model, no pickle."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.entities.model_registry import ModelVersion

from hallmark.contracts import predictions, verdicts
from hallmark.errors import InputError
from hallmark.publish import recording, served, serving
from hallmark.publish.building import EXAMPLES, identify, input_example
from hallmark.publish.evidence import Evidence
from hallmark.publish.placing import Place
from hallmark.tracking import connection

TOLERANCE = 1e-5  # of a confidence, between what evaluation wrote and what the served model answers
_METRICS = 1000  # in one request


def register(client: MlflowClient, evidence: Evidence, built: Path, place: Place, *, name: str) -> str:
    """Return the version that holds exactly the model in `built`: that of the place, with new tags, or a new one.

    The registered model must be there, and the alias is the caller's affair.
    """
    version = place.version
    if version is None:
        return str(_register(client, evidence, built, name=name, run_id=place.run_id).version)
    for key, value in verdicts.tags(evidence.verdict).items():
        client.set_model_version_tag(name, version, key, value)
    return version


def check(evidence: Evidence, package: Path) -> None:
    """Raise `InputError` where the served model answers the first test rows other than evaluation's table says."""
    model = served.Served()
    context = {"artifacts": {"package": str(package)}, "model_config": serving.config(package)}
    model.load_context(SimpleNamespace(**context))
    rows = input_example(evidence.examples, evidence.package)
    given: pd.DataFrame = model.predict(rows)  # type: ignore[no-untyped-call]

    test = evidence.examples.table.query("split == 'test'")["id"].head(EXAMPLES)
    written = predictions.of(evidence.predictions).set_index("id").reindex(test)
    close = np.abs(given["confidence"].to_numpy(float) - written["confidence"].to_numpy(float)) <= TOLERANCE
    agree = close & (given["prediction"].to_numpy(str) == written["prediction"].to_numpy(str))
    if not agree.all():
        row = int(np.argmin(agree))
        said, wrote = (f"{t['prediction'].iloc[row]!r} ({t['confidence'].iloc[row]:.6f})" for t in (given, written))
        raise InputError(
            f"the package answers {said} to example {test.iloc[row]!r}, evaluate's predictions say {wrote}: "
            "run evaluate again"
        )


def _register(client: MlflowClient, evidence: Evidence, built: Path, *, name: str, run_id: str) -> ModelVersion:
    """Upload the built model as a logged model of the run, and register it as a new version."""
    run = client.get_run(run_id)
    logged = client.create_logged_model(
        run.info.experiment_id, name="model", source_run_id=run_id, params=dict(run.data.params)
    )
    identify(built, run_id=run_id, model_id=logged.model_id, location=logged.artifact_location)
    client.log_model_artifacts(logged.model_id, str(built))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    _log_metrics(client, run_id, logged.model_id, recording.metrics(evidence))

    tags = verdicts.tags(evidence.verdict)
    with connection.working_on(client):  # the local registry looks the logged model up in the process's store
        return client.create_model_version(
            name, f"models:/{logged.model_id}", run_id, tags=tags, model_id=logged.model_id
        )


def _log_metrics(client: MlflowClient, run_id: str, model_id: str, names: Iterable[str]) -> None:
    """Let the run's measured metrics be those of the logged model, too, so that its page shows them."""
    measured = [metric for name in names for metric in client.get_metric_history(run_id, name)]
    linked = [Metric(m.key, m.value, m.timestamp, m.step, model_id=model_id, run_id=run_id) for m in measured]
    for start in range(0, len(linked), _METRICS):
        client.log_batch(run_id, metrics=linked[start : start + _METRICS])
