"""What a store shows of a task beside what publishing would write there: reports, figures, card and description."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from hallmark import digests
from hallmark.publish import publishing, recording
from hallmark.publish.evidence import STAGES, Evidence
from hallmark.tracking.registry import ABSENT, Difference

NOTE = "mlflow.note.content"
SIGNATURE = "gate/signature.json"  # given after publication, and looked at by promotion itself


def differences(client: MlflowClient, version: ModelVersion, evidence: Evidence, reports: Path) -> list[Difference]:
    """Return every way in which the version's run shows other than the files here, by a digest of each file.

    What lies there beside them, such as a figure of an earlier publication, no page of the card leads to. Raises
    MLflow's exceptions where the run is gone.
    """
    run = client.get_run(version.run_id)
    run_id, experiment = run.info.run_id, run.info.experiment_id
    shown = set(_shown(client, run_id))

    found = []
    with TemporaryDirectory() as scratch:
        expected = recording.write_documents(Path(scratch), run_id, evidence, experiment=experiment)
        for file, path in expected.items():
            found += _compare(client, run_id, file, path, file in shown)
    for file in [file for file in evidence.files if file != SIGNATURE]:
        with TemporaryDirectory() as scratch:
            path = recording.publishable(reports / file, evidence, Path(scratch))
            found += _compare(client, run_id, file, path, file in shown)

    texts = {
        "the card that the run shows": (
            recording.note(run_id, evidence, experiment=experiment),
            run.data.tags.get(NOTE),
        ),
        "the description of the version": (
            publishing.description(evidence, experiment, run_id),
            version.description,
        ),
    }
    for subject, (written, seen) in texts.items():
        if written.strip() != (seen or "").strip():
            found.append(Difference(subject, digests.text(written), digests.text(seen or "")))
    return found


def _shown(client: MlflowClient, run_id: str) -> Iterator[str]:
    """Yield the files of the run beside its model: the documents, and the reports of the stages."""
    folders: list[str | None] = [None]
    while folders:
        folder = folders.pop()
        for entry in client.list_artifacts(run_id, folder):
            if not entry.is_dir:
                yield entry.path
            elif folder is not None or entry.path in STAGES:
                folders.append(entry.path)


def _compare(client: MlflowClient, run_id: str, file: str, path: Path, is_shown: bool) -> list[Difference]:
    own = digests.file(path)
    copy = ABSENT
    if is_shown:
        with TemporaryDirectory() as scratch:
            copy = digests.file(Path(client.download_artifacts(run_id, file, scratch)))
    return [] if own == copy else [Difference(f"{file} in MLflow", own, copy)]
