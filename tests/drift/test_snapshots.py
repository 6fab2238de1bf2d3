import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hallmark.drift import evidently_reports, snapshots
from hallmark.drift.evidently_reports import Part

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
ELSEWHERE = """
import json, sys
from evidently.core.report import Snapshot
snapshot = Snapshot.load(sys.argv[1])
model = snapshot.to_snapshot_model()
values = {metric["metric_name"].partition("(")[0]: metric["value"] for metric in snapshot.dict()["metrics"]}
has_heading = "Where it moved" in snapshot.get_html_str(as_iframe=False)
print(json.dumps([values["DriftedColumnsCount"], model.metadata, model.tags, str(model.timestamp), has_heading]))
assert "hallmark" not in sys.modules
"""


def joined(parts: list[Part]) -> Any:
    end = datetime(2026, 3, 31, 12)
    metadata = {"task": "pets", "model": "abc"}
    return snapshots.join_parts(parts, name="pets", metadata=metadata, tags=["pets"], window_end=end)


@pytest.mark.slow
def test_evidently_opens_it_without_this_project(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Any], tmp_path: Path
) -> None:
    table.loc[table["split"] == "recent", "descriptor.contrast"] += 1
    families, columns = compare(table, predictions)
    part = Part("Where it moved", "A note.", evidently_reports.drift_snapshot(families, columns))
    path = tmp_path / "snapshot.json"
    path.write_text(snapshots.to_json(joined([part])), encoding="utf-8")

    command = [sys.executable, "-W", "ignore", "-c", ELSEWHERE, str(path)]
    environment = {"DO_NOT_TRACK": "1", "PYTHONUTF8": "1"}
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    counted, metadata, tags, timestamp, has_heading = json.loads(process.stdout)
    assert counted["count"] == 1.0
    assert metadata == {"task": "pets", "model": "abc"}
    assert (tags, timestamp, has_heading) == (["pets"], "2026-03-31 12:00:00", True)


def test_the_same_parts_give_the_same_text(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Any]
) -> None:
    families, columns = compare(table, predictions)
    texts = []
    for _ in range(2):
        snapshot = joined([Part("Drift", "", evidently_reports.drift_snapshot(families, columns))])
        texts.append((snapshots.to_json(snapshot), snapshots.to_html(snapshot)))
    assert texts[0] == texts[1]


def test_a_part_without_a_heading_is_in_the_values_alone(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Any]
) -> None:
    families, columns = compare(table, predictions)
    drift = evidently_reports.drift_snapshot(families, columns)
    shown = joined([Part("Drift", "", drift)]).to_snapshot_model()
    hidden = joined([Part("", "", drift)]).to_snapshot_model()
    assert len(shown.widgets) > 1
    assert hidden.widgets == []
    assert hidden.metric_results.keys() == shown.metric_results.keys()


def test_of_two_equal_metrics_the_earlier_one_counts(
    table: pd.DataFrame, predictions: pd.DataFrame, compare: Callable[..., Any]
) -> None:
    families, columns = compare(table, predictions)
    calibrated = evidently_reports.drift_snapshot(families, columns)
    other = evidently_reports.drift_snapshot(list(reversed(families)), columns)
    merged = joined([Part("ours", "", calibrated), Part("theirs", "", other)]).dict()["metrics"]
    assert merged == joined([Part("ours", "", calibrated)]).dict()["metrics"]


def test_without_parts_it_is_empty_and_has_no_date() -> None:
    empty = snapshots.join_parts([], name="pets", metadata={}, tags=[], window_end=None)
    assert empty.dict() == {"metrics": [], "tests": []}
    assert empty.to_snapshot_model().timestamp == datetime(1970, 1, 1)
