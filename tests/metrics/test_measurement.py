"""A measurement: every metric by its definition, on all rows and on slices, and against another scorer's."""

import numpy as np
import pytest
from known import known
from metrics.made import KNOWN, ROWS, compare, measure, predictions
from sklearn.metrics import average_precision_score, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from hallmark.errors import InputError
from hallmark.metrics import Measurement


def test_every_metric_measures_what_its_name_says() -> None:
    true = ROWS["label"] == "yes"
    alert = ROWS["prediction"] == "yes"
    expected = {
        "accuracy": (true == alert).mean(),
        "sensitivity": alert[true].mean(),
        "specificity": (~alert)[~true].mean(),
        "precision": true[alert].mean(),
        "alert_rate": alert.mean(),
        "brier": ((ROWS["confidence"] - true) ** 2).mean(),
        "log_loss": ROWS["score.log_loss"].mean(),
        "cost": ROWS["score.cost"].mean(),
        "roc_auc": roc_auc_score(true, ROWS["confidence"]),
        "average_precision": average_precision_score(true, ROWS["confidence"]),
    }

    for name, value in expected.items():
        interval = measure(ROWS, name, positive="yes", seed=1)
        assert interval.estimate == pytest.approx(value), name
        assert known(interval.low) < value < known(interval.high), name


def test_n_counts_the_entities_that_have_a_part() -> None:
    true = ROWS["label"] == "yes"
    assert measure(ROWS, "accuracy", positive="yes", seed=1).n == ROWS["entity"].nunique()
    assert measure(ROWS, "sensitivity", positive="yes", seed=1).n == ROWS["entity"][true].nunique()


def test_one_row_an_entity_is_wilsons_interval() -> None:
    alone = ROWS.assign(entity=ROWS["id"])
    right = int(ROWS["score.accuracy"].sum())
    interval = measure(alone, "accuracy", positive="yes", seed=1)
    assert (interval.low, interval.high) == pytest.approx(proportion_confint(right, len(ROWS), method="wilson"))


@pytest.mark.parametrize("name", KNOWN)
def test_order_of_rows_does_not_matter(name: str) -> None:
    shuffled = ROWS.sample(frac=1, random_state=0)
    first, second = (measure(rows, name, positive="yes", seed=1) for rows in (ROWS, shuffled))
    assert vars(first) == pytest.approx(vars(second))


@pytest.mark.parametrize("name", KNOWN)
def test_the_same_seed_gives_the_same_interval(name: str) -> None:
    assert measure(ROWS, name, positive="yes", seed=1) == measure(ROWS, name, positive="yes", seed=1)


@pytest.mark.parametrize("name", KNOWN)
def test_one_entity_has_no_interval_and_no_rows_no_estimate(name: str) -> None:
    one = measure(ROWS.assign(entity="e"), name, positive="yes", seed=1)
    assert (one.low, one.high, one.n) == (None, None, 1)
    none = measure(ROWS[:0], name, positive="yes", seed=1)
    assert (none.estimate, none.low, none.high, none.n) == (None, None, None, 0)


def test_levels_of_slices_are_those_of_the_rows_alone() -> None:
    part = np.arange(len(ROWS)) < 120
    for name in ("accuracy", "log_loss", "precision", "roc_auc", "average_precision"):
        both = Measurement(ROWS, [name], slices={"part": part}, positive="yes", seed=1).by_group[name, "part"]
        assert vars(both) == pytest.approx(vars(measure(ROWS[part], name, positive="yes", seed=1)))


@pytest.mark.parametrize("name", KNOWN)
def test_comparison_is_oriented_paired_and_antisymmetric(name: str) -> None:
    better = predictions(better=1.5)
    forth = compare(better, ROWS, name)
    back = compare(ROWS, better, name)

    mirrored = (-known(back.estimate), -known(back.high), -known(back.low))
    assert (forth.estimate, forth.low, forth.high) == pytest.approx(mirrored)
    if name in ("sensitivity", "roc_auc", "average_precision"):
        assert known(forth.low) > 0


@pytest.mark.parametrize("name", KNOWN)
def test_a_scorer_is_not_better_than_itself_and_not_known_to_be_equal_everywhere(name: str) -> None:
    interval = compare(ROWS, ROWS, name)
    assert interval.estimate == 0
    assert known(interval.low) < 0 < known(interval.high)


def test_comparison_needs_the_same_examples() -> None:
    with pytest.raises(InputError, match="same ids"):
        compare(ROWS, ROWS.assign(id=ROWS["id"][::-1].to_numpy()), "accuracy")


def test_differences_are_oriented_and_simultaneous() -> None:
    mask = np.arange(len(ROWS)) % 3 == 0
    worse = ROWS.assign(**{"score.log_loss": ROWS["score.log_loss"] + mask})
    slices = {"a": mask, "b": np.arange(240) % 5 == 0}
    inside = worse["score.log_loss"][mask].mean()
    outside = worse["score.log_loss"][~mask].mean()

    alone = Measurement(worse, ["log_loss"], slices={"a": mask}, positive="yes", seed=1).difference()["log_loss", "a"]
    family = Measurement(worse, ["log_loss", "accuracy"], slices=slices, positive="yes", seed=1)
    wider = family.difference()["log_loss", "a"]

    assert alone.estimate == wider.estimate == pytest.approx(outside - inside)
    assert known(alone.high) < 0
    assert known(wider.low) < known(alone.low) < known(alone.high) < known(wider.high)
    assert alone.n == worse["entity"][mask].nunique()


def test_a_gap_to_nobody_is_not_estimated() -> None:
    everyone = np.ones(len(ROWS), bool)
    slices = {"all": everyone, "none": ~everyone}
    found = Measurement(ROWS, ["accuracy"], slices=slices, positive="yes", seed=1).difference()
    assert {interval.estimate for interval in found.values()} == {None}
