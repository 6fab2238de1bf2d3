import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import by_name
from evaluate.made import DECISION, InputPlots, Scoring, fit, fitted, made, seeing
from known import known
from matplotlib.axes import Axes

from hallmark import report_figures as figures
from hallmark.config.stages import Evaluate
from hallmark.contracts import findings, split_metrics
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.evaluate import EvaluatedModel, Evaluation, TaskParts, descriptor_baseline, evaluate
from hallmark.layout import Layout
from hallmark.systems.system import Diagnosis, DiagnosticData

METRICS = ["cost", "log_loss", "sensitivity", "calibration_error"]
CERTAIN = ["leaderboard", "examples", "worst", "calibration", "risk_coverage"]
PLOTS = ["calibration", "confusion", "roc", "precision_recall"]
EVERY_FIGURE = [*CERTAIN, "confusion", "roc", "precision_recall"]


def draw(axes: Axes, example: Examples) -> None:
    given = example.arrays["x"][0]
    axes.bar(range(len(given)), given)
    axes.set_xlabel(example.table["id"].iloc[0])


def evaluated(
    examples: Examples,
    model: Predict,
    decision: Decision = DECISION,
    *,
    fit_baselines: Callable[..., dict[str, Predict]] = fit,
    diagnose: Callable[[DiagnosticData, Any], Diagnosis] | None = None,
    **keys: Any,
) -> Evaluation:
    """Evaluate with some `keys` of the section `evaluate`; no key is checked, as `configure` would."""
    section: dict[str, Any] = {
        "test": True,
        "primary_metric": "average_precision",
        "metrics": METRICS,
        "max_train_rows": 200,
        "target_selective_risk": 0.2,
        **keys,
    }

    return evaluate(
        examples,
        EvaluatedModel(predict=model, postprocess=fitted(examples, model, decision), test_use=1),
        TaskParts(scoring=Scoring, fit_baselines=fit_baselines, input_plots=InputPlots(draw), diagnose=diagnose),
        Evaluate.model_construct(**section),
        decision=decision,
        seed=1,
    )


@pytest.fixture(scope="module")
def evaluation(cards: Examples) -> Evaluation:
    table = cards.table.copy()
    arrays = {name: array.copy() for name, array in cards.arrays.items()}

    result = evaluated(cards, seeing(1.0))

    pd.testing.assert_frame_equal(cards.table, table)  # nothing given is changed
    assert all((cards.arrays[name] == array).all() for name, array in arrays.items())
    return result


def found(evaluation: Evaluation, check: str, subject: str) -> findings.Finding:
    return next(f for f in evaluation.findings if (f.check, f.subject) == (check, subject))


def test_all_questions_of_the_stage_are_answered(evaluation: Evaluation) -> None:
    checks = {finding.check.removeprefix("evaluate.") for finding in evaluation.findings}
    asked = {"metric", "gain", "complexity", "gap", "shortcut", "single_input", "patch", "recall", "review", "test_use"}
    assert checks == asked
    assert {finding.question for finding in evaluation.findings} == {2, 5, 7, 8, 9, 10}
    measured = [finding.subject for finding in evaluation.findings if finding.check == "evaluate.metric"]
    assert measured == ["average_precision", *METRICS]
    subjects = [finding.subject for finding in evaluation.findings if finding.check == "evaluate.gain"]
    assert subjects == ["average_precision over rule", "average_precision over half blind"]


def test_the_tables_cover_scorers_and_splits(evaluation: Evaluation) -> None:
    assert set(evaluation.predictions["scorer"]) == {"model", "rule", "half blind", "descriptors"}
    assert set(evaluation.plots) == {f"{split}/{name}" for split in ("validation", "test") for name in PLOTS}
    assert set(evaluation.milliseconds) == set(evaluation.predictions["scorer"])


def test_every_figure_says_how_many_it_shows(evaluation: Evaluation) -> None:
    assert list(by_name(evaluation.figures)) == [*EVERY_FIGURE, "threshold_cost"]
    assert {figure.name for figure in evaluation.figures if figure.shows_examples} == {"examples", "worst"}
    n = (evaluation.predictions.query("scorer == 'model' and split == 'test'")).shape[0]
    for name, figure in by_name(evaluation.figures).items():
        titles = [figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)]
        assert any(f"n = {n}" in title for title in titles), name


