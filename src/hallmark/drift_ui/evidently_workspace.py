"""Evidently's workspace: a project for each task, and in it a run for each snapshot of its past.

Ids follow from the task and the snapshot, so that every clone has the same ones, and adding twice
changes nothing. Projects, runs and panels that a person adds are left alone.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from hallmark.drift_ui.past_snapshots import PastSnapshot

FOLDER = "workspace"  # what `evidently ui` opens by itself
_UNCOMMITTED = "not committed"
# Of the columns of our own results, as the stage `drift` names them in a snapshot.
ALARMS, SHIFT_OF, CHANGE_OF = "columns that alarm", "shift of ", "change of "
_NAMESPACE = uuid5(NAMESPACE_URL, "hallmark/drift")
# Of each answer, the metrics of its preset that are one number: the title of a panel → the metric, its labels.
_QUALITY: Mapping[str, Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "classes": {"Accuracy": ("Accuracy", {}), "F1": ("F1Score", {}), "ROC AUC": ("RocAuc", {})},
    "action": {"Mean absolute error": ("MAE", {"value_type": "mean"}), "Root mean squared error": ("RMSE", {})},
    "next_item": {"Personalisation of the rankings": ("Personalization", {})},
}


def synchronise(folder: Path, tasks: Mapping[str, str], snapshots: Sequence[PastSnapshot]) -> int:
    """Bring the snapshots into the workspace in `folder`; return how many it did not have.

    tasks: The answer by the task's name.
    """
    from evidently.ui.workspace import Workspace

    workspace = Workspace.create(str(folder))
    n_added = 0
    for task, answer in tasks.items():
        own = [each for each in snapshots if each.task == task]
        if own:
            n_added += _synchronise_task(workspace, task, answer, own)
    return n_added


def project_id(task: str) -> UUID:
    return uuid5(_NAMESPACE, task)


def run_id(snapshot: PastSnapshot) -> UUID:
    """Return the id of a snapshot's run; what is not committed has one of its own, so that the next replaces it."""
    return uuid5(project_id(snapshot.task), snapshot.md5 if snapshot.commit else _UNCOMMITTED)


def _synchronise_task(workspace: Any, task: str, answer: str, snapshots: Sequence[PastSnapshot]) -> int:
    """Bring one task's snapshots into the workspace; return how many are new."""
    from evidently.sdk.models import ProjectModel

    project = project_id(task)
    if project not in workspace.state.list_projects():
        description = "Drift of the recent window, a run for each commit that changed it."
        workspace.add_project(ProjectModel(id=project, name=task, description=description))
        newest = json.loads(snapshots[-1].file.read_text(encoding="utf-8"))
        workspace.save_dashboard(project, _dashboard(answer, _own_results(newest)))

    present = set(workspace.list_runs(project)) if _has_runs(workspace, project) else set()
    placeholder = uuid5(project, _UNCOMMITTED)
    if placeholder in present:
        workspace.delete_run(project, placeholder)
        present.remove(placeholder)

    n_added = 0
    for snapshot in snapshots:
        if run_id(snapshot) not in present:
            workspace.state.write_snapshot(project, run_id(snapshot), _with_origin(snapshot))
            n_added += 1
    return n_added


def _has_runs(workspace: Any, project: UUID) -> bool:
    return bool(workspace.state.location.exists(f"{project}/snapshots"))


def _with_origin(snapshot: PastSnapshot) -> Any:
    """Return Evidently's model of a snapshot, dated by its commit, with the commit among its metadata and tags."""
    from evidently.core.report import Snapshot

    model = Snapshot.load(snapshot.file).to_snapshot_model()
    model.timestamp = snapshot.made
    commit = snapshot.commit or _UNCOMMITTED
    model.metadata = {**model.metadata, "commit": commit}
    short = commit[:8] if snapshot.commit else commit
    model.name = f"{snapshot.task} {short}"
    model.tags = [*model.tags, short]
    return model


def _own_results(snapshot: Mapping[str, Any]) -> list[str]:
    """Return the columns of our own results in a snapshot, in their order."""
    names = []
    for result in snapshot["metric_results"].values():
        location = result.get("metric_value_location") or {}
        arguments = location.get("metric", {}).get("params", {})
        if arguments.get("type", "").endswith(":MeanValue"):
            names.append(str(arguments["column"]))
    return [name for name in dict.fromkeys(names) if name == ALARMS or name.startswith((SHIFT_OF, CHANGE_OF))]


def _dashboard(answer: str, results: Sequence[str]) -> Any:
    """Return a new project's dashboard: what alarms, by how much each column moved, and how good the answers are."""
    from evidently.sdk.models import DashboardModel, DashboardTabModel, PanelMetric
    from evidently.sdk.panels import line_plot_panel

    def metric(name: str, legend: str, **labels: str) -> Any:
        return PanelMetric(metric=f"evidently:metric_v2:{name}", legend=legend, metric_labels=labels)

    def own(name: str, legend: str) -> Any:
        return metric("MeanValue", legend, column=name)

    shifts = [own(name, name.removeprefix(SHIFT_OF)) for name in results if name.startswith(SHIFT_OF)]
    changes = [own(name, name.removeprefix(CHANGE_OF)) for name in results if name.startswith(CHANGE_OF)]
    unit = "recent minus reference: standard deviations, or Cohen's h"
    better = "recent window minus test split; above 0 it got better"
    rows = "of the recent window, at most drift.max_rows"
    drift_panels = [
        line_plot_panel("Columns that alarm", [own(ALARMS, "columns")], "0: none", size="half"),
        *([line_plot_panel("Change of the primary metric", changes, better, size="half")] if changes else []),
        line_plot_panel("Shift of each column", shifts, unit),
        line_plot_panel("Rows", [metric("RowCount", "rows")], rows, size="half"),
    ]
    quality_panels = [
        line_plot_panel(title, [metric(name, title, **labels)], "on the recent window; a point value", size="half")
        for title, (name, labels) in _QUALITY.get(answer, {}).items()
    ]

    tabs = [DashboardTabModel(title="Drift", panels=[panel.id for panel in drift_panels])]
    if quality_panels:
        tabs.append(DashboardTabModel(title="Quality", panels=[panel.id for panel in quality_panels]))
    return DashboardModel(tabs=tabs, panels=[*drift_panels, *quality_panels])
