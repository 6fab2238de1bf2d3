"""What an MLflow run shows of the evidence: parameters, metrics, data sets, reports, and the card
as its description.
"""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pandas as pd
import yaml
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from rich.console import Console
from rich.progress import track

from hallmark.config import Parameters
from hallmark.contracts import findings, verdicts
from hallmark.files import require
from hallmark.layout import Layout
from hallmark.publish.evidence import STAGES, Evidence, digest_splits, without_quotes
from hallmark.publish.mlflow_names import flatten, mlflow_name, shortened
from hallmark.publish.model_card import Link, render_card
from hallmark.tracking.disclosure import is_of_examples

# Parameters that the run shows: those that the training key covers. MLflow never changes a run's
# parameter, but the same training can be judged again with other groups, or other parameters of
# later stages: those are in the artifact params.yaml alone.
TRAINING_PARAMETERS = ("task", "system", "answer", "seed", "decision", "train")
# Prefixes of the checks whose findings become metrics; those of bias are too many.
METRIC_CHECKS = ("evaluate.", "drift.error", "train.parity")
CARD = "card.md"  # the artifact's name in a run
CONTEXTS = {"train": "training", "validation": "validation", "test": "test", "recent": "recent"}  # by split
# Characters that MLflow keeps of a data set's digest, of a parameter's value, and of a description.
MAX_DIGEST_LENGTH, MAX_VALUE_LENGTH, MAX_NOTE_LENGTH = 36, 6000, 8000
MAX_PARAMETERS, MAX_POINTS = 100, 1000  # in one request: parameters, and points of metrics
MLFLOW_TYPES = {"i": "long", "u": "long", "f": "double", "b": "boolean", "M": "datetime"}  # by NumPy's dtype.kind
FALLBACK_TYPE = "string"  # of columns of any other kind


def record(client: MlflowClient, run_id: str, evidence: Evidence) -> None:
    """Write the evidence into the run, whether new or of training.

    Recording the same evidence twice changes nothing.
    """
    run = client.get_run(run_id)
    _log_parameters(client, run_id, evidence.parameters, known=run.data.params)
    _log_curves(client, run_id, evidence.layout.curves, known=run.data.metrics)
    _log_metrics(client, run, metrics(evidence))
    client.log_inputs(run_id, build_datasets(evidence))

    with TemporaryDirectory() as scratch:
        files = track(evidence.files, "uploading reports", transient=True, console=Console(stderr=True))
        for file in files:
            path = publishable(evidence.layout.reports / file, evidence, Path(scratch))
            client.log_artifact(run_id, str(path), str(PurePosixPath(file).parent))
    describe(client, run_id, evidence, experiment=run.info.experiment_id)


def publishable(path: Path, evidence: Evidence, scratch: Path) -> Path:
    """Return the path of a report as it may be published.

    That is `path` itself; but where publish.examples is false and the report is a findings file
    that quotes inputs, it is a copy in `scratch` without those findings.
    """
    layout = evidence.layout
    if evidence.shows_examples or path not in [*layout.judged_findings, layout.findings("gate")]:
        return path

    all_findings = findings.read(path)
    publishable_findings = without_quotes(all_findings)
    if publishable_findings == all_findings:
        return path

    findings.write(publishable_findings, scratch / path.name)
    return scratch / path.name


def describe(client: MlflowClient, run_id: str, evidence: Evidence, *, experiment: str) -> None:
    """Write the card and params.yaml as artifacts, the card as the run's description, and the
    verdict's tags.
    """
    with TemporaryDirectory() as scratch:
        write_documents(Path(scratch), run_id, evidence, experiment=experiment)
        client.log_artifacts(run_id, scratch)
    tags = {"mlflow.note.content": note(run_id, evidence, experiment=experiment), **verdicts.tags(evidence.verdict)}
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def write_documents(folder: Path, run_id: str, evidence: Evidence, *, experiment: str) -> dict[str, Path]:
    """Write the card and params.yaml into `folder`.

    Returns the path of each, by its artifact's name in the run.
    """
    text = render_card(evidence, *_addresses(run_id, experiment))
    parameters = yaml.safe_dump(evidence.parameters.model_dump(), sort_keys=False, allow_unicode=True)
    contents = {CARD: text, "params.yaml": parameters}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return {name: folder / name for name in contents}


def note(run_id: str, evidence: Evidence, *, experiment: str) -> str:
    """Return the run's description in Markdown: as much of the card as MLflow keeps, and a link to
    the full card.
    """
    page_address, file_address = _addresses(run_id, experiment)
    last_line = f"\nThe full card is the artifact [{CARD}]({page_address(CARD)}).\n"
    return render_card(evidence, page_address, file_address, limit=MAX_NOTE_LENGTH - len(last_line)) + last_line


def _addresses(run_id: str, experiment: str) -> tuple[Link, Link]:
    """Return two functions of an artifact's path: the address of MLflow's page about it, and that
    of the file itself.
    """

    def page_address(path: str) -> str:
        return address(experiment, run_id, path)

    def file_address(path: str) -> str:
        return f"get-artifact?path={quote(path, safe='')}&run_uuid={run_id}"

    return page_address, file_address


def address(experiment: str, run_id: str, path: str) -> str:
    """Return the address of an artifact within MLflow's pages."""
    return f"#/experiments/{experiment}/runs/{run_id}/artifacts/{path}"


