"""Draws of a multivariate normal are a continuous function of its covariance."""

import numpy as np
import pytest

from hallmark.metrics.statistics.normal_draws import draw_normal

DRAWS = 20_000


def singular(generator: np.random.Generator) -> np.ndarray:
    """Twelve variables that five make up."""
    factors = generator.normal(size=(12, 5))
    return np.asarray(factors @ factors.T)


def test_they_have_the_covariance() -> None:
    covariance = singular(np.random.default_rng(0))
    draws = draw_normal(covariance, DRAWS, np.random.default_rng(1))
    assert draws.shape == (DRAWS, 12)
    np.testing.assert_allclose(draws.T @ draws / DRAWS, covariance, atol=0.05 * covariance.max())


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rounding_errors_of_a_singular_covariance_stay_rounding_errors(scale: float) -> None:
    covariance = scale * singular(np.random.default_rng(0))
    noise = np.random.default_rng(2).normal(size=(12, 12)) * 1e-15 * scale
    draws = draw_normal(covariance, DRAWS, np.random.default_rng(1))
    moved = draw_normal(covariance + noise + noise.T, DRAWS, np.random.default_rng(1))
    np.testing.assert_allclose(moved, draws, atol=1e-9 * np.sqrt(scale))


def test_directions_of_equal_variance_are_no_choice_of_the_library() -> None:
    """Independent variables: an eigenvector of the identity may be any, and is another after a rounding error."""
    covariance = np.eye(6)
    noise = np.random.default_rng(2).normal(size=(6, 6)) * 1e-15
    draws = draw_normal(covariance, DRAWS, np.random.default_rng(1))
    moved = draw_normal(covariance + noise + noise.T, DRAWS, np.random.default_rng(1))
    np.testing.assert_allclose(moved, draws, atol=1e-9)


def test_without_any_variance_all_draws_are_zero() -> None:
    assert not draw_normal(np.zeros((3, 3)), 10, np.random.default_rng(0)).any()
