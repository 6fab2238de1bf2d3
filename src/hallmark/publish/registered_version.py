"""Registering the package as a version, once the served model has given the evaluated answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput
from mlflow.entities.model_registry import ModelVersion
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from hallmark import answers
from hallmark.contracts import predictions
from hallmark.errors import InputError
from hallmark.publish import run_metrics, run_view, served, serving_spec
from hallmark.publish.evidence import Evidence
from hallmark.publish.mlflow_model import identify, inputs_of
from hallmark.publish.places import Place
from hallmark.tracking import connection
from hallmark.tracking import model_registry as registry

TOLERANCE, RELATIVE = 1e-5, 1e-3  # of a probability, between what evaluation wrote and what is served
TIPPING = 1000  # test rows, of which one may be answered otherwise
MOST_CHECKED = 10_000  # test rows that are answered again
ALONE = 32  # of them that are also asked one by one, as in production: an answer must not hang on its batch
CHUNK = 1024  # of them in memory at once; whole batches of the served model, so that its bits are those of evaluation


def register_version(client: MlflowClient, evidence: Evidence, built: Path, place: Place, *, name: str) -> str:
    """Return the number of the version that holds the model in `built`.

    It is the version of the place, with the verdict's tags, or a new one where the place has none.
    The registered model `name` must exist; moving an alias is the caller's concern.
    """
    tags = run_view.verdict_tags(evidence.verdict)
    datasets = run_view.datasets_by_split(evidence)
    if place.version is None:
        model_id = log_model(client, built, run_id=place.run_id, name=logged_name(evidence))
        run_metrics.link_measures(client, place.run_id, model_id, evidence, datasets=datasets)
        client.set_logged_model_tags(model_id, tags)
        return str(register(client, model_id, name=name, run_id=place.run_id, tags=tags).version)

    model_id = registry.logged_model_id(client.get_model_version(name, place.version))
    run_metrics.link_measures(client, place.run_id, model_id, evidence, datasets=datasets)
    client.set_logged_model_tags(model_id, tags)
    for key, value in tags.items():
        client.set_model_version_tag(name, place.version, key, value)
    return place.version


def require_same_answers(evidence: Evidence) -> None:
    """Raise `InputError` where the served model answers test rows other than evaluation's table
    does.

    All test rows are asked, or of more than MOST_CHECKED as many, sampled by the package's digest,
    so that it takes seconds for a split of any size. One row in TIPPING may differ: the table may
    come from another machine, whose last digits tip an answer that lies on a threshold (see
    `verify`). ALONE of the rows are also asked one by one, since an answer must not depend on its
    batch.
    """
    model = served.Served()
    context = SimpleNamespace(
        artifacts={"package": str(evidence.layout.package)},
        model_config=serving_spec.config(evidence.package.manifest_digest),
    )
    model.load_context(context)

    rows = np.flatnonzero(evidence.examples.table["split"] == "test")
    if len(rows) > MOST_CHECKED:
        generator = np.random.default_rng(int(evidence.package.digest[:16], 16))
        rows = np.sort(generator.choice(rows, MOST_CHECKED, replace=False))
    step = len(rows) // ALONE or 1
    _require_agreement(model, evidence, rows, at_once=CHUNK)
    _require_agreement(model, evidence, rows[::step][:ALONE], at_once=1)


def _require_agreement(model: served.Served, evidence: Evidence, rows: np.ndarray, *, at_once: int) -> None:
    """Raise `InputError` where the model's answers to these rows differ from evaluation's table in
    too many.

    `at_once` is the number of examples in one request.
    """
    served_answers = _ask(model, evidence, rows, at_once=at_once)
    ids = evidence.examples.table["id"].iloc[rows]
    evaluated = predictions.of(evidence.predictions).set_index("id").reindex(ids)

    columns = {"probability": "certainty", "score": "confidence"}  # what is served → what evaluation calls it
    is_close = np.ones(len(rows), bool)
    for name, column in columns.items():
        if name in served_answers:
            served_numbers = served_answers[name].to_numpy(float)
            evaluated_numbers = evaluated[column].to_numpy(float)
            tolerance = np.maximum(TOLERANCE, RELATIVE * np.abs(evaluated_numbers))
            is_close &= np.abs(served_numbers - evaluated_numbers) <= tolerance

    texts = zip(served_answers["prediction"].astype(str), evaluated["prediction"].astype(str), strict=True)
    is_same = np.array([_is_same(*pair, evidence.package.postprocess) for pair in texts])
    agrees = is_close & is_same

    differing = int(np.count_nonzero(~agrees))
    if differing > len(rows) // TIPPING:
        row = int(np.argmin(agrees))
        how = " asked one by one" if at_once == 1 else ""
        served_text = _answer_text(served_answers, row, "probability")
        evaluated_text = _answer_text(evaluated, row, "certainty")
        raise InputError(
            f"the package answers {served_text} to example {ids.iloc[row]!r}, evaluate's predictions say "
            f"{evaluated_text}, and so for {differing:,} of {len(rows):,} test examples{how}: run evaluate again"
        )


def _ask(model: served.Served, evidence: Evidence, rows: np.ndarray, *, at_once: int) -> pd.DataFrame:
    """Return the model's answers to the examples in these rows, in their order; `at_once` examples
    are one request.
    """
    tables: list[pd.DataFrame] = []
    for start in range(0, len(rows), at_once):
        inputs = inputs_of(evidence.examples, evidence.package, rows[start : start + at_once])
        tables.append(model.predict(inputs))  # type: ignore[no-untyped-call]
    return pd.concat(tables, ignore_index=True)


def _answer_text(answers: pd.DataFrame, row: int, probability: str) -> str:
    """Return the answer in this row, with the number in the column `probability`."""
    return f"{answers['prediction'].iloc[row]!r} ({answers[probability].iloc[row]:.6f})"


def _is_same(one: str, other: str, postprocess: Mapping[str, Any]) -> bool:
    """Return whether two predictions are the same, but for the last digits of numbers in them."""
    answer = answers.of_kind(postprocess["kind"])
    return answer.is_same_prediction(one, other, postprocess, relative=RELATIVE, absolute=TOLERANCE)


def logged_name(evidence: Evidence) -> str:
    """Return the name of the logged model, by which MLflow's list of models tells packages apart."""
    return f"{evidence.layout.task}-{evidence.package.digest[:8]}"


def log_model(client: MlflowClient, built: Path, *, run_id: str, name: str) -> str:
    """Upload the folder `built` as a logged model of the run, and return the model's id."""
    run = client.get_run(run_id)
    logged = client.create_logged_model(
        run.info.experiment_id, name=name, source_run_id=run_id, params=dict(run.data.params)
    )
    identify(built, run_id=run_id, model_id=logged.model_id, location=logged.artifact_location)
    client.log_model_artifacts(logged.model_id, str(built))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id)


def register(client: MlflowClient, model_id: str, *, name: str, run_id: str, tags: Mapping[str, str]) -> ModelVersion:
    """Register a logged model of the run as a new version of the registered model `name`.

    The logged model's page names the version, too, as after `mlflow.register_model`.
    """
    with connection.working_on(client):  # the local registry looks the logged model up in the process's store
        version = client.create_model_version(name, f"models:/{model_id}", run_id, tags=dict(tags), model_id=model_id)

    entry = {"name": name, "version": str(version.version)}
    client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: json.dumps([entry])})
    return version
