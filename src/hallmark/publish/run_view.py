"""The MLflow run as a view of the files: parameters, metrics, data sets, reports and, as its description, the card."""

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
from hallmark.publish.evidence import STAGES, Evidence, lineage, without_quotes
from hallmark.publish.mlflow_names import flatten, mlflow_name, shortened
from hallmark.publish.model_card import Link, render_card
from hallmark.tracking.disclosure import is_of_examples

# What the training key covers. MLflow never changes a run's parameter, but the same training can be judged anew with
# other groups, or under other parameters of the later stages: those stand in the artifact params.yaml alone.
TRAINED_WITH = ("task", "system", "answer", "seed", "decision", "train")
# Checks that become metrics; bias has too many members for that.
MEASURED = ("evaluate.", "drift.error", "train.parity")
CARD = "card.md"  # the artifact's name in a run
CONTEXTS = {"train": "training", "validation": "validation", "test": "test", "recent": "recent"}
DIGEST, VALUE, NOTE = 36, 6000, 8000  # characters that MLflow keeps of a data set's digest, a parameter, a description
BATCH, POINTS = 100, 1000  # parameters and points of a curve in one request
COLUMNS = {"i": "long", "u": "long", "f": "double", "b": "boolean", "M": "datetime"}  # else string, by numpy's kind


def record(client: MlflowClient, run_id: str, evidence: Evidence) -> None:
    """Make the run show the evidence, also where it is a new run. Recording twice changes nothing."""
    run = client.get_run(run_id)
    _log_parameters(client, run_id, evidence.parameters, known=run.data.params)
    _log_curves(client, run_id, evidence.layout.curves, known=run.data.metrics)
    _log_metrics(client, run, metrics(evidence))
    client.log_inputs(run_id, datasets(evidence))

    with TemporaryDirectory() as scratch:
        for file in track(evidence.files, "uploading reports", transient=True, console=Console(stderr=True)):
            path = publishable(evidence.layout.reports / file, evidence, Path(scratch))
            client.log_artifact(run_id, str(path), str(PurePosixPath(file).parent))
    describe(client, run_id, evidence, experiment=run.info.experiment_id)


def publishable(path: Path, evidence: Evidence, scratch: Path) -> Path:
    """Return the file, or, where examples stay here and it quotes some, a copy of it in `scratch` without them."""
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
    """Write the card and the parameters beside the reports, and the card as the run's description."""
    with TemporaryDirectory() as scratch:
        write_documents(Path(scratch), run_id, evidence, experiment=experiment)
        client.log_artifacts(run_id, scratch)
    tags = {"mlflow.note.content": note(run_id, evidence, experiment=experiment), **verdicts.tags(evidence.verdict)}
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def write_documents(folder: Path, run_id: str, evidence: Evidence, *, experiment: str) -> dict[str, Path]:
    """Write the card and the parameters into `folder`, and return where each lies, by its name in the run."""
    text = render_card(evidence, *_addresses(run_id, experiment))
    parameters = yaml.safe_dump(evidence.parameters.model_dump(), sort_keys=False, allow_unicode=True)
    contents = {CARD: text, "params.yaml": parameters}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return {name: folder / name for name in contents}


def note(run_id: str, evidence: Evidence, *, experiment: str) -> str:
    """Return the run's description: the card, as much of it as MLflow keeps."""
    link, picture = _addresses(run_id, experiment)
    whole = f"\nThe full card is the artifact [{CARD}]({link(CARD)}).\n"
    return render_card(evidence, link, picture, limit=NOTE - len(whole)) + whole


def _addresses(run_id: str, experiment: str) -> tuple[Link, Link]:
    """Return what makes of a report's path the address of its page, and that of the file itself."""

    def link(path: str) -> str:
        return address(experiment, run_id, path)

    def picture(path: str) -> str:
        return f"get-artifact?path={quote(path, safe='')}&run_uuid={run_id}"

    return link, picture


def address(experiment: str, run_id: str, path: str) -> str:
    """Return the address of an artifact within MLflow's pages."""
    return f"#/experiments/{experiment}/runs/{run_id}/artifacts/{path}"


def metrics(evidence: Evidence) -> dict[str, float]:
    """Return every measured number with the ends of its interval, under names that MLflow takes."""
    values: dict[str, float] = {}
    for finding in evidence.findings:
        if not finding.check.startswith(MEASURED):
            continue
        name = f"{finding.check.replace('.', '/', 1)}/{mlflow_name(finding.subject)}"
        numbers = {"": finding.estimate, ".low": finding.low, ".high": finding.high}
        for suffix, number in numbers.items():
            if number is not None:
                values[shortened(name + suffix)] = number
    return values


