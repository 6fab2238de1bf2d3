"""Runs of MLflow: one for each training, found again by a digest of what the training depends on."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hallmark import experiments
from hallmark.errors import InputError
from hallmark.tracking import connection
from hallmark.tracking.disclosure import is_of_examples
from hallmark.tracking.markdown import escape

KEY, TASK, STAGE = "hallmark.key", "hallmark.task", "hallmark.stage"
EXPERIMENT = "hallmark.experiment"  # the name of the DVC experiment that created the run
NOTE = 2000  # characters of a failure's description


@dataclass(frozen=True)
class Run:
    """A run in MLflow, and the `MlflowClient` to talk to it with.

    trained_until: The time at which its training ended, in milliseconds since 1970; None where it
        has not, or is not known to have.
    """

    client: Any
    id: str
    trained_until: int | None = None

    def end(self, status: str = "FINISHED") -> None:
        """Set the status that a person sees: FINISHED, FAILED or KILLED.

        The run ends now, or when its training did: a run's duration is that of its training,
        whatever is added to the run later.
        """
        self.client.set_terminated(self.id, status, self.trained_until)

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

        return reopen(client, run_ids[0], resume=resume)


def reopen(client: Any, run_id: str, *, resume: bool = True, seconds: float | None = None) -> Run:
    """Return the run with this id; it gets the status RUNNING, unless `resume` is false.

    A training that has finished is not prolonged by what comes later. `seconds` is how long it
    took: where the run does not know its end, it ends so long after its start.
    """
    info = client.get_run(run_id).info
    if resume:
        client.update_run(run_id, status="RUNNING")

    trained_until = info.end_time if info.status == "FINISHED" else None
    if trained_until is None and seconds is not None:
        trained_until = info.end_time or info.start_time + round(seconds * 1000)
    return Run(client, run_id, trained_until)


def find_runs(client: Any, experiment: str, key: str) -> list[str]:
    """Return the ids of an experiment's runs with this key, the newest first; deleted ones are left
    out.
    """
    runs = client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", order_by=["start_time DESC"])
    return [str(run.info.run_id) for run in runs]


def create_run(
    client: Any,
    experiment: str,
    *,
    key: str,
    task: str,
    tags: Mapping[str, str] | None = None,
    start_time: int | None = None,
) -> Run:
    """Create a run with this key in the experiment with the id `experiment`.

    `tags` are further tags; in a DVC experiment the run bears its name as a tag, too. `start_time`
    is in milliseconds since 1970; None is now.
    """
    own_tags = {KEY: key, TASK: task, **(tags or {})}
    if experiments.is_experiment(os.environ):
        own_tags[EXPERIMENT] = experiments.name(os.environ)
    return Run(client, _create(client, experiment, name=f"{task} {key[:8]}", tags=own_tags, start_time=start_time))


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


def _create(client: Any, experiment: str, *, name: str, tags: dict[str, str], start_time: int | None = None) -> str:
    run = client.create_run(experiment, run_name=name, tags=tags, start_time=start_time)
    return str(run.info.run_id)
