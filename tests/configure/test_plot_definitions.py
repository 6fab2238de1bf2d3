"""The plots of each shipped task are those that fit its answer, and DVC reads their definitions."""

from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo
from imports import ROOT

from hallmark import config
from hallmark.configure import plot_definitions
from hallmark.layout import Layout

TASKS = sorted(yaml.safe_load((ROOT / "conf/tasks.yaml").read_text(encoding="utf-8"))["tasks"])
OF_LABELS = {"roc", "precision_recall", "confusion_validation", "confusion_test"}


def plots_of(task: str) -> dict[str, dict[str, object]]:
    parameters = config.read(Layout(task, ROOT).parameters)
    content = yaml.safe_load(plot_definitions.render(parameters, Layout(task)))
    return {name: plot for entry in content["plots"] for name, plot in entry.items()}


@pytest.mark.parametrize("task", TASKS)
def test_the_plots_fit_the_answer(task: str) -> None:
    parameters = config.read(Layout(task, ROOT).parameters)
    groups = {f"groups_{metric}" for metric in parameters.bias.metrics}
    expected = {"losses", "calibration"} | groups | (OF_LABELS if parameters.answer == "classes" else set())
    assert set(plots_of(task)) == expected


def test_each_template_is_dvcs_or_lies_in_the_project() -> None:
    own = {path.stem for path in (ROOT / ".dvc/plots").glob("*.json")}
    used = {str(plot["template"]) for task in TASKS for plot in plots_of(task).values()}
    assert own < used
    assert used - own == {"linear"}


@pytest.mark.parametrize("task", TASKS)
def test_the_file_in_git_is_what_configure_writes(task: str) -> None:
    parameters = config.read(Layout(task, ROOT).parameters)
    written = Layout(task, ROOT).plot_definitions.read_text(encoding="utf-8")
    assert written == plot_definitions.render(parameters, Layout(task))


def test_dvc_finds_the_definitions(tmp_path: Path) -> None:
    """DVC takes no dvc.yaml as a stage's output, but reads each one that lies in the project."""
    Repo.init(str(tmp_path), no_scm=True)
    file = Layout("image", tmp_path).plot_definitions
    file.parent.mkdir(parents=True)
    file.write_bytes(Layout("image", ROOT).plot_definitions.read_bytes())
    with Repo(str(tmp_path)) as repo:
        (definitions,) = repo.index._plots.values()
    assert [name for entry in definitions for name in entry] == list(plots_of("image"))