def test_every_scorer_runs_once_over_the_test_split(cards: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """Diagnostics get the outputs that were scored: those of a large network take minutes, and of a sampler differ."""
    test_ids = set(cards.split("test").table["id"])
    runs: Counter[str] = Counter()
    scored_outputs = {}
    diagnosed = []

    def counted(name: str, predict: Predict) -> Predict:
        def count_and_predict(part: Examples) -> dict[str, np.ndarray]:
            outputs = predict(part)
            if test_ids <= set(part.table["id"]):
                runs[name] += 1
                scored_outputs[name] = outputs
            return outputs

        return count_and_predict

    def fit_counted(train: Examples, *, seed: int) -> dict[str, Predict]:
        return {name: counted(name, predict) for name, predict in fit(train, seed=seed).items()}

    def fit_descriptors(*arguments: Any, **keys: Any) -> Predict:
        predict = fit_by_descriptors(*arguments, **keys)
        assert predict is not None
        return counted("descriptors", predict)

    def diagnose(data: DiagnosticData, _: Any) -> Diagnosis:
        diagnosed.append(data)
        return Diagnosis()

    fit_by_descriptors = descriptor_baseline.fit
    monkeypatch.setattr(descriptor_baseline, "fit", fit_descriptors)
    model = counted("model", seeing(1.0))
    evaluated(cards, model, fit_baselines=fit_counted, diagnose=diagnose, diagnostics=None, metrics=["accuracy"])

    assert runs == dict.fromkeys(("model", "rule", "half blind", "descriptors"), 1)
    (data,) = diagnosed
    assert data.outputs.keys() == runs.keys()
    assert all(data.outputs[name] is outputs for name, outputs in scored_outputs.items())


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(cards: Examples, evaluation: Evaluation, tmp_path: Path) -> None:
    for name, run in (("one", evaluation), ("two", evaluated(cards, seeing(1.0)))):
        layout = Layout("small", tmp_path / name)
        report = layout.report("evaluate")
        figures.save([each for each in run.figures if each.name in ("leaderboard", "worst")], report)
        findings.write(run.findings, layout.findings("evaluate"))
        run.write_numbers(layout)
        run.predictions.to_parquet(layout.predictions)
    one, two = (Layout("small", tmp_path / name).report("evaluate") for name in ("one", "two"))
    written = {path.relative_to(one).as_posix() for path in one.rglob("*") if path.is_file()}
    assert {"leaderboard.png", "examples/worst.png"} <= written

    for name in written - {"cost.json"}:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    for split in ("validation", "test"):
        estimates = split_metrics.read(one / f"{split}.json", task="small", split=split)
        assert list(estimates) == ["average_precision", *METRICS]
        assert estimates == split_metrics.of(evaluation.scorer_table, split)
        assert len(pd.read_csv(one / f"plots/{split}/roc.csv")) == 51
    assert json.loads((one / "cost.json").read_text()) == {"milliseconds_per_1000": evaluation.milliseconds}
    assert pd.read_csv(one / "scorers.csv")["estimate"].notna().all()


def test_a_sealed_test_split_is_not_read(cards: Examples, evaluation: Evaluation) -> None:
    """Its inputs and labels are spoilt here: whatever looked at them would fail, or give other numbers."""
    is_test = (cards.table["split"] == "test").to_numpy()
    spoilt = replace(
        cards,
        table=cards.table.assign(label=cards.table["label"].where(~is_test, "no label")),
        arrays={"x": np.where(is_test[:, None], np.nan, cards.arrays["x"])},
    )
    sealed = evaluated(spoilt, seeing(1.0), test=False, metrics=[*METRICS, "return"])  # the last is of episodes

    assert sealed.findings == []
    assert sealed.figures == []
    assert set(sealed.predictions["split"]) == {"train", "validation", "recent"}
    assert set(sealed.plots) == {f"validation/{name}" for name in PLOTS}
    assert split_metrics.of(sealed.scorer_table, "test") == {}
    validation = split_metrics.of(evaluation.scorer_table, "validation")
    assert split_metrics.of(sealed.scorer_table, "validation") == validation
    assert validation["average_precision"] is not None


def perfect(part: Examples) -> dict[str, np.ndarray]:
    return {"logits": 20.0 * np.eye(len(part.labels))[part.targets()]}


def test_a_perfect_model_has_no_mistakes_to_show(cards: Examples) -> None:
    result = evaluated(cards, perfect, metrics=["accuracy", "cost"], target_selective_risk=0.05)
    assert found(result, "evaluate.metric", "average_precision").estimate == 1.0
    assert found(result, "evaluate.metric", "cost").estimate == 0.0
    assert found(result, "evaluate.review", "share deferred").estimate == 0.0
    assert "of 0 mistakes" in by_name(result.figures)["worst"].get_suptitle()


def test_a_random_model_gains_nothing(cards: Examples) -> None:
    def random(part: Examples) -> dict[str, np.ndarray]:
        return {"logits": np.random.default_rng(len(part)).normal(size=(len(part), 2))}

    result = evaluated(cards, random)

    gain = found(result, "evaluate.gain", "average_precision over rule")
    shortcut = found(result, "evaluate.shortcut", "average_precision over descriptors alone")
    for finding in (gain, shortcut):
        assert known(finding.low) < 0
        assert abs(known(finding.estimate)) < 0.15

    over = found(result, "evaluate.gain", "average_precision over half blind")
    assert known(over.high) < 0


@pytest.fixture(scope="module")
def letters() -> Examples:
    """Sixteen labels, two of which the test split lacks, which are still more than there are panels; no descriptors."""
    examples = made(tuple("abcdefghijklmnop"), rows=1500)
    table = examples.table.drop(columns="descriptor.amount")
    lacking = (table["split"] == "test") & table["label"].isin(["b", "c"])
    return replace(examples, table=table).take((~lacking).to_numpy())


def test_many_labels_without_a_positive_one(letters: Examples) -> None:
    result = evaluated(letters, seeing(1.0), Decision(), primary_metric="accuracy", metrics=["log_loss"])
    assert list(by_name(result.figures)) == EVERY_FIGURE

    titles = [axes.get_title() for axes in by_name(result.figures)["roc"].axes if axes.get_title()]
    assert len(titles) == 12 and not any(title.startswith(("b ", "c ")) for title in titles)
    assert found(result, "evaluate.shortcut", "accuracy over descriptors alone").verdict == "not applicable"

    recalls = {f.subject: f for f in result.findings if f.check == "evaluate.recall"}
    assert set(recalls) == set(letters.labels) and recalls["b"].estimate is None

    rows = result.predictions.query("scorer == 'model' and split == 'test'")
    estimate = found(result, "evaluate.metric", "accuracy").estimate
    assert estimate == pytest.approx((rows["prediction"] == rows["label"]).mean())


def test_a_test_split_without_positives_is_measured_as_far_as_it_goes(cards: Examples) -> None:
    fraud = ((cards.table["split"] == "test") & (cards.table["label"] == "fraud")).to_numpy()
    result = evaluated(cards.take(~fraud), seeing(1.0))
    assert found(result, "evaluate.metric", "average_precision").estimate is None
    assert found(result, "evaluate.metric", "log_loss").estimate is not None
    assert split_metrics.of(result.scorer_table, "test")["sensitivity"] is None
    assert "test/roc" not in result.plots


def test_progress_is_shown_on_stderr(cards: Examples, capfd: pytest.CaptureFixture[str]) -> None:
    evaluated(cards, seeing(1.0), metrics=["accuracy"])
    out, err = capfd.readouterr()
    assert not out
    assert all(word in err for word in ("fitting simple methods", "scoring", "measuring", "drawing"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"primary_metric": "f1"}, r"evaluate\.primary_metric names 'f1'"),
        ({"metrics": ["acuracy"]}, r"evaluate\.metrics names 'acuracy'"),
    ],
)
def test_an_unknown_metric_is_refused_before_any_work(cards: Examples, changes: dict[str, Any], said: str) -> None:
    def never(train: Examples, *, seed: int) -> dict[str, Predict]:
        raise AssertionError("nothing may be fitted")

    with pytest.raises(InputError, match=said):
        evaluated(cards, seeing(1.0), fit_baselines=never, **changes)


def test_a_ranking_metric_without_a_positive_label_is_refused(letters: Examples) -> None:
    with pytest.raises(InputError, match="'roc_auc' needs decision.positive"):
        evaluated(letters, seeing(1.0), Decision(), primary_metric="roc_auc", metrics=[])
