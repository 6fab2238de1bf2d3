"""A task can name the metrics of its answer, of its system's diagnostics and of its own functions, and no others."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from imports import ROOT

from hallmark import answers, systems
from hallmark.config import Parameters
from hallmark.configure import metric_names
from hallmark.configure.composition import compose_task
from hallmark.errors import InputError
from hallmark.metrics import METRICS
from hallmark.systems.robotics.config import METRICS_OF_EPISODES

CONF = ROOT / "conf"


def robot(*overrides: str) -> Parameters:
    """The shipped robotics task, whose answer is `action`."""
    return compose_task(CONF, "robotics", system="robotics", overrides=overrides)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A copy of conf/ with the wall-following robot, whose answer is `classes`, and a function of the task `image`."""
    shutil.copytree(CONF, tmp_path / "conf")
    shutil.copy(ROOT / "docs/examples/wall_following.yaml", tmp_path / "conf/task/wall_following.yaml")
    (tmp_path / "extensions/image").mkdir(parents=True)
    (tmp_path / "extensions/image/own.py").write_text("def half(rows):\n    return 0.5\n", encoding="utf-8")
    return tmp_path / "conf"


def walls(conf: Path, *overrides: str) -> Parameters:
    return compose_task(conf, "wall_following", system="robotics", answer="classes", overrides=overrides)


def with_function(conf: Path, name: str, *overrides: str) -> Parameters:
    keys = "function: extensions.image.own.half, direction: higher, support: share"
    return compose_task(conf, "image", system="image", overrides=[f"+evaluate.functions.{name}={{{keys}}}", *overrides])


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("evaluate.metrics=[action_error,log_loss]", "evaluate.metrics[1]"),
        ("bias.metrics=[log_loss]", "bias.metrics[0]"),
        ("evaluate.primary_metric=log_loss", "evaluate.primary_metric"),
    ],
)
def test_a_metric_of_another_answer_is_refused(override: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        robot(override)
    assert (
        f"{key} in conf/ is 'log_loss': it must be one of accuracy, action_error, calibration_error, cost, return, "
        "squared_error, success" in str(caught.value)
    )


def test_the_other_answer_of_the_same_system_has_other_metrics(conf: Path) -> None:
    assert walls(conf, "bias.metrics=[log_loss]").bias.metrics == ["log_loss"]
    with pytest.raises(InputError, match=r"bias\.metrics\[0\] in conf/.* is 'action_error': it must be one of acc"):
        walls(conf, "bias.metrics=[action_error]")


def test_metrics_of_alerts_need_a_positive_label(conf: Path) -> None:
    metrics = "bias.metrics=[accuracy,roc_auc]"
    with pytest.raises(InputError, match=r"bias\.metrics\[1\] in conf/ is 'roc_auc', which needs decision\.positive"):
        walls(conf, metrics)
    assert walls(conf, metrics, "+decision.positive=forward").bias.metrics == ["accuracy", "roc_auc"]


@pytest.mark.parametrize("key", ["evaluate.metrics", "bias.metrics"])
def test_metrics_of_episodes_need_a_closed_loop(conf: Path, key: str) -> None:
    with pytest.raises(InputError) as caught:
        walls(conf, f"{key}=[accuracy,return]")
    words = f"{key}[1] in conf/ is 'return', which episodes give: set evaluate.diagnostics.starts above 0"
    assert words in str(caught.value)


def test_a_function_of_the_task_is_one_of_the_metrics_that_are_measured(conf: Path) -> None:
    metrics = ["accuracy", "calibration_error", "half"]
    assert with_function(conf, "half", f"evaluate.metrics=[{','.join(metrics)}]").evaluate.metrics == metrics
    with pytest.raises(InputError, match=r"bias\.metrics\[0\] in conf/ is 'half': it must be one of accuracy, "):
        with_function(conf, "half", "bias.metrics=[half]")


def test_a_function_cannot_have_the_name_of_any_answers_metric(conf: Path) -> None:
    with pytest.raises(InputError, match=r"evaluate\.functions\.perplexity in conf/ has the name of a metric"):
        with_function(conf, "perplexity")


def test_every_registered_metric_is_declared_by_an_answer_or_a_system() -> None:
    declared = frozenset[str]().union(*(metric_names.built_in(system) for system in systems.NAMES))
    assert declared == set(METRICS)
    assert systems.load("robotics").metrics == set(METRICS_OF_EPISODES)


def test_declarations_need_neither_torch_nor_numbers() -> None:
    code = (
        "import sys; from hallmark import systems; from hallmark.configure import metric_names\n"
        "[metric_names.measurable_by_any_answer(system) for system in systems.NAMES]\n"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(answers.NAMES) == {answer for offered in systems.ANSWERS.values() for answer in offered}
