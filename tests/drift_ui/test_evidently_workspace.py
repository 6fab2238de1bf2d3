import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from hallmark.drift_ui import evidently_workspace, past_snapshots

pytestmark = [  # evidently 0.7 calls what other libraries have deprecated
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
Commit = Callable[..., str]
Made = Callable[[float], str]


def synchronise(root: Path) -> int:
    history = past_snapshots.read_history(root, ["pets"])
    return evidently_workspace.synchronise(root / "workspace", {"pets": "classes"}, history.snapshots)


def test_a_run_for_each_commit_that_evidently_reads(
    commit_snapshot: Commit, snapshot_text: Made, tmp_path: Path
) -> None:
    from evidently.ui.workspace import Workspace

    first = commit_snapshot(snapshot_text(0.1), day=1)
    commit_snapshot(snapshot_text(0.4), day=2)
    assert synchronise(tmp_path) == 2
    assert synchronise(tmp_path) == 0  # nothing changes the second time

    opened = Workspace(str(tmp_path / "workspace"))
    (project,) = opened.list_projects()
    assert (project.id, project.name) == (evidently_workspace.project_id("pets"), "pets")
    models = sorted(
        (opened.get_run(project.id, run) for run in opened.list_runs(project.id)), key=lambda each: each.timestamp
    )
    assert models[0].timestamp == datetime(2026, 3, 1, 10)
    assert models[0].metadata == {"task": "pets", "commit": first}
    assert models[0].tags == ["pets", first[:8]]
    assert models[0].name == f"pets {first[:8]}"
    shifts = [json.loads(list(model.metric_results.values())[1].json())["value"] for model in models]
    assert shifts == [0.1, 0.4]


def test_the_dashboard_draws_our_own_results(commit_snapshot: Commit, snapshot_text: Made, tmp_path: Path) -> None:
    from evidently.ui.workspace import Workspace

    commit_snapshot(snapshot_text(0.1), day=1)
    synchronise(tmp_path)
    opened = Workspace(str(tmp_path / "workspace"))
    panels = {panel.title: panel for panel in opened.get_dashboard(evidently_workspace.project_id("pets")).panels}
    assert {"Columns that alarm", "Change of the primary metric", "Shift of each column", "Accuracy"} <= panels.keys()
    (shift,) = panels["Shift of each column"].values
    assert (shift.metric_labels, shift.legend) == ({"column": "shift of descriptor.ink"}, "descriptor.ink")


def test_what_is_not_committed_is_replaced_and_a_persons_own_panels_stay(
    commit_snapshot: Commit, snapshot_text: Made, tmp_path: Path
) -> None:
    from evidently.sdk.panels import text_panel
    from evidently.ui.workspace import Workspace

    commit_snapshot(snapshot_text(0.1), day=1)
    here = tmp_path / "reports/pets/drift/snapshot.json"
    here.parent.mkdir(parents=True)
    for shift in (0.2, 0.3):
        here.write_text(snapshot_text(shift), encoding="utf-8")
        assert synchronise(tmp_path) == (2 if shift == 0.2 else 1)
    opened = Workspace(str(tmp_path / "workspace"))
    project = evidently_workspace.project_id("pets")
    assert len(opened.list_runs(project)) == 2
    opened.get_project(project).dashboard.add_panel(text_panel("Mine"))

    commit_snapshot(snapshot_text(0.3), day=2)
    here.unlink()
    synchronise(tmp_path)
    tags = [opened.get_run(project, run).tags for run in opened.list_runs(project)]
    assert len(tags) == 2
    assert all("not committed" not in each for each in tags)
    assert "Mine" in [panel.title for panel in opened.get_dashboard(project).panels]
