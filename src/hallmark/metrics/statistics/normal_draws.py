"""Draws from a multivariate normal distribution: the same, up to rounding, on every machine."""

import numpy as np

# A share of the mean variance that is added in each direction: 3e-5 standard deviations, far below the
# error of any simulation.
_RIDGE = 1e-9


def draw_normal(covariance: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Draw (draws, k) from the normal distribution with mean 0 and this (k, k) `covariance`.

    The covariance may be singular.

    Each draw is a standard normal vector times the symmetric root of the covariance, which is
    unique. Other factors, such as Cholesky's or eigenvectors times the roots of the eigenvalues,
    depend on signs and, between equal eigenvalues, on directions that the linear algebra library is
    free to choose.

    The ridge makes the root smooth near singular matrices. Without it an eigenvalue of 0 that is
    computed as 1e-16 has a root of 1e-8; with it rounding errors of 1e-16 change the draws by less
    than 1e-11.
    """
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    ridge = _RIDGE * max(float(eigenvalues.mean()), 0.0)
    roots = np.sqrt(np.maximum(eigenvalues, 0.0) + ridge)
    symmetric_root = (eigenvectors * roots) @ eigenvectors.T

    standard_normal = generator.standard_normal((draws, len(eigenvalues)))
    return np.asarray(standard_normal @ symmetric_root)
