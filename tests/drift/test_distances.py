import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from hallmark.drift import distances

REAL = np.array([[False, False, False, True, True]])


def test_wasserstein_by_hand() -> None:
    values = np.array([0.0, 2.0, 1.0, 4.0, 3.0])
    # Sorted: reference 0, 1, 2 with standard deviation √(2/3); recent 3, 4. Mean of the gaps between quantiles is 2.5.
    assert distances.wasserstein(values, np.arange(5), REAL)[0] == pytest.approx(2.5 / np.sqrt(2 / 3))


@given(st.integers(0, 10_000), st.booleans())
def test_wasserstein_is_scipys(seed: int, tied: bool) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=60)
    if tied:
        values = np.round(values)
    values[:4] = np.nan
    entities = generator.permutation(np.repeat(np.arange(12), 5))
    splits = np.stack([generator.permutation(np.arange(12) < 4) for _ in range(7)])
    for split, score in zip(splits, distances.wasserstein(values, entities, splits), strict=True):
        sides = [values[(split[entities] == side) & ~np.isnan(values)] for side in (False, True)]
        assert score == pytest.approx(wasserstein_distance(*sides) / np.std(sides[0]), rel=1e-9)


@given(st.integers(0, 10_000))
def test_jensen_shannon_is_scipys(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.choice([*"abc", None], 60)
    entities = np.repeat(np.arange(12), 5)
    splits = np.stack([generator.permutation(np.arange(12) < 4) for _ in range(7)])
    for split, score in zip(splits, distances.jensen_shannon(values, entities, splits), strict=True):
        shares = [[np.mean(values[split[entities] == side] == name) for name in "abc"] for side in (False, True)]
        assert score == pytest.approx(jensenshannon(*shares), abs=1e-9)


def test_constant_column_scores_nothing() -> None:
    assert distances.wasserstein(np.ones(5), np.arange(5), REAL).tolist() == [0.0]
    assert distances.jensen_shannon(np.array(["a"] * 5), np.arange(5), REAL).tolist() == [0.0]


def test_a_side_without_values_scores_nothing() -> None:
    values = np.array([1.0, 2.0, 3.0, np.nan, np.nan])
    assert distances.wasserstein(values, np.arange(5), REAL).tolist() == [0.0]


def test_constant_reference_is_normed_by_evidentlys_least_spread() -> None:
    assert distances.wasserstein(np.array([0.0, 0, 0, 1, 1]), np.arange(5), REAL)[0] == pytest.approx(1 / 0.001)
