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
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from rich.console import Console
from rich.progress import track

from hallmark.config import Parameters
from hallmark.contracts import findings, verdicts
from hallmark.contracts.verdicts import STATUSES, Verdict
from hallmark.files import require
from hallmark.layout import Layout
from hallmark.publish import run_metrics, run_tables
from hallmark.publish.evidence import STAGES, Evidence, digest_splits, without_quotes
from hallmark.publish.mlflow_names import flatten, shortened
from hallmark.publish.model_card import Link, render_card
from hallmark.tracking.disclosure import is_of_examples

# Parameters that the run shows: those that the training key covers. MLflow never changes a run's
# parameter, but the same training can be judged again with other groups, or other parameters of
# later stages: those are in the artifact params.yaml alone.
TRAINING_PARAMETERS = ("task", "system", "answer", "seed", "decision", "train")
CARD = "card.md"  # the artifact's name in a run
NOTE = "mlflow.note.content"  # MLflow's tag of a run's description
VERDICT = "verdict"  # the tag by which people search: tags.verdict = 'eligible'
OVERRIDES = "overrides"  # the tag that names what `make repro SET=…` overrode
CONTEXTS = {"train": "training", "validation": "validation", "test": "test", "recent": "recent"}  # by split
# Characters that MLflow keeps of a data set's digest, of a parameter's value, of a description and of another tag.
MAX_DIGEST_LENGTH, MAX_VALUE_LENGTH, MAX_NOTE_LENGTH, MAX_TAG_LENGTH = 36, 6000, 8000, 5000
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
    run_metrics.log_measures(client, run, evidence)
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
    """Write the card, params.yaml and the tables as artifacts, the card as the run's description, the
    verdict's tags, and the run's name.
    """
    with TemporaryDirectory() as scratch:
        documents = write_documents(Path(scratch), run_id, evidence, experiment=experiment)
        client.log_artifacts(run_id, scratch)
    run_tables.declare_tables(client, run_id, [name for name in documents if name.startswith(run_tables.FOLDER)])

    tags = {NOTE: note(run_id, evidence, experiment=experiment), **verdict_tags(evidence.verdict)}
    overrides = override_tag(evidence.parameters)
    if overrides:
        tags[OVERRIDES] = overrides
    elif OVERRIDES in client.get_run(run_id).data.tags:  # of an earlier publication of the same training
        client.delete_tag(run_id, OVERRIDES)
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
    client.update_run(run_id, name=run_name(evidence))


def verdict_tags(verdict: Verdict) -> dict[str, str]:
    """Return the tags of a run, a logged model and a version: those that promotion compares, and the
    status under the name by which people search.
    """
    return {VERDICT: verdict.status, **verdicts.tags(verdict)}


def override_tag(parameters: Parameters) -> str:
    """Return what was overridden, in Hydra's words, as a tag keeps it; "" where nothing was."""
    return " ".join(parameters.overrides)[:MAX_TAG_LENGTH]


def run_name(evidence: Evidence) -> str:
    """Return the name by which lists show the run: task, training and verdict."""
    training_key = str(evidence.package.manifest["training"]["key"])
    status = evidence.verdict.status
    return f"{evidence.layout.task} {training_key[:8]} {STATUSES[status]} {status}"


def write_documents(folder: Path, run_id: str, evidence: Evidence, *, experiment: str) -> dict[str, Path]:
    """Write the card, params.yaml and the tables into `folder`.

    Returns the path of each, by its artifact's name in the run.
    """
    text = render_card(evidence, *_addresses(run_id, experiment))
    parameters = yaml.safe_dump(evidence.parameters.model_dump(), sort_keys=False, allow_unicode=True)
    contents = {CARD: text, "params.yaml": parameters}
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return {**{name: folder / name for name in contents}, **run_tables.write_tables(folder, evidence)}


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


def surplus_examples(client: MlflowClient, run_id: str, evidence: Evidence) -> list[str]:
    """Return the run's files that show single examples, and that this evidence does not publish,
    sorted.

    An earlier publication has left them, for instance before publish.examples became false.
    """
    files = shown_files(client, run_id)
    return sorted(file for file in files if is_of_examples(file) and file not in evidence.files)


def shown_files(client: MlflowClient, run_id: str) -> Iterator[str]:
    """Yield the paths of the run's artifacts: files at its root, the tables, and the reports of the
    stages, but not its model.
    """
    folders: list[str | None] = [None]
    while folders:
        folder = folders.pop()
        for entry in client.list_artifacts(run_id, folder):
            if not entry.is_dir:
                yield entry.path
            elif folder is not None or entry.path in (*STAGES, run_tables.FOLDER):
                folders.append(entry.path)


def datasets_by_split(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """Return name and digest of the data set of each split, as `build_datasets` describes them.

    The test split is left out where it stays sealed: such a run has not used it.
    """
    is_sealed = evidence.verdict.status == "not judged"
    names = {}
    for split, digest in digest_splits(evidence.examples).items():
        if split == "test" and is_sealed:
            continue
        names[split] = (f"{evidence.layout.task} {split}", digest[:MAX_DIGEST_LENGTH])
    return names


def build_datasets(evidence: Evidence) -> list[DatasetInput]:
    """Build MLflow's description of each split that was used: its digest, columns and numbers of rows
    and entities.

    The digest is the first 36 digits of the split's SHA-256, as many as MLflow keeps.
    """
    source = Layout(evidence.layout.task).prepared  # relative to the project, so that it is the same on every machine
    table = evidence.examples.table

    column_types = {str(column): MLFLOW_TYPES.get(table[column].dtype.kind, FALLBACK_TYPE) for column in table}
    schema = [{"type": kind, "name": column, "required": True} for column, kind in column_types.items()]

    inputs = []
    for split, (name, digest) in datasets_by_split(evidence).items():
        rows = table[table["split"] == split]
        profile = {"num_rows": len(rows), "num_entities": int(rows["entity"].nunique())}
        dataset = Dataset(
            name=name,
            digest=digest,
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