def metrics(evidence: Evidence) -> dict[str, float]:
    """Return the run's metrics by name: each finding's estimate, and the ends of its interval as
    `.low` and `.high`.

    A name is made of the finding's check and subject, in characters that MLflow takes.
    """
    values: dict[str, float] = {}
    for finding in evidence.findings:
        if not finding.check.startswith(METRIC_CHECKS):
            continue
        name = f"{finding.check.replace('.', '/', 1)}/{mlflow_name(finding.subject)}"
        numbers = {"": finding.estimate, ".low": finding.low, ".high": finding.high}
        for suffix, number in numbers.items():
            if number is not None:
                values[shortened(name + suffix)] = number
    return values


def surplus_metrics(run: Run, evidence: Evidence) -> list[str]:
    """Return the names of metrics that the run shows of these checks, and that this evidence lacks,
    sorted.

    An earlier publication has left them: MLflow can't delete a metric.
    """
    prefixes = tuple(check.replace(".", "/", 1) for check in METRIC_CHECKS)
    measured_names = {name for name in run.data.metrics if name.startswith(prefixes)}
    return sorted(measured_names - metrics(evidence).keys())


def surplus_examples(client: MlflowClient, run_id: str, evidence: Evidence) -> list[str]:
    """Return the run's files that show single examples, and that this evidence does not publish,
    sorted.

    An earlier publication has left them, for instance before publish.examples became false.
    """
    files = shown_files(client, run_id)
    return sorted(file for file in files if is_of_examples(file) and file not in evidence.files)


def shown_files(client: MlflowClient, run_id: str) -> Iterator[str]:
    """Yield the paths of the run's artifacts: files at its root, and the reports of the stages, but
    not its model.
    """
    folders: list[str | None] = [None]
    while folders:
        folder = folders.pop()
        for entry in client.list_artifacts(run_id, folder):
            if not entry.is_dir:
                yield entry.path
            elif folder is not None or entry.path in STAGES:
                folders.append(entry.path)


def build_datasets(evidence: Evidence) -> list[DatasetInput]:
    """Build MLflow's description of each split that has examples: its digest, columns and numbers
    of rows and entities.

    The digest is the first 36 digits of the split's SHA-256, as many as MLflow keeps.
    """
    task = evidence.layout.task
    source = Layout(task).prepared  # relative to the project, so that it is the same on every machine
    table = evidence.examples.table

    column_types = {str(column): MLFLOW_TYPES.get(table[column].dtype.kind, FALLBACK_TYPE) for column in table}
    schema = [{"type": kind, "name": column, "required": True} for column, kind in column_types.items()]

    inputs = []
    for split, digest in digest_splits(evidence.examples).items():
        rows = table[table["split"] == split]
        profile = {"num_rows": len(rows), "num_entities": int(rows["entity"].nunique())}
        dataset = Dataset(
            name=f"{task} {split}",
            digest=digest[:MAX_DIGEST_LENGTH],
            source_type="local",
            source=json.dumps({"uri": source.as_posix()}),
            schema=json.dumps({"mlflow_colspec": schema}),
            profile=json.dumps(profile),
        )
        inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", CONTEXTS[split])]))
    return inputs


def _log_parameters(client: MlflowClient, run_id: str, parameters: Parameters, *, known: Mapping[str, str]) -> None:
    """Write the TRAINING_PARAMETERS that the run lacks, under dotted names.

    `known` are those that it has.
    """
    content = parameters.model_dump()
    training_parameters = {name: content[name] for name in TRAINING_PARAMETERS}

    missing_parameters = []
    for dotted_name, value in flatten(training_parameters):
        name = shortened(dotted_name)
        if name not in known:
            missing_parameters.append(Param(name, str(value)[:MAX_VALUE_LENGTH]))
    for start in range(0, len(missing_parameters), MAX_PARAMETERS):
        client.log_batch(run_id, params=missing_parameters[start : start + MAX_PARAMETERS])


def _log_curves(client: MlflowClient, run_id: str, path: Path, *, known: Mapping[str, float]) -> None:
    """Write the columns of curves.csv that the run lacks, as metrics by step.

    `known` are the metrics that it has.

    Training logs the curves live, but the store may have lost that run since.
    """
    curves = pd.read_csv(require(path, "the table of the training's curves"))
    now = int(time.time() * 1000)  # milliseconds
    for name in curves.columns.difference(["step", "epoch", *known]):
        curve = curves[["step", name]].dropna()
        points = [Metric(name, float(value), now, int(step)) for step, value in curve.itertuples(index=False)]
        for start in range(0, len(points), MAX_POINTS):
            client.log_batch(run_id, metrics=points[start : start + MAX_POINTS])


def _log_metrics(client: MlflowClient, run: Run, values: Mapping[str, float]) -> None:
    """Write the metrics whose value the run does not show yet."""
    known = run.data.metrics
    run_id = run.info.run_id
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    points = [_latest_point(client, run_id, name, value, known=known) for name, value in changed.items()]
    for start in range(0, len(points), MAX_POINTS):
        client.log_batch(run_id, metrics=points[start : start + MAX_POINTS])


def _latest_point(client: MlflowClient, run_id: str, name: str, value: float, *, known: Mapping[str, float]) -> Metric:
    """Return a point whose value the run will show as the metric's.

    MLflow shows the point of the highest step, and of these the latest. So this one takes the
    highest step that is there, and a later time.
    """
    now = int(time.time() * 1000)  # milliseconds
    if name not in known:
        return Metric(name, value, now, 0)
    last = max(client.get_metric_history(run_id, name), key=lambda point: (point.step, point.timestamp))
    return Metric(name, value, max(now, last.timestamp + 1), last.step)