def surplus_metrics(run: Run, evidence: Evidence) -> list[str]:
    """Return the run's metrics that bear a name of `metrics`, and are none of this evidence: MLflow deletes none."""
    prefixes = tuple(check.replace(".", "/", 1) for check in MEASURED)
    measured_names = {name for name in run.data.metrics if name.startswith(prefixes)}
    return sorted(measured_names - metrics(evidence).keys())


def surplus_examples(client: MlflowClient, run_id: str, evidence: Evidence) -> list[str]:
    """Return the run's files that show single examples, and are none of this evidence.

    They are what an earlier publication has left there, as before publish.examples became false.
    """
    return sorted(file for file in shown_files(client, run_id) if is_of_examples(file) and file not in evidence.files)


def shown_files(client: MlflowClient, run_id: str) -> Iterator[str]:
    """Yield the files of the run beside its model: the documents, and the reports of the stages."""
    folders: list[str | None] = [None]
    while folders:
        folder = folders.pop()
        for entry in client.list_artifacts(run_id, folder):
            if not entry.is_dir:
                yield entry.path
            elif folder is not None or entry.path in STAGES:
                folders.append(entry.path)


def datasets(evidence: Evidence) -> list[DatasetInput]:
    """Return a data set for each split, with the digest of its examples."""
    task = evidence.layout.task
    source = Layout(task).prepared.as_posix()  # below the project, wherever that lies
    table = evidence.examples.table
    kinds = {str(column): COLUMNS.get(table[column].dtype.kind, "string") for column in table}
    schema = [{"type": kind, "name": column, "required": True} for column, kind in kinds.items()]

    inputs = []
    for split, digest in lineage(evidence.examples).items():
        rows = table[table["split"] == split]
        about = Dataset(
            name=f"{task} {split}",
            digest=digest[:DIGEST],
            source_type="local",
            source=json.dumps({"uri": source}),
            schema=json.dumps({"mlflow_colspec": schema}),
            profile=json.dumps({"num_rows": len(rows), "num_entities": int(rows["entity"].nunique())}),
        )
        inputs.append(DatasetInput(about, [InputTag("mlflow.data.context", CONTEXTS[split])]))
    return inputs


def _log_parameters(client: MlflowClient, run_id: str, parameters: Parameters, *, known: Mapping[str, str]) -> None:
    """Write the parameters that the run lacks, of those that training reads."""
    content = parameters.model_dump()
    read_by_training = {name: content[name] for name in TRAINED_WITH}
    named = [(shortened(name), value) for name, value in flatten(read_by_training)]
    missing = [Param(name, str(value)[:VALUE]) for name, value in named if name not in known]
    for start in range(0, len(missing), BATCH):
        client.log_batch(run_id, params=missing[start : start + BATCH])


def _log_curves(client: MlflowClient, run_id: str, path: Path, *, known: Mapping[str, float]) -> None:
    """Write the curves that the run lacks: training logs them live, but the store may have lost the run since."""
    curves = pd.read_csv(require(path, "the table of the training's curves"))
    now = int(time.time() * 1000)  # milliseconds
    for name in curves.columns.difference(["step", "epoch", *known]):
        curve = curves[["step", name]].dropna()
        points = [Metric(name, float(value), now, int(step)) for step, value in curve.itertuples(index=False)]
        for start in range(0, len(points), POINTS):
            client.log_batch(run_id, metrics=points[start : start + POINTS])


def _log_metrics(client: MlflowClient, run: Run, values: Mapping[str, float]) -> None:
    """Write the measured numbers that the run does not show as they are."""
    known = run.data.metrics
    run_id = run.info.run_id
    changed = {name: value for name, value in values.items() if known.get(name) != value}
    points = [_latest_point(client, run_id, name, value, known=known) for name, value in changed.items()]
    for start in range(0, len(points), POINTS):
        client.log_batch(run_id, metrics=points[start : start + POINTS])


def _latest_point(client: MlflowClient, run_id: str, name: str, value: float, *, known: Mapping[str, float]) -> Metric:
    """Return a point that the run shows as the metric's value: of the last step that it has, and later than all."""
    now = int(time.time() * 1000)
    if name not in known:
        return Metric(name, value, now, 0)
    last = max(client.get_metric_history(run_id, name), key=lambda point: (point.step, point.timestamp))
    return Metric(name, value, max(now, last.timestamp + 1), last.step)
