"""The entry, as a person runs it: what is written, what is said, and how it exits."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import parameters_file
import pytest
from entries import call

from hallmark.contracts import examples as contract
from hallmark.contracts import findings
from hallmark.contracts.examples import Examples
from pipelines import validate

# Great Expectations itself imports modules that Python has renamed.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning"),
]

ROOT = Path(__file__).parents[2]
PARAMETERS: dict[str, Any] = {
    "validate": {"minimum_per_class": 2, "minimum_per_group": 4, "expectations": {}},
    "prepare__reading__groups": {"sex": {}},
    "prepare__reading__bands": {},
    "bias__groups": ["sex"],
}


def arrange(folder: Path, prepared: Examples, *, examples: bool = False) -> None:
    contract.write(prepared, folder / "data/prepared/image")
    parameters = {**PARAMETERS, "publish__experiment": "image", "publish__examples": examples}
    parameters_file.write(folder / "params/image.yaml", **parameters)


def test_clean_data_pass_and_leave_a_report(clean: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrange(tmp_path, clean)
    monkeypatch.chdir(tmp_path)
    assert call(validate.main, "image") == 0
    folder = tmp_path / "reports/image/validate"
    assert {f.verdict for f in findings.read(folder / "findings.json")} == {"pass", "not applicable"}
    assert pd.read_csv(folder / "failures.csv").empty
    assert (folder / "data_docs/index.html").stat().st_size > 1000


@pytest.mark.parametrize("shown", [False, True])
def test_a_failure_is_told_kept_and_recorded(clean: Examples, tmp_path: Path, shown: bool) -> None:
    table = clean.table.assign(entity=clean.table["entity"].where(clean.table["id"] != "e12", "card 3"))
    arrange(tmp_path, replace(clean, table=table), examples=shown)
    environment = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db", "COLUMNS": "140"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pipelines.validate", "image"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "entity card 3, id e06 and e12" in ran.stderr

    folder = tmp_path / "reports/image/validate"
    failed = [f for f in json.loads((folder / "findings.json").read_text()) if f["verdict"] == "fail"]
    assert [f["check"] for f in failed] == ["validate.one_split_per_entity"]
    assert list(pd.read_csv(folder / "failures.csv")["value"]) == ["train and test"]
    assert (folder / "data_docs/index.html").exists()

    with sqlite3.connect(tmp_path / "mlflow.db") as store:  # without MLflow, which takes seconds to import
        assert store.execute("select status from runs").fetchall() == [("FAILED",)]
        notes = store.execute("select value from tags where key = 'mlflow.note.content'").fetchall()
    (note,) = notes[0]
    assert "is broken in 1 of 12 entities" in note
    artifacts = [path for path in (tmp_path / "mlartifacts").rglob("*") if path.is_file()]
    assert {"findings.json", "index.html"} <= {path.name for path in artifacts}
    recorded = " ".join([note, *(path.read_text(encoding="utf-8") for path in artifacts)])
    assert [name in recorded for name in ("card 3", "id e06", "and e12")] == [shown] * 3
    assert "failures.csv" in {path.name for path in artifacts} or not shown
