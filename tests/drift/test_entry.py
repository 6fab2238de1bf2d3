"""The stage as a whole: `pipelines/drift.py` in a folder of its own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import parameters_file
import pytest
from entries import call

from hallmark import digests
from hallmark.contracts import examples, findings
from hallmark.contracts import predictions as prediction_table
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from pipelines import drift

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
PLACES = {"model": "models/pets", "data": "data/prepared/pets"}


def run(folder: Path, table: pd.DataFrame, predictions: pd.DataFrame, **changes: Any) -> Path:
    smaller: dict[str, Any] = {"task": "pets", "drift__n_permutations": 100, "drift__max_rows": 1000}
    parameters_file.write(folder / "params/pets.yaml", **smaller, **changes)
    arrays = {"pixels": np.zeros((len(table), 1), dtype=np.float32)}
    examples.write(Examples(table, arrays, ("cat", "dog")), folder / "data/prepared/pets")
    (folder / "models/pets").mkdir(parents=True, exist_ok=True)
    (folder / "models/pets/model.onnx").write_bytes(b"a model")
    both = pd.concat([predictions.assign(scorer=name) for name in ("model", "rule")], ignore_index=True)
    prediction_table.write(both, folder / "reports/pets/evaluate/predictions.parquet")
    call(drift.main, "pets")
    return folder / "reports/pets/drift"


@pytest.mark.slow
def test_stage_writes_findings_page_snapshot_and_figures(
    tmp_path: Path, table: pd.DataFrame, predictions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 2
    own = {
        "_target_": "evidently.metrics.MaxValue",
        "column": "descriptor.brightness",
        "tests": [{"_target_": "evidently.tests.lte", "threshold": 1.0}],
    }
    report = run(tmp_path, table, predictions, drift__metrics={"brightest": own})
    found = {finding.subject: finding for finding in findings.read(report / "findings.json")}
    assert found["descriptor.brightness"].verdict == "fail"
    assert found["accuracy"].check == "drift.error" and found["accuracy"].n == 40
    assert (found["brightest"].check, found["brightest"].verdict) == ("drift.test", "fail")
    page = (report / "drift.html").read_text()
    assert "<b>descriptor.brightness</b>" in page and "Own test brightest: " in page

    snapshot = json.loads((report / "snapshot.json").read_text())
    digests_of = {name: digests.folder(tmp_path / place) for name, place in PLACES.items()}
    window = "200 rows of 40 examples"
    about = {"task": "pets", "system": "image", "answer": "classes", "window": window, **digests_of}
    assert (snapshot["name"], snapshot["metadata"], snapshot["tags"]) == ("pets", about, ["pets", "image", "classes"])
    assert len(list((report / "figures").glob("*.png"))) == 3


def test_stage_without_a_recent_window_says_so(
    tmp_path: Path, table: pd.DataFrame, predictions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = run(tmp_path, table[table["split"] != "recent"], predictions[predictions["split"] != "recent"])
    found = findings.read(report / "findings.json")
    assert [(finding.check, finding.subject, finding.verdict) for finding in found] == [
        ("drift.column", "recent window", "unresolved"),
        ("drift.error", "accuracy", "unresolved"),
        ("drift.test", "tests of the task's own", "not applicable"),
    ]
    snapshot = json.loads((report / "snapshot.json").read_text())
    assert (snapshot["metric_results"], snapshot["metadata"]["window"]) == (
        {},
        "none: there are no rows of split 'recent'",
    )
    assert "no rows of split" in (report / "drift.html").read_text()


def test_missing_parameters_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"the composed configuration is missing: params/pets\.yaml"):
        call(drift.main, "pets")
