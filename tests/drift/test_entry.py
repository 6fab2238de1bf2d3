"""The stage as a whole: `pipelines/drift.py` in a folder of its own."""

from pathlib import Path

import numpy as np
import pandas as pd
import parameters_file
import pytest
from entries import call

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


def run(folder: Path, table: pd.DataFrame, predictions: pd.DataFrame) -> Path:
    parameters_file.write(folder / "params/pets.yaml", drift__n_permutations=100, drift__max_rows=1000)
    arrays = {"pixels": np.zeros((len(table), 1), dtype=np.float32)}
    examples.write(Examples(table, arrays, ("cat", "dog")), folder / "data/prepared/pets")
    both = pd.concat([predictions.assign(scorer=name) for name in ("model", "rule")], ignore_index=True)
    prediction_table.write(both, folder / "reports/pets/evaluate/predictions.parquet")
    call(drift.main, "pets")
    return folder / "reports/pets/drift"


@pytest.mark.slow
def test_stage_writes_findings_page_and_figures(
    tmp_path: Path, table: pd.DataFrame, predictions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 2
    report = run(tmp_path, table, predictions)
    found = {finding.subject: finding for finding in findings.read(report / "findings.json")}
    assert found["descriptor.brightness"].verdict == "fail"
    assert found["accuracy"].check == "drift.error" and found["accuracy"].n == 40
    assert "descriptor.brightness" in (report / "drift.html").read_text()
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
    ]
    assert "no rows of split" in (report / "drift.html").read_text()


def test_missing_parameters_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"the composed configuration is missing: params/pets\.yaml"):
        call(drift.main, "pets")
