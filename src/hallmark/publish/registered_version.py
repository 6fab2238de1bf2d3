"""Registering the package as a version, once the served model has given the evaluated answers."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.entities.model_registry import ModelVersion

from hallmark import answers
from hallmark.contracts import predictions, verdicts
from hallmark.errors import InputError
from hallmark.publish import run_view, served, serving_spec
from hallmark.publish.evidence import Evidence
from hallmark.publish.mlflow_model import identify, inputs_of
from hallmark.publish.places import Place
from hallmark.tracking import connection

TOLERANCE, RELATIVE = 1e-5, 1e-3  # of a probability, between what evaluation wrote and what is served
TIPPING = 1000  # test rows, of which one may be answered otherwise
MOST_CHECKED = 10_000  # test rows that are answered again
ALONE = 32  # of them that are also asked one by one, as in production: an answer must not hang on its batch
CHUNK = 1024  # of them in memory at once; whole batches of the served model, so that its bits are those of evaluation
_METRICS = 1000  # in one request


def register_version(client: MlflowClient, evidence: Evidence, built: Path, place: Place, *, name: str) -> str:
    """Return the number of the version that holds the model in `built`.

    It is the version of the place, with the verdict's tags, or a new one where the place has none.
    The registered model `name` must exist; moving an alias is the caller's concern.
    """
    version = place.version
    if version is None:
        return str(_register(client, evidence, built, name=name, run_id=place.run_id).version)
    for key, value in verdicts.tags(evidence.verdict).items():
        client.set_model_version_tag(name, version, key, value)
    return version


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


def _register(client: MlflowClient, evidence: Evidence, built: Path, *, name: str, run_id: str) -> ModelVersion:
    """Upload the folder `built` as a logged model of the run, and register it as a new version."""
    run = client.get_run(run_id)
    logged = client.create_logged_model(
        run.info.experiment_id, name="model", source_run_id=run_id, params=dict(run.data.params)
    )
    identify(built, run_id=run_id, model_id=logged.model_id, location=logged.artifact_location)
    client.log_model_artifacts(logged.model_id, str(built))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    _log_metrics(client, run_id, logged.model_id, run_view.metrics(evidence))

    tags = verdicts.tags(evidence.verdict)
    with connection.working_on(client):  # the local registry looks the logged model up in the process's store
        return client.create_model_version(
            name, f"models:/{logged.model_id}", run_id, tags=tags, model_id=logged.model_id
        )


def _log_metrics(client: MlflowClient, run_id: str, model_id: str, names: Iterable[str]) -> None:
    """Log the points of the run's metrics for the logged model, too, whose page in MLflow then
    shows them.
    """
    points = [point for name in names for point in client.get_metric_history(run_id, name)]
    linked = [Metric(m.key, m.value, m.timestamp, m.step, model_id=model_id, run_id=run_id) for m in points]
    for start in range(0, len(linked), _METRICS):
        client.log_batch(run_id, metrics=linked[start : start + _METRICS])
