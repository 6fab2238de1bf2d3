"""`make drift-ui`: Evidently's UI on the drift of every task over time, on this machine alone."""

import os
import sys
from pathlib import Path

from hallmark.configure import task_list
from hallmark.drift_ui import evidently_workspace, past_snapshots
from hallmark.errors import InputError
from hallmark.tracking.serve import HOST, read_port, require_free, serve_until_told

PORT = 8000  # Evidently's own
_MISTAKE = 2  # exit status


def main(arguments: list[str]) -> int:
    """Bring the workspace up to date, then serve until Ctrl-C. The one argument is a port."""
    os.environ["DO_NOT_TRACK"] = "1"  # no event of the program, and none of its pages
    root = Path()
    try:
        port = read_port(arguments, default=PORT)
        require_free(port, target="drift-ui")
        listed = task_list.read_tasks(root / "conf" / "tasks.yaml")
        history = past_snapshots.read_history(root, list(listed))
    except InputError as error:
        sys.stderr.write(f"drift-ui: {error}\n")
        return _MISTAKE
    if not history.snapshots:
        sys.stderr.write(
            "drift-ui: no task has a snapshot of its drift here: `make repro` or `dvc fetch` brings them\n"
        )
        return _MISTAKE

    answers = {name: task.answer for name, task in listed.items()}
    n_added = evidently_workspace.synchronise(root / evidently_workspace.FOLDER, answers, history.snapshots)
    sys.stderr.write(f"{len(history.snapshots)} runs, {n_added} of them new\n")
    if history.n_missing:
        sys.stderr.write(
            f"{history.n_missing} runs are not in DVC's cache here: `dvc fetch --all-commits` brings them\n"
        )

    sys.stderr.write(f"http://{HOST}:{port} shows the drift of every task over time; Ctrl-C ends it\n")
    command = [sys.executable, "-c", "from evidently.cli import app; app()", "ui", "--host", HOST, "--port", str(port)]
    return serve_until_told([*command, "--workspace", evidently_workspace.FOLDER], dict(os.environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
