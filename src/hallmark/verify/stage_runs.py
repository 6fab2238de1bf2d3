"""Running an export's own stages: with its code alone, no cache of compiled code, and no secret of
the environment.
"""

import os
import subprocess
import sys
from pathlib import Path

from hallmark.errors import InputError

VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CUDA_VISIBLE_DEVICES")
PREFIXES = ("LC_", "OMP_", "MKL_", "OPENBLAS_", "KMP_", "GOMP_")


def environment(export: Path, cache: Path) -> dict[str, str]:
    """Return the environment of a stage: what a computation needs, without addresses and passwords
    of servers.

    Compiled code is read from `cache`, which is empty at first, so that no planted `.pyc` runs. All
    stages share it, since compiling the packages takes longer than running a stage.
    """
    inherited = {name: value for name, value in os.environ.items() if name in VARIABLES or name.startswith(PREFIXES)}
    own = {"PYTHONPATH": str(export / "src"), "PYTHONPYCACHEPREFIX": str(cache), "PYTHONUTF8": "1"}
    quiet = {"DVC_NO_ANALYTICS": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    quiet["COLUMNS"] = "160"
    return inherited | own | quiet


def run_stage(stage: str, task: str, *, export: Path, cache: Path) -> str:
    """Run `python -m pipelines.<stage> <task>` in the export.

    Returns "" or, where it fails, the last line that it printed.
    """
    command = [sys.executable, "-m", f"pipelines.{stage}", task]
    process = subprocess.run(  # noqa: S603 (our own words)
        command, cwd=export, env=environment(export, cache), capture_output=True, text=True
    )
    if process.returncode == 0:
        return ""

    lines = [line for line in (process.stdout + process.stderr).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"status {process.returncode}"


def require_own_code(export: Path, cache: Path) -> None:
    """Raise `InputError` where Python would import the package from anywhere but the export."""
    code = "import hallmark, pipelines; print(hallmark.__file__, pipelines.__file__, sep='\\n')"
    process = subprocess.run(  # noqa: S603 (our own words)
        [sys.executable, "-c", code], cwd=export, env=environment(export, cache), capture_output=True, text=True
    )
    files = [Path(line) for line in process.stdout.splitlines()]
    are_own = len(files) == 2 and all(file.is_relative_to(export) for file in files)
    if process.returncode != 0 or not are_own:
        other = " and ".join(map(str, files)) or process.stderr.strip().rpartition("\n")[2]
        raise InputError(f"the code of the commit would not be run, but {other}: something on Python's path hides it")
