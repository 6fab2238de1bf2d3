"""Runs of MLflow: one for each training, found again by a digest of what the training depends on."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hallmark.errors import InputError
from hallmark.tracking import connection
from hallmark.tracking.disclosure import is_of_examples
from hallmark.tracking.markdown import escape

KEY, TASK, STAGE = "hallmark.key", "hallmark.task", "hallmark.stage"
NOTE = 2000  # characters of a failure's description


@dataclass(frozen=True)
class Run:
    """A run in MLflow, and the `MlflowClient` to talk to it with."""

    client: Any
    id: str

    def end(self, status: str = "FINISHED") -> None:
        """Set the status that a person sees: FINISHED, FAILED or KILLED."""
        self.client.set_terminated(self.id, status)

    def end_quietly(self, status: str) -> None:
        """Set the status after a failure.

        An error in doing so is dropped, since the failure itself is reported.
        """
        with suppress(InputError), connection.answering(), connection.impatience():
            self.end(status)


def open_run(*, experiment: str, key: str, task: str, client: Any = None, resume: bool = True) -> Run:
    """Return the run whose tag `hallmark.key` is `key`, or a new one.

    `key` is a digest of what the training depends on. A run that is there gets the status RUNNING,
    unless `resume` is false. Without a client, this connects to the store of this process. Raises
    `InputError` where MLflow does not answer.
    """
    client = client or connection.connect()
    with connection.answering():
        experiment_id = _experiment_id(client, experiment)
        run_ids = find_runs(client, experiment_id, key)
        if not run_ids:
            return create_run(client, experiment_id, key=key, task=task)

        newest = run_ids[0]
        if resume:
            client.update_run(newest, status="RUNNING")
        return Run(client, newest)


def find_runs(client: Any, experiment: str, key: str) -> list[str]:
    """Return the ids of an experiment's runs with this key, the newest first; deleted ones are left
    out.
    """
    runs = client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", order_by=["start_time DESC"])
    return [str(run.info.run_id) for run in runs]


def create_run(client: Any, experiment: str, *, key: str, task: str, tags: Mapping[str, str] | None = None) -> Run:
    """Create a run with this key in the experiment with the id `experiment`.

    `tags` are further tags.
    """
    own_tags = {KEY: key, TASK: task}
    return Run(client, _create(client, experiment, name=f"{task} {key[:8]}", tags={**own_tags, **(tags or {})}))


def record_failure(
    *, task: str, experiment: str, stage: str, folder: Path, sentence: str, examples: bool = False
) -> Run:
    """Create a failed run that shows why:

    `sentence` is its description, the files in `folder` its artifacts.

    Files that show single examples are left out, unless `examples` allows them. The sentence may
    hold values of the data, so its Markdown is escaped. Raises `InputError` where MLflow does not
    answer.
    """
    client = connection.connect()
    tags = {TASK: task, STAGE: stage, "mlflow.note.content": escape(sentence)[:NOTE]}
    with connection.answering():
        experiment_id = _experiment_id(client, experiment)
        run = Run(client, _create(client, experiment_id, name=f"{task} {stage} failed", tags=tags))
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            file = PurePosixPath(stage, path.relative_to(folder).as_posix())
            if examples or not is_of_examples(str(file)):
                client.log_artifact(run.id, str(path), str(file.parent))
        run.end("FAILED")
    return run


def _experiment_id(client: Any, name: str) -> str:
    """Return the id of the experiment of this name, created or restored where it is not there."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name, artifact_location=connection.artifacts(client)))
        except Exception:  # MLflow's; another process may have created it in the meantime
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise

    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)


def _create(client: Any, experiment: str, *, name: str, tags: dict[str, str]) -> str:
    run = client.create_run(experiment, run_name=name, tags=tags)
    return str(run.info.run_id)
