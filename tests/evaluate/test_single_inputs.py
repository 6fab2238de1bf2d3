"""Which input alone does what the model does: found, named, and judged by the default margin."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evaluate.made import DECISION, QUIET, Scoring, fitted, seeing
from known import known

from hallmark.answers.action import scoring as robots
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples, Source
from hallmark.contracts.findings import Finding
from hallmark.contracts.scorers import Columns, Predict
from hallmark.evaluate import descriptor_baseline as descriptors
from hallmark.evaluate import single_inputs
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import score_splits, split_examples
from hallmark.evaluate.scorer_table import compare_scorers, rows_by_scorer

SEEING = seeing(1.0)  # all that there is to see


def bench(
    examples: Examples, model: Predict, scoring: Any, decision: Decision, primary_metric: str, post: Any
) -> Benchmark:
    split = split_examples(examples, max_train_rows=500, seed=1)
    scored = score_splits(split, {"model": model}, scoring, progress=QUIET, model_postprocess=post, decision=decision)
    rows = rows_by_scorer(scored.table)
    scorer_table = compare_scorers(rows, [primary_metric], positive=decision.positive, seed=1, progress=QUIET)
    return Benchmark(
        examples=split,
        model_rows=scored.of("model", "test"),
        scorer_table=scorer_table,
        scoring=scoring,
        decision=decision,
        primary_metric=primary_metric,
        seed=1,
    )


def asked(examples: Examples, columns: Columns | None, model: Predict = SEEING) -> list[Finding]:
    bar = bench(examples, model, Scoring, DECISION, "average_precision", fitted(examples, model))
    return single_inputs.single_input_findings(examples.split("train"), columns, bar, seed=1)


def columns_of(examples: Examples, *, wrong: float) -> Callable[[Examples], dict[str, np.ndarray]]:
    """Return columns: noise, a bit of the signal, and the label, which is wrong in a share of the rows."""
    rng = np.random.default_rng(3)
    flipped = (rng.random(len(examples)) < wrong) != (examples.targets() == 1)
    leak = pd.Series(np.where(flipped, 7.0, -2.0), index=examples.table["id"])

    def columns(some: Examples) -> dict[str, np.ndarray]:
        noise = np.random.default_rng(len(some)).normal(size=(len(some), 2))
        return {
            "noise": noise,
            "signal": some.arrays["x"][:, :1],
            "outcome": leak[some.table["id"]].to_numpy()[:, None],
        }

    return columns


@pytest.mark.parametrize("wrong", [0.0, 0.01])
def test_an_input_that_all_but_is_the_label_is_named_first_and_beats_the_model(cards: Examples, wrong: float) -> None:
    found = asked(cards, columns_of(cards, wrong=wrong))
    assert [finding.subject for finding in found] == [
        f"average_precision over {name} alone" for name in ("outcome", "signal", "noise")
    ]

    leak = found[0]
    assert leak.check == "evaluate.single_input"
    assert leak.question == 7
    assert known(leak.high) < 0.02  # the default margin of the gate
    assert "sees the input 'outcome' alone" in leak.reason


def test_honest_inputs_leave_the_model_its_margin(cards: Examples) -> None:
    perfect: Predict = lambda some: {"logits": 9.0 * np.eye(2)[some.targets()]}  # noqa: E731
    (finding,) = asked(cards, lambda some: {"signal": some.arrays["x"][:, :1]}, perfect)
    assert known(finding.low) > 0.02


def test_of_many_columns_the_telling_one_is_found(cards: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_inputs, "_MAX_COLUMNS", 5)
    few = columns_of(cards, wrong=0.02)

    def many(some: Examples) -> dict[str, np.ndarray]:
        noise = np.random.default_rng(len(some)).normal(size=(30, len(some), 1))
        return {**{f"n{place:02}": noise[place] for place in range(30)}, **few(some)}

    assert asked(cards, many)[0].subject == "average_precision over outcome alone"


def test_where_no_column_is_read_the_check_does_not_apply(cards: Examples) -> None:
    nothing: Columns = lambda some: {}  # noqa: E731
    for columns in (None, nothing):
        (finding,) = asked(cards, columns)
        assert (finding.check, finding.verdict) == ("evaluate.single_input", "not applicable")


def test_an_action_that_an_observation_all_but_holds_is_named() -> None:
    """A clone that sees what was commanded, to a hundredth of the range."""
    rng = np.random.default_rng(1)
    action = rng.random((900, 1))
    table = pd.DataFrame({"id": [f"s{row}" for row in range(900)], "entity": [f"run{row // 15}" for row in range(900)]})
    table["split"] = np.array(["train", "validation", "test"])[np.arange(900) // 300]
    seen = action + rng.normal(scale=0.01, size=action.shape)
    arrays: dict[str, np.ndarray] = {
        "target.action": action.astype(np.float32),
        "seen": seen,
        "other": rng.normal(size=(900, 1)),
    }
    encoding = {"actions": {"torque": {"low": -1.0, "high": 1.0}}, "tolerance": 0.05}
    examples = Examples(table, arrays, (), Source(title="made", entity="run"), encoding)

    model: Predict = lambda some: {"action": np.clip(some.arrays["seen"], 0, 1).astype(np.float32)}  # noqa: E731
    validation = examples.split("validation")
    post = robots.fit_postprocess(model(validation), validation, decision=Decision())
    bar = bench(examples, model, robots, Decision(), "action_error", post)
    columns: Columns = lambda some: {"command": some.arrays["seen"], "other": some.arrays["other"]}  # noqa: E731
    first, second = single_inputs.single_input_findings(examples.split("train"), columns, bar, seed=1)

    assert first.subject == "action_error over command alone"
    assert known(first.high) < 0.02
    assert known(second.low) > 0.1


def runs(episodes: int, steps: int) -> Examples:
    """Return steps of runs whose action is a number from 0 to 1, a third of the runs in each split."""
    count = episodes * steps
    table = pd.DataFrame(
        {"id": [f"s{row}" for row in range(count)], "entity": [f"run{row // steps}" for row in range(count)]}
    )
    table["split"] = np.array(["train", "validation", "test"])[np.arange(count) // steps % 3]
    action = np.random.default_rng(4).random((count, 1)).astype(np.float32)
    encoding = {"actions": {"torque": {"low": 0.0, "high": 1.0}}, "tolerance": 0.05}
    return Examples(table, {"target.action": action}, (), Source(title="made", entity="run"), encoding)


def of_actions(examples: Examples, columns: Columns) -> list[Finding]:
    """Ask of a policy that gives each action exactly."""
    model: Predict = lambda some: {"action": some.arrays["target.action"]}  # noqa: E731
    validation = examples.split("validation")
    post = robots.fit_postprocess(model(validation), validation, decision=Decision())
    bar = bench(examples, model, robots, Decision(), "action_error", post)
    return single_inputs.single_input_findings(examples.split("train"), columns, bar, seed=1)


def test_a_history_that_is_longer_than_any_run_leaves_columns_that_are_never_known() -> None:
    """Runs of six steps and a history of eight: the two earliest readings are never there."""

    def columns(some: Examples) -> dict[str, np.ndarray]:
        early = np.full((len(some), 2), np.nan, np.float32)
        return {"angle": np.concatenate([early, some.arrays["target.action"]], axis=1), "absent": early}

    (finding,) = of_actions(runs(90, 6), columns)
    assert finding.subject == "action_error over angle alone"
    assert known(finding.estimate) < 0.01


@pytest.mark.parametrize(
    ("kind", "far"), [(np.float32, np.finfo(np.float32).max), (np.float64, 1e200), (np.float64, np.finfo(float).max)]
)
def test_a_sensor_that_gives_the_largest_number_for_no_return_is_judged(kind: type, far: float) -> None:
    def columns(some: Examples) -> dict[str, np.ndarray]:
        distance: np.ndarray = some.arrays["target.action"].astype(kind)
        distance[::10] = far
        distance[5::10] = -far
        return {"distance": distance}

    (finding,) = of_actions(runs(30, 20), columns)
    assert 0.01 < known(finding.estimate) < 0.1  # a fifth of the distances tell nothing; the others tell all


def test_descriptors_that_are_the_inputs_themselves_are_no_shortcut(cards: Examples) -> None:
    amount: Columns = lambda some: {"log amount": np.log(some.table[["descriptor.amount"]].to_numpy())}  # noqa: E731
    other: Columns = lambda some: {"x": some.arrays["x"]}  # noqa: E731
    train = cards.split("train")
    assert descriptors.fit(train, columns=amount, seed=1) is None
    assert descriptors.fit(train, columns=other, seed=1) is not None
    more = replace(train, table=train.table.assign(**{"descriptor.hour": np.arange(len(train)) % 24.0}))
    assert descriptors.fit(more, columns=amount, seed=1) is not None
