"""A repository with snapshots of one task in DVC's cache, named by the dvc.lock of two commits."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

# Evidently 0.7 imports modules and calls functions that other libraries have deprecated; its warnings are not ours.


@pytest.fixture
def commit_snapshot(tmp_path: Path) -> Callable[..., str]:
    """Return a function that commits a dvc.lock with a snapshot; it returns the commit."""
    _run(tmp_path, "git", "init", "-q", "-b", "main")
    _run(tmp_path, "dvc", "init", "-q")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/tasks.yaml").write_text("tasks: {pets: {system: image}}\nbundled: {}\n", encoding="utf-8")

    def commit(text: str, *, day: int, is_cached: bool = True) -> str:
        md5 = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        if is_cached:
            cached = tmp_path / ".dvc/cache/files/md5" / md5[:2] / md5[2:]
            cached.parent.mkdir(parents=True, exist_ok=True)
            cached.write_text(text, encoding="utf-8")
        out = {"path": "reports/pets/drift/snapshot.json", "hash": "md5", "md5": md5, "size": len(text)}
        lock = {"schema": "2.0", "stages": {"drift@pets": {"cmd": "true", "outs": [out]}}}
        (tmp_path / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False), encoding="utf-8")
        _run(tmp_path, "git", "add", "-A")
        date = f"2026-03-{day:02}T12:00:00+02:00"
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        _run(tmp_path, "git", *who, "commit", "-q", "--allow-empty", "-m", "drift", date=date)
        return _run(tmp_path, "git", "rev-parse", "HEAD").strip()

    return commit


@pytest.fixture(scope="session")
def snapshot_text() -> Callable[[float], str]:
    """Return a function that makes a snapshot as the stage does, of a column that has shifted by so much."""

    def made(shift: float) -> str:
        import pandas as pd
        from evidently import DataDefinition, Dataset, Report
        from evidently.metrics import MeanValue

        values = {"columns that alarm": 1.0, "shift of descriptor.ink": shift, "change of accuracy": -0.01}
        data = Dataset.from_pandas(pd.DataFrame([values]), DataDefinition(numerical_columns=list(values)))
        report = Report([MeanValue(column=name) for name in values], metadata={"task": "pets"}, tags=["pets"])
        return str(report.run(data, None).dumps())

    return made


def _run(folder: Path, *command: str, date: str = "") -> str:
    environment = os.environ | {"DVC_NO_ANALYTICS": "true"}
    if date:
        environment |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    words = ["python", "-m", *command] if command[0] == "dvc" else list(command)
    process = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return process.stdout
