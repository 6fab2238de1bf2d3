"""Metrics that are means: their limits by their support, and perplexity, the exponential of one."""

import numpy as np
import pandas as pd
import pytest
from known import known
from metrics.made import ROWS, compare, measure

from hallmark.metrics import Measurement


def test_all_right_is_not_certain() -> None:
    interval = measure(ROWS.assign(**{"score.accuracy": 1.0}), "accuracy", positive="yes", seed=1)
    assert interval.estimate == interval.high == 1
    assert 0.9 < known(interval.low) < 0.99


def test_perplexity_is_the_exponential_of_the_mean_loss_of_a_token() -> None:
    nats = np.random.default_rng(3).gamma(2.0, size=240)
    rows = ROWS.assign(**{"score.perplexity": nats, "weight.perplexity": np.arange(240.0)})
    rows = rows.assign(**{"score.log_loss": nats, "weight.log_loss": np.arange(240.0)})
    perplexity = measure(rows, "perplexity", positive=None, seed=1)
    mean = measure(rows, "log_loss", positive=None, seed=1)
    exponentials = [np.exp(known(value)) for value in (mean.estimate, mean.low, mean.high)]
    assert [perplexity.estimate, perplexity.low, perplexity.high] == pytest.approx(exponentials)

    worse = rows.assign(**{"score.perplexity": nats + np.random.default_rng(4).normal(0.1, 0.01, 240)})
    gain = compare(rows, worse, "perplexity", positive=None)
    assert gain.estimate == pytest.approx(exponentials[0] * (np.exp(0.1) - 1), rel=0.02)
    assert known(gain.low) > 0


def test_a_loss_is_not_said_to_lie_below_nothing() -> None:
    """Few writers, one of them hard: Student's limits alone would reach below 0."""
    losses = np.array([0.01, 0.02, 0.0, 0.4])
    rows = pd.DataFrame({"id": list("abcd"), "entity": list("abcd"), "score.log_loss": losses, "weight.log_loss": 1.0})
    measured = measure(rows, "log_loss", positive=None, seed=1)
    assert measured.low == 0.0
    assert measured.estimate == pytest.approx(losses.mean())


def test_a_metric_of_any_sign_is_not_cut() -> None:
    returns = np.array([0.01, 0.02, 0.0, 0.4])
    rows = pd.DataFrame({"id": list("abcd"), "entity": list("abcd"), "score.return": returns, "weight.return": 1.0})
    measured = measure(rows, "return", positive=None, seed=1)
    assert known(measured.low) < -0.05


def users(scores: list[float], name: str) -> pd.DataFrame:
    """A row for each user."""
    ids = np.arange(len(scores))
    return pd.DataFrame({"id": ids, "entity": ids, f"score.{name}": scores, f"weight.{name}": 1.0})


def test_graded_gains_have_wilsons_limits_by_their_own_variance() -> None:
    """Seven users at rank 1 (a gain of 1) and seven at rank 3 (1 / log2(4)).

    By hand: the variance of the mean is 14 * 0.25² / (14 * 13) = 1 / 208, so that 0.75 * 0.25 * 208 = 39 rows of zeros
    and ones would vary as much. Wilson's limits of 0.75 among 39, with Student's 2.16037 of 13 degrees.
    """
    measured = measure(users([1.0] * 7 + [0.5] * 7, "ndcg_at_10"), "ndcg_at_10", positive=None)
    assert measured.estimate == 0.75
    assert [measured.low, measured.high] == pytest.approx([0.579215, 0.867344], abs=2e-6)


def test_no_gain_at_all_is_not_certain() -> None:
    """By hand, as of 13 zeros: t² / (13 + t²) with Student's t = 2.17881 of 12 degrees."""
    measured = measure(users([0.0] * 13, "ndcg_at_10"), "ndcg_at_10", positive=None)
    assert [measured.low, measured.high] == pytest.approx([0.0, 0.267491], abs=1e-6)


def test_reciprocal_ranks_have_halls_limits_cut_at_1() -> None:
    """13 users: twelve at rank 1, one at rank 10. Hall's limits alone would reach above 1."""
    ranks = users([1.0] * 12 + [0.1], "reciprocal_rank")
    measured = measure(ranks, "reciprocal_rank", positive=None)
    uncut = measure(ranks.rename(columns=lambda name: name.replace("reciprocal_rank", "return")), "return")
    assert uncut.high is not None
    assert uncut.high > 1
    assert measured.estimate == uncut.estimate == pytest.approx(12.1 / 13)
    assert (measured.low, measured.high) == (uncut.low, 1.0)


def test_a_gain_is_never_wider_than_the_metrics_range() -> None:
    """Two users against two: Hall's limits of the difference alone would leave -1 to 1."""
    scores = [1.0, 1.0, 1.0, 0.9, 0.1, 0.2]
    rows = users(scores, "reciprocal_rank")
    first = {"first": np.arange(6) < 4}
    gap = Measurement(rows, ["reciprocal_rank"], slices=first, positive=None, seed=1, confidence=0.999).difference()
    interval = gap["reciprocal_rank", "first"]
    assert interval.estimate == pytest.approx(0.825)
    assert interval.high == 1.0


def test_a_score_beyond_its_support_by_rounding_counts_as_its_end() -> None:
    measured = measure(users([1 + 1e-9] * 13, "ndcg_at_10"), "ndcg_at_10", positive=None)
    assert measured.estimate == measured.high == 1.0


def test_the_method_of_an_interval_is_the_metrics_whatever_the_values() -> None:
    """A cost of 1 a mistake makes zeros and ones, and is a cost nonetheless: doubled, its limits double."""
    mistakes = (np.arange(60) % 4 == 0).astype(float)
    rows = pd.DataFrame({"id": np.arange(60), "entity": np.arange(60), "score.cost": mistakes, "weight.cost": 1.0})
    once, twice = (measure(rows.assign(**{"score.cost": mistakes * price}), "cost") for price in (1, 2))
    doubled = [2 * known(value) for value in (once.estimate, once.low, once.high)]
    assert [twice.estimate, twice.low, twice.high] == pytest.approx(doubled)
