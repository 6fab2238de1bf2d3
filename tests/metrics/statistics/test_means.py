import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hallmark.metrics.statistics.means import weighted_mean

ROWS = st.integers(4, 30)
FLOATS = st.floats(-100, 100, width=32)


def test_by_hand() -> None:
    """Entities (0, 1), (1), (1, 1): mean 0.8, residual totals -0.6, 0.2, 0.4, shares 0.4, 0.2, 0.4."""
    mean = weighted_mean(np.array([0.0, 1, 1, 1, 1]), np.ones(5), np.array([0, 0, 1, 2, 2]), entity_count=3)
    assert mean is not None
    assert mean.estimate.value == pytest.approx(0.8)
    assert mean.estimate.variance == pytest.approx((0.36 / 0.6 + 0.04 / 0.8 + 0.16 / 0.6) / 25)
    assert (mean.estimate.entity_count, mean.estimate.independent) == (3, False)


def test_independent_rows_give_the_usual_standard_error() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    mean = weighted_mean(values, np.ones(4), np.arange(4), entity_count=4)
    assert mean is not None
    assert mean.estimate.variance == pytest.approx(values.var(ddof=1) / 4)
    assert mean.estimate.degrees == pytest.approx(3)
    assert mean.estimate.independent


def test_agrees_with_the_cluster_robust_variance_of_statsmodels() -> None:
    """With equal entities CR2 is CR0 times G / (G - 1), statsmodels' correction is G / (G - 1) * (n - 1) / (n - 1)."""
    generator = np.random.default_rng(0)
    codes = np.repeat(np.arange(12), 5)
    values = generator.normal(size=60) + generator.normal(size=12)[codes]
    fit = sm.OLS(values, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": codes})
    mean = weighted_mean(values, np.ones(60), codes, entity_count=12)
    assert mean is not None
    assert np.sqrt(mean.estimate.variance) == pytest.approx(fit.bse[0])


@settings(deadline=None)  # which a busy machine misses
@given(st.data())
def test_order_and_names_of_entities_do_not_matter(data: st.DataObject) -> None:
    rows = data.draw(ROWS)
    values = data.draw(arrays(float, rows, elements=FLOATS))
    codes = data.draw(arrays(int, rows, elements=st.integers(0, 5)))
    order = np.array(data.draw(st.permutations(range(rows))))
    renamed = np.array(data.draw(st.permutations(range(6))))[codes]
    first = weighted_mean(values, np.ones(rows), codes, entity_count=6)
    second = weighted_mean(values[order], np.ones(rows), renamed[order], entity_count=6)
    assert first is not None
    assert second is not None
    assert second.estimate.value == pytest.approx(first.estimate.value, abs=1e-9)
    assert second.estimate.variance == pytest.approx(first.estimate.variance, rel=1e-6, abs=1e-9, nan_ok=True)


@settings(deadline=None)  # which a busy machine misses
@given(arrays(float, 12, elements=FLOATS), st.integers(2, 5))
def test_copies_within_entities_are_no_evidence(values: np.ndarray, copies: int) -> None:
    codes = np.arange(12) // 2
    once = weighted_mean(values, np.ones(12), codes, entity_count=6)
    often = weighted_mean(np.repeat(values, copies), np.ones(12 * copies), np.repeat(codes, copies), entity_count=6)
    assert once is not None
    assert often is not None
    assert often.estimate.variance == pytest.approx(once.estimate.variance, rel=1e-6, abs=1e-9)


def test_rows_of_weight_zero_do_not_count_even_where_they_are_nan() -> None:
    values, weights = np.array([1.0, 2.0, np.nan]), np.array([1.0, 1.0, 0.0])
    mean = weighted_mean(values, weights, np.arange(3), entity_count=3)
    assert mean is not None
    assert mean.estimate.value == 1.5
    assert mean.estimate.entity_count == 2


def test_nothing_to_average() -> None:
    assert weighted_mean(np.ones(2), np.zeros(2), np.arange(2), entity_count=2) is None
