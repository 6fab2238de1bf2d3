"""The owner of a registered model: one task, named by a tag."""

from functools import partial
from typing import Any

from hallmark.errors import InputError
from hallmark.tracking.connection import unless_missing
from hallmark.tracking.runs import TASK


def claim(client: Any, name: str, task: str) -> None:
    """Require the registered model `name`, if there is one, to be the task's.

    Raises `InputError` otherwise.

    A model without the tag, as former versions of this program left it, becomes the task's where it
    has versions, and all of them come from runs of the task. One without versions may be meant for
    another task.
    """
    owner = owner_of(client, name)
    if owner is None:
        return
    if owner == "" and _versions_come_from(client, name, task):
        client.set_registered_model_tag(name, TASK, task)
    else:
        require_owner(client, name, task)


def create(client: Any, name: str, task: str) -> None:
    """Create the registered model `name` as the task's, unless there is one already (see `claim`)."""
    from mlflow.exceptions import MlflowException  # after `connection.connect`, which sets what MLflow reads

    claim(client, name, task)
    if owner_of(client, name) is not None:
        return
    try:
        client.create_registered_model(name, tags={TASK: task})
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        require_owner(client, name, task)  # another process has created it in the meantime


def require_owner(client: Any, name: str, task: str) -> None:
    """Raise `InputError` where the registered model is another task's, or has no tag.

    A model that does not exist passes.
    """
    owner = owner_of(client, name)
    if owner in (None, task):
        return
    if owner:
        raise InputError(
            f"the registered model {name!r} belongs to task {owner!r}, not to {task!r}: "
            f"give publish.model_name of {task!r} another value"
        )
    raise InputError(
        f"the registered model {name!r} has no tag {TASK}, so it is not known to be task {task!r}'s: "
        "set that tag in MLflow if it is, or give publish.model_name another value"
    )


def owner_of(client: Any, name: str) -> str | None:
    """Return the task in the registered model's tag; "" without the tag, None without the model."""
    model = unless_missing(lambda: client.get_registered_model(name))
    return None if model is None else str(model.tags.get(TASK, ""))


def _versions_come_from(client: Any, name: str, task: str) -> bool:
    """Return whether the model has versions, and each comes from a run of the task that still
    exists.
    """
    versions = client.search_model_versions(f"name = '{name}'")
    if not versions:
        return False

    for run_id in {version.run_id for version in versions}:
        run = unless_missing(partial(client.get_run, run_id))
        if run is None or run.data.tags.get(TASK) != task:  # of a run that is gone, nobody knows whose it was
            return False
    return True
