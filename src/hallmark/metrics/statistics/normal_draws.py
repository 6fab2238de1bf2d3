"""Draws of a multivariate normal that are a continuous function of its covariance, on any machine."""

import numpy as np

_RIDGE = (
    1e-9  # of the mean variance, in each direction: 3e-5 standard deviations, far below the error of any simulation
)


def draw_normal(covariance: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Draw (draws, k) from the normal distribution with mean 0 and this covariance (k, k), which may be singular.

    The draws are standard normal ones times the symmetric root of the covariance, of which there is one only. Any other
    factor, such as eigenvectors times the roots of their values, depends on signs and, where values are equal, on
    directions that the linear algebra library picks; and a value of 0 that comes out as 1e-16 has a root of 1e-8. The
    ridge keeps the root smooth there, so that rounding errors of 1e-16 stay below 1e-11.
    """
    values, vectors = np.linalg.eigh(covariance)
    ridge = _RIDGE * max(float(values.mean()), 0.0)
    root = (vectors * np.sqrt(np.maximum(values, 0.0) + ridge)) @ vectors.T
    return np.asarray(generator.standard_normal((draws, len(values))) @ root)
