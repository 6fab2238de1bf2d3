"""Columns compared between windows: what alarms, what stays unresolved, and how often without drift."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from known import known
from omegaconf import OmegaConf
from scipy.stats import binom

from hallmark.config.stages import Drift, Requirement
from hallmark.drift import comparison
from hallmark.drift import comparison_windows as windows
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family
from hallmark.gate.judgements import decide

SETTINGS = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=200, max_rows=10_000)
Make = Callable[..., Family]


def compare(
    table: pd.DataFrame, predictions: pd.DataFrame, *, n_permutations: int = 200, seed: int = 1
) -> dict[str, Column]:
    settings = SETTINGS.model_copy(update={"n_permutations": n_permutations})
    families = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    return {column.name: column for column in comparison.compare_columns(families, settings, seed=seed)}


def test_nothing_alarms_where_nothing_changed(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    columns = compare(table, predictions)
    assert list(columns) == [
        "descriptor.brightness",
        "descriptor.contrast",
        "label",
        "group.site",
        "confidence",
        "prediction",
    ]
    assert "fail" not in {column.finding.verdict for column in columns.values()}

    for column in columns.values():
        assert (column.finding.check, column.finding.question, column.finding.n) == ("drift.column", 6, 40)


def test_planted_shift_alarms_alone(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 0.8
    columns = compare(table, predictions)
    assert [name for name, column in columns.items() if column.finding.verdict == "fail"] == ["descriptor.brightness"]
    found = columns["descriptor.brightness"].finding
    assert found.estimate == pytest.approx(0.8, abs=0.2) and found.requirement == "≥ -0.2 and ≤ 0.2"
    assert "chance alone would do as much with p = 0.005" in found.reason


def test_planted_change_of_shares_alarms(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    predictions.loc[predictions["split"] == "recent", "prediction"] = "dog"
    assert compare(table, predictions)["prediction"].finding.verdict == "fail"


def test_unseen_category_alarms(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    recent = table.index[table["split"] == "recent"]
    table.loc[recent[: len(recent) // 3], "group.site"] = "east"
    found = compare(table, predictions)["group.site"].finding
    assert found.verdict == "fail" and "share of east 0.0% → 33.5%" not in found.reason and "east" in found.reason


def test_change_of_shape_alarms(family: Make) -> None:
    generator = np.random.default_rng(1)
    (column,) = comparison.compare_columns(
        [family(generator.normal(size=(600, 1)), generator.normal(0, 2, size=(600, 1)))], SETTINGS, seed=1
    )
    assert column.finding.verdict == "fail" and "a change of shape of" in column.finding.reason


def one_shifted(missing: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """500 reference entities and 100 recent ones, one row each: one column moved, and another lacks values."""
    generator = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "entity": [f"e{row}" for row in range(600)],
            "split": np.repeat(["train", "recent"], [500, 100]),
            "descriptor.shifted": generator.normal(size=600),
            "descriptor.gappy": generator.normal(size=600),
        }
    )
    table.loc[500:, "descriptor.shifted"] += 0.6
    table.loc[missing, "descriptor.gappy"] = np.nan
    predictions = table[["entity", "split"]].assign(confidence=generator.random(600))
    return table, predictions.replace("train", "test")


@pytest.mark.parametrize("missing", [[0], [599], [0, 1], [598, 599], [0, 599], [1, 2, 3, 598, 599]])
def test_missing_values_beside_a_shift_leave_the_alarm_on(missing: list[int]) -> None:
    columns = compare(*one_shifted(missing), n_permutations=500)
    assert set(columns) == {"descriptor.shifted", "descriptor.gappy", "descriptor.gappy missing", "confidence"}
    assert columns["descriptor.shifted"].finding.verdict == "fail"
    assert columns["descriptor.gappy"].finding.verdict != "fail"
    assert columns["confidence"].finding.verdict != "fail"


def test_a_column_that_one_side_lacks_is_unresolved_and_leaves_the_alarm_on() -> None:
    columns = compare(*one_shifted(list(range(500, 600))), n_permutations=500)
    assert {name: column.finding.verdict for name, column in columns.items() if name != "confidence"} == {
        "descriptor.shifted": "fail",
        "descriptor.gappy": "unresolved",
        "descriptor.gappy missing": "fail",
    }
    assert columns["descriptor.gappy"].test is None


def test_real_but_small_shift_passes(family: Make) -> None:
    generator = np.random.default_rng(1)
    sides = generator.normal(size=(4000, 1)), generator.normal(0.08, 1, size=(4000, 1))
    (column,) = comparison.compare_columns([family(*sides)], SETTINGS, seed=1)
    assert known(column.test).p_value <= 0.05
    assert column.finding.verdict == "pass"


def test_small_window_is_unresolved_and_says_what_it_needs(family: Make) -> None:
    generator = np.random.default_rng(1)
    (column,) = comparison.compare_columns(
        [family(generator.normal(size=(400, 1)), generator.normal(size=(30, 1)))], SETTINGS, seed=1
    )
    assert column.finding.verdict == "unresolved"
    assert 20 < known(column.finding.needed) < 1000


def test_two_entities_can_neither_alarm_nor_pass(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    few = {"e0", "e1", "e2", "e3", "e4", "e5", "e60", "e75", "e90", "e91"}
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 50
    kept = table["entity"].isin(few)
    columns = compare(table[kept], predictions[kept])
    assert {column.finding.verdict for column in columns.values()} == {"unresolved"}
    assert "only 28 splits could be compared" in columns["descriptor.brightness"].finding.reason
    assert known(columns["descriptor.brightness"].test).threshold == np.inf


def test_constant_column_passes(table: pd.DataFrame, predictions: pd.DataFrame) -> None:
    found = compare(table.assign(**{"descriptor.contrast": 1.0}), predictions)["descriptor.contrast"].finding
    assert (found.verdict, found.estimate) == ("pass", 0.0)


def test_column_that_vanished_is_unresolved_and_its_absence_alarms(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    table.loc[table["split"] == "recent", "descriptor.contrast"] = np.nan
    columns = compare(table, predictions)
    assert columns["descriptor.contrast"].finding.verdict == "unresolved"
    assert columns["descriptor.contrast"].finding.estimate is None
    assert columns["descriptor.contrast missing"].finding.verdict == "fail"


def test_same_data_and_seed_give_the_same_findings_whatever_the_names(
    table: pd.DataFrame, predictions: pd.DataFrame
) -> None:
    first = compare(table, predictions)
    again = compare(table, predictions)
    assert first == again
    assert compare(table, predictions, seed=2)["confidence"].test != first["confidence"].test


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 8])
def test_false_alarms_are_as_configured(family: Make, size: int) -> None:
    """150 windows without drift, rows in entities of `size`: significance at the level, alarms no more often."""
    settings = Drift(alpha=0.1, min_effect_size=0.2, n_permutations=50, max_rows=10_000)
    generator = np.random.default_rng(size)
    runs = 150
    significant = 0
    alarms = 0
    for _ in range(runs):
        values = generator.normal(size=(90, 4)).repeat(size, axis=0) + generator.normal(size=(90 * size, 4))
        null = family(values[: 60 * size], values[60 * size :])
        for frame in (null.reference, null.recent):
            frame["entity"] = [name.rstrip("0123456789") + str(row // size) for row, name in enumerate(frame["entity"])]

        columns = comparison.compare_columns([null], settings, seed=1)
        significant += any(column.test is not None and column.test.p_value <= 0.1 for column in columns)
        alarms += any(column.finding.verdict == "fail" for column in columns)

    low, high = binom.interval(0.999, runs, 5 / 51)
    assert low <= significant <= high
    assert alarms <= high


def test_without_a_window_the_gate_asks_for_a_review() -> None:
    found = comparison.unexamined_findings("accuracy")
    assert all(finding.verdict == "unresolved" and "recent" in finding.reason for finding in found)

    checks = {finding.check for finding in found}
    asked = OmegaConf.load(Path(__file__).parents[2] / "conf/gate/default.yaml")
    asked.evaluate = {"primary_metric": "accuracy"}
    rules = {name: Requirement(**rule) for name, rule in asked.requirements.items() if rule["check"] in checks}
    verdict = decide(found, rules, {})
    assert (len(verdict.judged), verdict.status) == (2, "needs review")
