"""Metrics that are means: their limits by their support, and perplexity, the exponential of one."""

import numpy as np
import pandas as pd
import pytest
from known import known
from metrics.made import ROWS, compare, measure


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


def test_the_method_of_an_interval_is_the_metrics_whatever_the_values() -> None:
    """A cost of 1 a mistake makes zeros and ones, and is a cost nonetheless: doubled, its limits double."""
    mistakes = (np.arange(60) % 4 == 0).astype(float)
    rows = pd.DataFrame({"id": np.arange(60), "entity": np.arange(60), "score.cost": mistakes, "weight.cost": 1.0})
    once, twice = (measure(rows.assign(**{"score.cost": mistakes * price}), "cost") for price in (1, 2))
    doubled = [2 * known(value) for value in (once.estimate, once.low, once.high)]
    assert [twice.estimate, twice.low, twice.high] == pytest.approx(doubled)
