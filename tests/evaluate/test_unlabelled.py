"""A system whose answers are numbers: no label set, nothing right or wrong, and diagnostics that measure episodes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import by_name
from evaluate.made import InputPlots, made
from known import known
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hallmark.config.stages import Evaluate
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.findings import Finding
from hallmark.contracts.scorers import Predict
from hallmark.drift import performance
from hallmark.evaluate import EvaluatedModel, Evaluation, TaskParts, evaluate
from hallmark.report_figures import ReportFigure
from hallmark.systems.system import Diagnosis, DiagnosticData

EPISODES = 30


class Scoring:
    """The part `scoring`: the squared distance to the array `target.y`."""

    label_probabilities = None

    @staticmethod
    def fit_postprocess(outputs: Mapping[str, np.ndarray], examples: Examples, *, decision: Decision) -> dict[str, Any]:
        return {"kind": "regression"}

    @staticmethod
    def score(outputs: Mapping[str, np.ndarray], examples: Examples, **_: Any) -> pd.DataFrame:
        error = (outputs["action"] - examples.arrays["target.y"]) ** 2
        said = [f"{action:.2f}" for action in outputs["action"]]
        return pd.DataFrame({"prediction": said, "score.squared_error": error, "weight.squared_error": 1.0})


def seeing(share: float) -> Predict:
    return lambda examples: {"action": share * examples.arrays["x"][:, 0]}


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:
    return {"rule": seeing(0.0), "linear": seeing(0.8), "descriptors": seeing(-1.0)}


def diagnose(shown: DiagnosticData, episodes: int) -> Diagnosis:
    assert set(shown.examples) == {"train", "validation", "test", "recent"}
    assert shown.postprocess["model"] == {"kind": "regression"}
    rows = [
        {"scorer": name, "id": f"episode {i}", "split": "test", "entity": f"episode {i}", "group.region": "north"}
        | {"score.return": float(i + (name == "model")), "weight.return": 1.0}
        for name in ("model", "linear")
        for i in range(episodes)
    ]
    return Diagnosis(
        [Finding(check="evaluate.closed_loop", metric="return")],
        [ReportFigure(name="episodes", question=5, title="episodes", drawing=Figure())],
        pd.DataFrame(rows),
    )


def draw(axes: Axes, example: Examples) -> None:
    axes.plot(example.arrays["x"][0])


@pytest.fixture(scope="module")
def examples() -> Examples:
    labelled = made(rows=600)
    table = labelled.table.drop(columns="label")
    arrays = {"x": labelled.arrays["x"], "target.y": labelled.arrays["x"][:, 0]}
    return replace(labelled, table=table, arrays=arrays, labels=())


@pytest.fixture(scope="module")
def evaluation(examples: Examples) -> Evaluation:
    parts = TaskParts(
        scoring=Scoring,
        fit_baselines=fit,
        input_plots=InputPlots(draw),
        diagnose=diagnose,
    )
    settings = Evaluate.model_construct(
        primary_metric="squared_error",
        metrics=["squared_error", "return"],
        max_train_rows=100,
        target_selective_risk=0.1,
        diagnostics=EPISODES,
    )
    model = EvaluatedModel(predict=seeing(1.0), postprocess={"kind": "regression"}, test_use=1)

    return evaluate(examples, model, parts, settings, decision=Decision(), seed=1)


def found(evaluation: Evaluation, check: str, subject: str) -> Finding:
    return next(f for f in evaluation.findings if (f.check, f.subject) == (check, subject))


def test_every_question_is_answered_or_said_to_have_no_answer(evaluation: Evaluation) -> None:
    checks = {finding.check for finding in evaluation.findings}
    assert checks >= {f"evaluate.{name}" for name in ("metric", "gain", "gap", "shortcut", "review", "closed_loop")}
    assert found(evaluation, "evaluate.metric", "squared_error").estimate == 0.0
    assert "none can be accepted or deferred" in found(evaluation, "evaluate.review", "share deferred").reason
    assert list(by_name(evaluation.figures)) == ["leaderboard", "examples", "worst", "episodes"]
    title = by_name(evaluation.figures)["worst"].get_suptitle()
    assert title.startswith("The 12 worst examples by squared action error")


def test_episodes_count_for_their_own_metrics_alone(evaluation: Evaluation, examples: Examples) -> None:
    returned = found(evaluation, "evaluate.metric", "return")
    assert returned.estimate == pytest.approx((EPISODES - 1) / 2 + 1)
    assert returned.n == EPISODES

    test = evaluation.scorer_table.query("scorer == 'model' and split == 'test'").set_index("metric")["rows"]
    assert test.to_dict() == {"squared_error": (examples.table["split"] == "test").sum(), "return": EPISODES}
    assert evaluation.predictions.filter(like="weight.").notna().all(axis=None)
    assert "score.return" not in evaluation.predictions
    assert len(evaluation.episodes) == 2 * EPISODES

    said = found(evaluation, "evaluate.metric", "squared_error").reason
    assert f"of {(examples.table['split'] == 'test').sum():,} rows held out" in said


def test_the_system_says_what_descriptors_alone_predict(evaluation: Evaluation) -> None:
    shortcut = found(evaluation, "evaluate.shortcut", "squared_error over descriptors alone")
    assert known(shortcut.low) > 0
    gains = [finding.subject for finding in evaluation.findings if finding.check == "evaluate.gain"]
    assert gains == ["squared_error over rule", "squared_error over linear"]


def test_the_error_under_drift_needs_no_label(evaluation: Evaluation) -> None:
    rows = evaluation.predictions.query("scorer == 'rule'")
    finding = performance.performance_finding(rows, "squared_error", positive=None, seed=1)
    assert known(finding.low) < known(finding.estimate)
