"""What MLflow shows of a task, compared with what publishing would write: reports, figures, metrics
and texts.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from hallmark import digests
from hallmark.evidence_differences import Difference
from hallmark.publish import publication, run_metrics, run_view
from hallmark.publish.evidence import Evidence
from hallmark.tracking.connection import unless_missing
from hallmark.tracking.model_registry import ABSENT


def compare_store(client: MlflowClient, version: ModelVersion, evidence: Evidence) -> list[Difference]:
    """Return every way in which the version and its run show something other than publishing would
    write.

    Files are compared by digest. A file of the run that shows single examples, and that the
    evidence does not publish, is a difference, since it may be a person's (see `disclosure`). Other
    surplus files, such as a figure of an earlier publication, are ignored: no page of the card
    links them. A run that is gone or deleted is the one difference.
    """
    run = _active_run(client, version.run_id)
    if run is None:
        return [Difference("run of the version", "an active run: publish again", f"{version.run_id} is deleted")]

    return [
        *_compare_files(client, run, evidence),
        *_compare_texts(run, version, evidence),
        *_compare_data(run, version, evidence),
    ]


def _compare_files(client: MlflowClient, run: Run, evidence: Evidence) -> list[Difference]:
    """Compare the run's files with the documents and reports that publishing would write there."""
    run_id = run.info.run_id
    shown_files = set(run_view.shown_files(client, run_id))

    differences = []
    with TemporaryDirectory() as scratch:
        documents = run_view.write_documents(Path(scratch), run_id, evidence, experiment=run.info.experiment_id)
        for name, path in documents.items():
            differences += _compare_file(client, run_id, name, path, name in shown_files)

    for name in evidence.files:
        own_path = evidence.layout.reports / name
        if own_path == evidence.layout.signature:  # given after publication, and looked at by promotion itself
            continue
        with TemporaryDirectory() as scratch:
            path = run_view.publishable(own_path, evidence, Path(scratch))
            differences += _compare_file(client, run_id, name, path, name in shown_files)

    for name in run_view.surplus_examples(client, run_id, evidence):
        disclosed = "single examples that are not published: publish again"
        differences.append(Difference(f"{name} in MLflow", ABSENT, disclosed))
    return differences


def _compare_texts(run: Run, version: ModelVersion, evidence: Evidence) -> list[Difference]:
    """Compare the descriptions of run and version with those that publishing would write."""
    run_id = run.info.run_id
    experiment = run.info.experiment_id
    note = run_view.note(run_id, evidence, experiment=experiment)
    description = publication.description(evidence, experiment, run_id)
    return [
        *_compare_text("the card that the run shows", note, run.data.tags.get(run_view.NOTE) or ""),
        *_compare_text("the description of the version", description, version.description or ""),
    ]


def _compare_text(subject: str, expected: str, shown: str) -> list[Difference]:
    if expected.strip() == shown.strip():
        return []
    return [Difference(subject, digests.text(expected), digests.text(shown))]


def _compare_data(run: Run, version: ModelVersion, evidence: Evidence) -> list[Difference]:
    """Compare the run's metrics, and the verdict's tags, with the evidence."""
    differences = []
    for name, measure in run_metrics.measures(evidence).items():
        shown_number = run.data.metrics.get(name)
        if shown_number != measure.value:
            differences.append(Difference(f"metric {name} of the run", str(measure.value), str(shown_number)))

    for name in run_metrics.surplus_metrics(run, evidence):
        differences.append(Difference(f"metric {name} of the run", "none", str(run.data.metrics[name])))

    for name, value in run_view.verdict_tags(evidence.verdict).items():
        if run.data.tags.get(name) != value:
            differences.append(Difference(f"tag {name} of the run", value, run.data.tags.get(name, "missing")))
    overrides = run_view.override_tag(evidence.parameters)
    shown_overrides = run.data.tags.get(run_view.OVERRIDES, "")
    if shown_overrides != overrides:
        differences.append(Difference(f"tag {run_view.OVERRIDES} of the run", overrides, shown_overrides))
    if version.tags.get(run_view.VERDICT) != evidence.verdict.status:
        shown_status = version.tags.get(run_view.VERDICT, "missing")
        differences.append(Difference(f"tag {run_view.VERDICT} of the version", evidence.verdict.status, shown_status))
    return differences


def _active_run(client: MlflowClient, run_id: str) -> Run | None:
    """Return the run; None where it, or its experiment, has been deleted."""
    run = unless_missing(lambda: client.get_run(run_id))
    return run if run is not None and run.info.lifecycle_stage == "active" else None


def _compare_file(client: MlflowClient, run_id: str, name: str, path: Path, is_shown: bool) -> list[Difference]:
    """Compare a file of the run with the file at `path`, by their digests."""
    own_digest = digests.file(path)
    shown_digest = ABSENT
    if is_shown:
        with TemporaryDirectory() as scratch:
            shown_digest = digests.file(Path(client.download_artifacts(run_id, name, scratch)))
    return [] if own_digest == shown_digest else [Difference(f"{name} in MLflow", own_digest, shown_digest)]
