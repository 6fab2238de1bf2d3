"""HEAD's verdict → the alias `challenger` in MLflow: what is committed and locked is published, and nothing else."""

from pathlib import Path

from hallmark import command
from hallmark.errors import InputError
from hallmark.tracking import connection
from hallmark.verify import lock, repository
from pipelines.publish import publish_task


def main(task: str) -> None:
    here = Path()
    edited = repository.uncommitted(here, lock.code_and_evidence(here, task))
    if edited:
        more = f" and {len(edited) - 3} more" if len(edited) > 3 else ""
        raise InputError(f"not as committed: {', '.join(edited[:3])}{more}; commit or restore them, then challenge")
    if lock.read(here, task) != lock.entries(repository.committed(here, lock.NAME), task):
        raise InputError(f"{lock.NAME} tells of {task} other than HEAD does: commit it, then challenge")
    differences = lock.differences(here, task)
    if differences:
        first = f"{differences[0].subject} is {differences[0].committed}, {differences[0].seen} was found"
        raise InputError(f"{len(differences)} differences from {lock.NAME} ({first}): `dvc checkout`, or `dvc repro`")

    publish_task(task, connection.connect(), as_challenger=True)


if __name__ == "__main__":
    command.run("challenge", main)
