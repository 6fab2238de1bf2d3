"""Leaks as files have them, and honest strong inputs, through prepare and evaluate: who is refused, who is reviewed.

The model is the system's boosted trees, which see all that the network sees.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from evaluate.made import QUIET

from hallmark import answers, systems
from hallmark.config.stages import Requirement
from hallmark.contracts.decisions import Decision
from hallmark.errors import InputError
from hallmark.evaluate import single_inputs
from hallmark.evaluate.partial_inputs import Benchmark
from hallmark.evaluate.scored_predictions import score_splits, split_examples
from hallmark.evaluate.scorer_table import compare_scorers, rows_by_scorer
from hallmark.gate.judgements import decide
from hallmark.prepare import prepare_examples, refuse_label_inputs

pytestmark = pytest.mark.proof

REQUIREMENTS = {"single_input": Requirement(check="evaluate.single_input", at_least=0.02, failed="review")}
FRACTIONS = {"train": 0.5, "validation": 0.2, "test": 0.3}
ROWS = 900

Number = Callable[[pd.DataFrame], np.ndarray | pd.Series]  # a table → a column of it
Text = Callable[[str, np.random.Generator], str]  # a label → a text


def outcome(
    folder: Path, system: str, *, decision: Decision, primary_metric: str, **keys: Any
) -> tuple[str, list[str]]:
    """Return what becomes of the raw files: "refused" with the sentence, or the verdict with the inputs it names."""
    parts_of = systems.load(system)
    inputs = parts_of.inputs
    try:
        prepared = prepare_examples(
            raw_data.read(system, folder, **keys),
            method="entity",
            fractions=FRACTIONS,
            seed=1,
            encode=parts_of.reading.encode,
        )
        numbers = inputs.numeric_targets(prepared) if inputs.numeric_targets else {}
        refuse_label_inputs(prepared, inputs.columns(prepared), numbers=numbers)
    except InputError as error:
        return "refused", [str(error)]

    train = prepared.split("train")
    validation = prepared.split("validation")
    answer = answers.load("classes" if prepared.labels else systems.resolve_answer(system, None))
    baselines = parts_of.baseline_fitter(answer)(train, seed=1)
    model = baselines.get("boosted trees") or baselines["extra trees"]

    scoring = answer.scoring
    by_split = split_examples(prepared, max_train_rows=100, seed=1)
    scored = score_splits(
        by_split,
        {"model": model},
        scoring,
        model_postprocess=scoring.fit_postprocess(model(validation), validation, decision=decision),
        decision=decision,
        progress=QUIET,
    )
    rows = rows_by_scorer(scored.table)
    scorer_table = compare_scorers(rows, [primary_metric], positive=decision.positive, seed=1, progress=QUIET)
    bench = Benchmark(
        examples=by_split,
        model_rows=scored.of("model", "test"),
        scorer_table=scorer_table,
        scoring=scoring,
        decision=decision,
        primary_metric=primary_metric,
        seed=1,
    )

    verdict = decide(single_inputs.single_input_findings(train, inputs.columns, bench, seed=1), REQUIREMENTS, {})
    named = [one.finding.subject for one in verdict.judged if one.finding.verdict != "pass"]
    return verdict.status, named


def clients() -> pd.DataFrame:
    """A flat table whose label hangs on several honest columns, with noise."""
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"client": [f"c{row:04}" for row in range(ROWS)], "income": rng.lognormal(8, 1, ROWS)})
    table["age"] = rng.integers(18, 80, ROWS)
    table["job"] = rng.choice(["clerk", "farmer", "nurse"], ROWS)
    table["debt"] = rng.gamma(2, 1000, ROWS)
    risk = (table["age"] - 48) / 20 - np.log(table["income"]) + table["debt"] / 1000 + 6 + rng.normal(size=ROWS) / 3
    return table.assign(default=np.where(risk > 0, "yes", "no"))


def of_table(folder: Path, table: pd.DataFrame, **reading: Any) -> tuple[str, list[str]]:
    table.to_csv(folder / "clients.csv", index=False)
    keys = {
        "file": "clients.csv",
        "columns": {"label": "default", "entity": "client"},
        "labels": {"no": "repaid", "yes": "lost"},
        "numeric": ["income", "age", "debt"],
        "categorical": {"job": ["clerk", "farmer", "nurse"]},
        **reading,
    }
    return outcome(folder, "table", decision=Decision(positive="lost"), primary_metric="roc_auc", **keys)


def lost(table: pd.DataFrame) -> np.ndarray:
    return (table["default"] == "yes").to_numpy(float)


def mostly(table: pd.DataFrame, *, typos: int) -> np.ndarray:
    copied = lost(table)
    wrong = np.random.default_rng(1).choice(ROWS, typos, replace=False)
    copied[wrong] = 1 - copied[wrong]
    return copied


def ids_by_label(table: pd.DataFrame) -> np.ndarray:
    return np.argsort(np.argsort(lost(table), kind="stable"), kind="stable").astype(float)


RANDOM = np.random.default_rng(6)
NUMBERS: dict[str, tuple[Number, str]] = {
    "copy": (lost, "refused"),
    "typos": (lambda table: mostly(table, typos=3), "needs review"),
    "id": (ids_by_label, "refused"),
    "scaled id": (lambda table: (ids_by_label(table) - 200) / 115.5, "needs review"),
    "bent id": (lambda table: np.exp(ids_by_label(table) / 100), "needs review"),
    "odd ids": (lambda table: RANDOM.permutation(ROWS) * 2 + lost(table), "refused"),
    "odd ids with typos": (lambda table: RANDOM.permutation(ROWS) * 2 + mostly(table, typos=5), "needs review"),
    "last digits": (lambda table: RANDOM.permutation(ROWS) * 10 + 3 + 4 * mostly(table, typos=5), "needs review"),
    "odd codes": (lambda table: 2 * RANDOM.integers(10, 60, ROWS) + lost(table), "needs review"),
    "time": (lambda table: 1.6e9 + RANDOM.uniform(0, 1e6, ROWS) + 2e6 * lost(table), "needs review"),
    "filled for one label": (lambda table: lost(table) * RANDOM.lognormal(3, 1, ROWS), "needs review"),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_that_tells_the_label_is_refused_or_reviewed(kind: str, tmp_path: Path) -> None:
    make, expected = NUMBERS[kind]
    table = clients()
    table["leak"] = make(table)
    status, named = of_table(tmp_path, table, numeric=["income", "age", "debt", "leak"])
    assert status == expected
    assert "leak" in named[0]


TEXTS: dict[str, tuple[Text, str]] = {
    "other name": (lambda label, rng: {"yes": "lost", "no": "kept"}[label], "refused"),
    "number": (lambda label, rng: {"yes": "1.0", "no": "0.0"}[label], "refused"),
    "case": (lambda label, rng: f"case-{label}-{rng.integers(40):04}", "needs review"),
    "file": (lambda label, rng: f"{label}/scan{rng.integers(9)}.png", "needs review"),
    "several codes": (lambda label, rng: rng.choice({"yes": list("RQ"), "no": list("POS")}[label]), "needs review"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_that_tells_the_label_is_refused_or_reviewed(kind: str, tmp_path: Path) -> None:
    make, expected = TEXTS[kind]
    rng = np.random.default_rng(2)
    table = clients()
    table["leak"] = [make(label, rng) for label in table["default"]]
    status, named = of_table(tmp_path, table, categorical={"leak": sorted(set(table["leak"]))})
    assert status == expected
    assert "leak" in named[0]


def test_honest_inputs_pass_and_none_is_named(tmp_path: Path) -> None:
    assert of_table(tmp_path, clients()) == ("eligible", [])


@pytest.mark.parametrize(
    "rule", [lambda table: table["debt"] > 1500, lambda table: table["job"] == "farmer"], ids=["threshold", "category"]
)
def test_a_rule_on_one_input_ends_in_review_and_is_named(rule: Number, tmp_path: Path) -> None:
    table = clients()
    table["default"] = np.where(rule(table), "yes", "no")
    status, named = of_table(tmp_path, table)
    assert status == "needs review"
    assert "debt" in named[0] or "job" in named[0]


def test_a_column_in_two_roles_is_looked_at_in_both(tmp_path: Path) -> None:
    """As a number the code says little; as a category it is the label under other names, whichever way it is read."""
    table = clients()
    table["code"] = np.where(table["default"] == "yes", "7", "3")
    table.to_csv(tmp_path / "clients.csv", index=False)
    table_system = systems.load("table")
    keys = {
        "file": "clients.csv",
        "labels": {"no": "repaid", "yes": "lost"},
        "columns": {"label": "default", "entity": "client"},
        "numeric": ["age"],
    }

    for categorical in ({"code": ["3", "7"]}, {"code": ["7"]}):
        section = raw_data.section("table", keys)
        both = section.model_copy(update={"numeric": ["code", "age"], "categorical": categorical})
        columns = table_system.inputs.columns(table_system.reading.read(tmp_path, both))
        assert list(columns) == ["code", "age", "code (2)"]
        assert set(columns["code"][:, 0]) == {3.0, 7.0}

        status, named = of_table(tmp_path, table, numeric=["code", "age"], categorical=categorical)
        assert status == "refused"
        assert "'code'" in named[0]


def of_cards(folder: Path, table: pd.DataFrame, **history: Any) -> tuple[str, list[str]]:
    table.to_csv(folder / "rows.csv", index=False)
    keys: dict[str, Any] = {
        "file": "rows.csv",
        "columns": {"label": "fraud", "entity": "card", "time": "time"},
        "labels": {"0": "genuine", "1": "fraud"},
        "numeric": ["risk"],
        "history": {"amount": "amount", "place": "shop", "length": 4, **history},
    }
    return outcome(folder, "table", decision=Decision(positive="fraud"), primary_metric="average_precision", **keys)


def cards() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"card": np.repeat(np.arange(120), 15), "time": np.tile(np.arange(15) * 4900, 120)})
    table["amount"] = rng.lognormal(3, 1, len(table))
    table["shop"] = rng.integers(8, size=len(table))
    table["risk"] = rng.normal(size=len(table))
    score = table["risk"] + np.log(table["amount"]) - 3 + rng.normal(size=len(table)) / 2
    return table.assign(fraud=(score > 1.5).astype(int), country=rng.integers(5, size=len(table)))


def test_a_label_in_a_card_history_is_refused_or_reviewed(tmp_path: Path) -> None:
    table = cards()
    assert of_cards(tmp_path, table)[0] == "eligible"
    status, named = of_cards(tmp_path, table, amount="fraud")
    assert status == "refused"
    assert "history.amount in prepare.reading names 'fraud'" in named[0]

    shared = table.assign(total=table.groupby("card")["fraud"].transform("sum") * 3 + table["fraud"])  # of all time
    status, named = of_cards(tmp_path, shared, amount="total")
    assert status == "needs review"
    assert "log_amount" in named[0]

    elsewhere = table.assign(where=np.where(table["fraud"] == 1, "away " + table.index.astype(str), "home"))
    status, named = of_cards(
        tmp_path, elsewhere, place="where", warm_up=0.2
    )  # the label is in the earlier rows' channel alone
    assert status == "needs review"
    assert "same_place of earlier rows" in named[0]


def of_robots(folder: Path, frame: pd.DataFrame, observations: list[str], history: int = 3) -> tuple[str, list[str]]:
    frame.to_csv(folder / "log.csv", index=False)
    keys = {"actions": {"torque": {"low": -1.0, "high": 1.0}}, "columns": {"entity": "run"}, "history": history}
    return outcome(
        folder,
        "robotics",
        decision=Decision(),
        primary_metric="action_error",
        file="log.csv",
        observations=observations,
        **keys,
    )


def robots() -> pd.DataFrame:
    """A demonstrator that weighs two sensors, with a hand that shakes."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"run": np.repeat(np.arange(40), 50)})
    for name in ("angle", "speed"):
        frame[name] = rng.normal(size=(40, 50)).cumsum(axis=1).ravel() / 4
    wish = -0.8 * frame["angle"] - 0.7 * frame["speed"] + rng.normal(scale=0.05, size=len(frame))
    return frame.assign(torque=np.tanh(wish))


