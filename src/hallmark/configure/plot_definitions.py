"""How `dvc plots` draws a task: the definitions in reports/<task>/dvc.yaml.

DVC reads every dvc.yaml of a project. Its `plots:` can't be repeated by `foreach`, and a stage's
`plots:` would demand each file of each task, while only some answers have ROC curves. So each task
has a file of definitions of its own, which lies beside the tables. The templates are DVC's, or lie
in .dvc/plots.
"""

from typing import Any

import yaml

from hallmark.config import Parameters
from hallmark.layout import Layout, MetricSplit

_HEADER = "# How `dvc plots` draws this task. `configure` writes it, from the answer and bias.metrics of conf/.\n"
_SPLITS: tuple[MetricSplit, ...] = ("validation", "test")
_WITH_LABELS = "classes"  # the answer that is a label of a known set


def render(parameters: Parameters, layout: Layout) -> str:
    """Return the text of the task's dvc.yaml: the plots of training, evaluation and bias that fit its answer."""
    task = parameters.task
    plots = [_losses(task, layout)]
    if parameters.answer == _WITH_LABELS:
        positive = parameters.decision.positive
        average = "average over labels, each against the rest" if positive is None else positive
        plots += [
            _pair(layout, "roc", f"ROC curve ({average})", x="false_positive_rate", y="sensitivity"),
            _pair(layout, "precision_recall", f"precision and recall ({average})", x="recall", y="precision"),
            *(_confusion(layout, split) for split in _SPLITS),
        ]
    plots.append(_pair(layout, "calibration", "reliability", x="predicted", y="observed", template="reliability"))
    plots += [_groups(task, metric, layout) for metric in parameters.bias.metrics]
    return _HEADER + yaml.safe_dump({"plots": plots}, sort_keys=False, allow_unicode=True, width=120)


def _losses(task: str, layout: Layout) -> dict[str, Any]:
    file = layout.name_in_reports(layout.curves)
    return {
        "losses": {
            "title": f"{task}: loss by step",
            "template": "sparse_lines",
            "x": "step",
            "y": {file: ["train_loss", "validation_loss"]},
            "y_label": "loss",
        }
    }


def _pair(layout: Layout, name: str, title: str, *, x: str, y: str, template: str = "linear") -> dict[str, Any]:
    """Return the definition of a plot that shows validation and test in one; `x` and `y` are columns."""
    folder = layout.name_in_reports(layout.plots("evaluate"))
    return {
        name: {
            "title": f"{layout.task}: {title}",
            "template": template,
            "x": x,
            "y": {f"{folder}/{split}/{name}.csv": y for split in _SPLITS},
            "x_label": _words(x),
            "y_label": _words(y),
        }
    }


def _confusion(layout: Layout, split: MetricSplit) -> dict[str, Any]:
    """Return the definition of one split's matrix: Vega mixes up a grid where a revision lacks a split."""
    folder = layout.name_in_reports(layout.plots("evaluate"))
    return {
        f"confusion_{split}": {
            "title": f"{layout.task}: confusion matrix ({split})",
            "template": "confusion_counts",
            "x": "predicted_label",
            "y": {f"{folder}/{split}/confusion.csv": "true_label"},
            "x_label": "predicted label",
            "y_label": "true label",
        }
    }


def _groups(task: str, metric: str, layout: Layout) -> dict[str, Any]:
    file = f"{layout.name_in_reports(layout.plots('bias'))}/{metric}.csv"
    return {
        f"groups_{metric}": {
            "title": f"{task}: {_words(metric)} by group, with 95 % intervals (test)",
            "template": "intervals",
            "x": "estimate",
            "y": {file: "slice"},
            "x_label": _words(metric),
            "y_label": "group",
        }
    }


def _words(name: str) -> str:
    return name.replace("_", " ")
