"""Error control over a family of comparisons: how confident each must be for all to hold together."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.linear import Linear

_MANY = 50  # entities; with fewer the correlations are too poorly known to rely on
_LARGE = 500  # members; with more Bonferroni loses little, and their correlations take long
_DRAWS = 20_000  # of the largest of the family's statistics


def pointwise_confidence(family: Sequence[Linear], confidence: float, *, generator: np.random.Generator) -> float:
    """Return the confidence that each interval needs for all of the family to cover together with `confidence`.

    With many entities it is that of the largest of correlated normal statistics (Hothorn, Bretz & Westfall 2008),
    so that overlapping groups and related metrics cost little; with few, or in a family
    of hundreds, it is Bonferroni's, the strictest.
    """
    alpha = 1 - confidence
    bonferroni = alpha / max(len(family), 1)
    few = max((linear.entities for linear in family), default=0) < _MANY
    if not 2 <= len(family) <= _LARGE or few:
        return 1 - bonferroni
    largest = _largest(_correlation(family), generator)
    quantile = float(np.quantile(largest, confidence))
    return 1 - float(np.clip(2 * stats.norm.sf(quantile), bonferroni, alpha))


def _correlation(family: Sequence[Linear]) -> np.ndarray:
    influence = np.nan_to_num(np.stack([linear.influence for linear in family]))
    lengths = np.sqrt(np.sum(influence**2, axis=1, keepdims=True))
    unit = np.divide(influence, lengths, out=np.zeros_like(influence), where=lengths > 0)
    correlation = unit @ unit.T
    np.fill_diagonal(correlation, 1.0)  # a member without spread counts as independent of the others
    return np.asarray(correlation)


def _largest(correlation: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    values, vectors = np.linalg.eigh(correlation)
    draws = generator.standard_normal((_DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(np.abs(draws @ vectors.T).max(axis=1))
