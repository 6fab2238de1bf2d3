"""HEAD's verdict → the alias `challenger` in MLflow.

Only what is committed and locked is published.
"""

from hallmark import command
from hallmark.config import Parameters
from hallmark.contracts import verdicts
from hallmark.errors import InputError
from hallmark.layout import Layout
from hallmark.tracking import connection
from hallmark.verify import lock, repository
from pipelines.publish import publish_task


def main(parameters: Parameters, layout: Layout) -> None:
    require_committed(layout)
    require_locked(layout)
    verdict = verdicts.read(layout.verdict)
    if verdict.status == "not judged":
        raise InputError(f"there is no verdict to challenge with, {verdict.sentence}: set it to true, and run it again")

    publish_task(parameters, layout, connection.connect(), as_challenger=True)


def require_committed(layout: Layout) -> None:
    """Raise `InputError` where code, evidence or the task's entries of dvc.lock differ from HEAD's."""
    edited = repository.uncommitted(layout.root, lock.code_and_evidence(layout.root, layout.task))
    if edited:
        more = f" and {len(edited) - 3} more" if len(edited) > 3 else ""
        raise InputError(f"not as committed: {', '.join(edited[:3])}{more}; commit or restore them, then challenge")

    committed_lock = lock.entries(repository.committed(layout.root, lock.NAME), layout.task)
    if lock.read(layout.root, layout.task) != committed_lock:
        raise InputError(f"{lock.NAME} tells of {layout.task} other than HEAD does: commit it, then challenge")


def require_locked(layout: Layout) -> None:
    """Raise `InputError` where a file of the task differs from what dvc.lock names."""
    differences = lock.compare_files(layout.root, layout.task)
    if differences:
        first = f"{differences[0].subject} is {differences[0].expected}, {differences[0].actual} was found"
        raise InputError(f"{len(differences)} differences from {lock.NAME} ({first}): `dvc checkout`, or `dvc repro`")


if __name__ == "__main__":
    command.run("challenge", main)
