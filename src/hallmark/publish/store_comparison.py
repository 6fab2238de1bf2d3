"""What a store shows of a task beside what publishing would write there: reports, figures, metrics and texts."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from hallmark import digests
from hallmark.contracts import verdicts
from hallmark.publish import publication, run_view
from hallmark.publish.evidence import Evidence
from hallmark.tracking.connection import unless_missing
from hallmark.tracking.registry import ABSENT, Difference

NOTE = "mlflow.note.content"


def find_differences(client: MlflowClient, version: ModelVersion, evidence: Evidence) -> list[Difference]:
    """Return every way in which the version's run shows other than the files here, by a digest of each file.

    What shows single examples must be among them, since it may be a person's (see `disclosure`). To what else lies
    there, such as a figure of an earlier publication, no page of the card leads. Where the run is gone, or deleted,
    that is the one difference.
    """
    run = _active_run(client, version.run_id)
    if run is None:
        return [Difference("run of the version", "an active run: publish again", f"{version.run_id} is deleted")]
    run_id, experiment = run.info.run_id, run.info.experiment_id
    shown = set(run_view.shown_files(client, run_id))

    found = []
    with TemporaryDirectory() as scratch:
        expected = run_view.write_documents(Path(scratch), run_id, evidence, experiment=experiment)
        for file, path in expected.items():
            found += _compare(client, run_id, file, path, file in shown)
    for file in evidence.files:
        own_path = evidence.layout.reports / file
        if own_path == evidence.layout.signature:  # given after publication, and looked at by promotion itself
            continue
        with TemporaryDirectory() as scratch:
            path = run_view.publishable(own_path, evidence, Path(scratch))
            found += _compare(client, run_id, file, path, file in shown)

    for file in run_view.surplus_examples(client, run_id, evidence):
        found.append(Difference(f"{file} in MLflow", ABSENT, "single examples that are not published: publish again"))

    texts = {
        "the card that the run shows": (
            run_view.note(run_id, evidence, experiment=experiment),
            run.data.tags.get(NOTE),
        ),
        "the description of the version": (
            publication.description(evidence, experiment, run_id),
            version.description,
        ),
    }
    for subject, (written, seen) in texts.items():
        if written.strip() != (seen or "").strip():
            found.append(Difference(subject, digests.text(written), digests.text(seen or "")))
    return found + _compare_data(run, evidence)


def _compare_data(run: Run, evidence: Evidence) -> list[Difference]:
    """Compare the metrics and the verdict's tags that the run shows with the evidence."""
    metrics = run_view.metrics(evidence)
    numbers = {name: run.data.metrics.get(name) for name in metrics}
    found = [
        Difference(f"metric {name} of the run", str(metrics[name]), str(number))
        for name, number in numbers.items()
        if number != metrics[name]
    ]
    for name in run_view.surplus_metrics(run, evidence):
        found.append(Difference(f"metric {name} of the run", "none", str(run.data.metrics[name])))
    for name, value in verdicts.tags(evidence.verdict).items():
        if run.data.tags.get(name) != value:
            found.append(Difference(f"tag {name} of the run", value, run.data.tags.get(name, "missing")))
    return found


def _active_run(client: MlflowClient, run_id: str) -> Run | None:
    """Return the run, or None where it, or its experiment, has been deleted."""
    run = unless_missing(lambda: client.get_run(run_id))
    return run if run is not None and run.info.lifecycle_stage == "active" else None


def _compare(client: MlflowClient, run_id: str, file: str, path: Path, is_shown: bool) -> list[Difference]:
    own = digests.file(path)
    copy = ABSENT
    if is_shown:
        with TemporaryDirectory() as scratch:
            copy = digests.file(Path(client.download_artifacts(run_id, file, scratch)))
    return [] if own == copy else [Difference(f"{file} in MLflow", own, copy)]
