from math import comb

import numpy as np
import pytest
from scipy.stats import binom

from hallmark.drift import permutation_test


def test_few_entities_are_split_in_every_way() -> None:
    splits = permutation_test.permute_entities(6, 2, n_permutations=500, seed=1)
    assert splits.shape == (comb(8, 2), 8)
    assert splits[0].tolist() == [False] * 6 + [True] * 2
    assert len(np.unique(splits, axis=0)) == comb(8, 2)
    assert (splits.sum(axis=1) == 2).all()


def test_many_entities_are_split_at_random_and_repeatably() -> None:
    splits = permutation_test.permute_entities(60, 20, n_permutations=50, seed=1)
    assert splits.shape == (51, 80)
    assert splits[0].tolist() == [False] * 60 + [True] * 20
    assert (splits.sum(axis=1) == 20).all()
    assert np.array_equal(splits, permutation_test.permute_entities(60, 20, n_permutations=50, seed=1))
    assert not np.array_equal(splits, permutation_test.permute_entities(60, 20, n_permutations=50, seed=2))


def test_p_counts_the_splits_in_which_any_column_is_as_extreme() -> None:
    results = permutation_test.run_min_p_test({"x": np.array([3.0, 1, 5, 2, 4, 0, 2.5, 1.5, 0.5, 3.5])}, alpha=0.4)
    assert results["x"].p_value == pytest.approx(4 / 10)  # 3, 3.5, 4 and 5
    assert 2.5 < results["x"].threshold < 3.0 and results["x"].score == 3.0


@pytest.mark.parametrize("columns", [1, 8])
def test_level_holds_for_the_whole_family(columns: int) -> None:
    generator = np.random.default_rng(columns)
    runs, alarms = 500, 0
    for _ in range(runs):
        scores = {str(column): generator.chisquare(column + 1, 100) ** 0.5 for column in range(columns)}
        alarms += any(result.p_value <= 0.1 for result in permutation_test.run_min_p_test(scores, alpha=0.1).values())
    low, high = binom.interval(0.999, runs, 0.1)
    assert low <= alarms <= high


def test_error_is_shared_evenly_between_unlike_columns() -> None:
    generator = np.random.default_rng(5)
    scores = {str(degrees): np.sqrt(generator.chisquare(degrees, 20_000)) for degrees in (1, 3, 30)}
    results = permutation_test.run_min_p_test(scores, alpha=0.05)
    shares = [np.mean(scores[name] >= result.threshold) for name, result in results.items()]
    assert max(shares) < 2 * min(shares)


def test_threshold_says_what_p_says() -> None:
    generator = np.random.default_rng(6)
    for _ in range(200):
        scores = {name: generator.gamma(2, size=60) for name in "abc"}
        for result in permutation_test.run_min_p_test(scores, alpha=0.2).values():
            assert (result.p_value <= 0.2) == (result.score >= result.threshold)
        scores["two"] = two_valued(generator, 60, 0.15)
        for result in permutation_test.run_min_p_test(scores, alpha=0.2).values():
            assert (result.p_value <= 0.2) == (result.score >= result.threshold)


def test_one_enormous_score_does_not_hide_itself() -> None:
    generator = np.random.default_rng(7)
    scores = {name: generator.gamma(2, size=501) for name in "abcdefgh"}
    scores["a"][0] = 1e6
    assert permutation_test.run_min_p_test(scores, alpha=0.05)["a"].p_value == pytest.approx(1 / 501)


def test_too_few_splits_reach_no_threshold() -> None:
    assert permutation_test.run_min_p_test({"x": np.arange(10.0)[::-1]}, alpha=0.05)["x"].threshold == np.inf


def test_constant_scores_are_never_significant() -> None:
    results = permutation_test.run_min_p_test({"x": np.zeros(50), "y": np.arange(50.0)}, alpha=0.1)
    assert results["x"].p_value == 1.0 and results["x"].threshold == np.inf


def test_no_columns() -> None:
    assert permutation_test.run_min_p_test({}, alpha=0.05) == {}


def test_equal_scores_that_rounding_tells_apart_share_their_rank() -> None:
    scores = np.array([0.3, 0.1 + 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2])  # 0.1 + 0.2 is 0.30000000000000004
    assert permutation_test.run_min_p_test({"x": scores}, alpha=0.3)["x"].p_value == pytest.approx(2 / 10)


def two_valued(generator: np.random.Generator, splits: int, share: float) -> np.ndarray:
    """The scores of "is one value missing?": it lies on the recent side in a share of the splits."""
    return np.where(generator.random(splits) < share, 0.3, 0.01)


@pytest.mark.parametrize("share", [0.02, 0.06, 0.1, 0.2, 0.5])
def test_a_column_of_two_scores_takes_no_power_from_the_others(share: float) -> None:
    generator = np.random.default_rng(8)
    scores = {name: generator.gamma(2, size=501) for name in "abcd"}
    scores["a"][0] = 9.0  # beyond the 99.8 % quantile
    alone = permutation_test.run_min_p_test(scores, alpha=0.05)["a"]
    scores["a missing"] = two_valued(generator, 501, share)
    beside = permutation_test.run_min_p_test(scores, alpha=0.05)["a"]
    assert alone.p_value <= 0.05
    assert beside.p_value <= alone.p_value + (share if share < 0.05 else 0.0)
    assert np.isfinite(beside.threshold)


def test_the_level_holds_with_columns_of_two_scores() -> None:
    generator = np.random.default_rng(9)
    runs, alarms = 500, 0
    for _ in range(runs):
        scores = {str(column): generator.chisquare(2, 100) ** 0.5 for column in range(3)}
        scores |= {f"{share} missing": two_valued(generator, 100, share) for share in (0.02, 0.05, 0.1, 0.3)}
        scores["constant"] = np.zeros(100)
        alarms += any(result.p_value <= 0.1 for result in permutation_test.run_min_p_test(scores, alpha=0.1).values())
    low, high = binom.interval(0.999, runs, 0.1)
    assert low <= alarms <= high