COMMANDS: dict[str, tuple[Number, str]] = {
    "copy": (lambda frame: frame["torque"], "refused"),
    "share of the range": (lambda frame: (frame["torque"] + 1) / 2, "needs review"),
    "next action": (lambda frame: frame.groupby("run")["torque"].shift(-1).fillna(0), "refused"),
    "other unit": (lambda frame: 7 - 300 * frame["torque"], "needs review"),
    "bent": (lambda frame: np.exp(3 * frame["torque"]), "needs review"),
    "rounded": (lambda frame: frame["torque"].round(1), "needs review"),
    "shaky": (lambda frame: frame["torque"] + np.random.default_rng(1).normal(0, 0.002, len(frame)), "needs review"),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_an_action_among_the_sensors_is_refused_or_reviewed(kind: str, tmp_path: Path) -> None:
    make, expected = COMMANDS[kind]
    frame = robots()
    frame["command"] = make(frame)
    status, named = of_robots(tmp_path, frame, ["angle", "speed", "command"])
    assert status == expected
    assert "command" in named[0]


def test_an_honest_demonstrator_of_two_sensors_is_not_named(tmp_path: Path) -> None:
    assert of_robots(tmp_path, robots(), ["angle", "speed"]) == ("eligible", [])


@pytest.mark.parametrize(
    "demonstrator",
    [lambda state: -0.5 * state, lambda state: np.clip(-2 * state, -1, 1), lambda state: np.sign(state - 0.1)],
    ids=["proportional", "saturated", "two actions"],
)
def test_a_demonstrator_of_one_sensor_ends_in_review(demonstrator: Any, tmp_path: Path) -> None:
    frame = robots()
    frame["torque"] = demonstrator(frame["angle"] / 4).clip(-1, 1)
    status, named = of_robots(tmp_path, frame, ["angle", "speed"])
    assert status == "needs review"
    assert named[0] == "action_error over angle alone"
