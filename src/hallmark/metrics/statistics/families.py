"""Simultaneous confidence: how confident each of many comparisons must be for all of them to hold together."""

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.metrics.statistics.normal_draws import draw_normal

_MANY = 50  # entities; with fewer the correlations are too poorly known to rely on
_LARGE = 500  # comparisons; with more Bonferroni loses little, and their correlations take long
_DRAWS = 20_000  # of the largest of the family's statistics, whose quantile they give to within 0.02
_DECIMALS = 6  # of that quantile: fewer than machines and thread counts differ in
_BLOCKS = 65_536  # of entities; so many independent ones say a correlation to within 0.004


class Family:
    """The comparisons of one audit, added one by one.

    It keeps each comparison's influences only, of more than `_BLOCKS` entities summed over as many blocks of them, and
    none where the family is so large that correlations are not used: memory is bounded, however many rows there are.
    """

    def __init__(self) -> None:
        self._comparisons = 0
        self._entities = 0  # of the comparison that has the most
        self._influences: list[np.ndarray] = []

    def add(self, comparison: InfluenceEstimate) -> None:
        self._comparisons += 1
        self._entities = max(self._entities, comparison.estimate.entities)
        if self._comparisons <= _LARGE:
            self._influences.append(_block_influence(comparison))
        else:
            self._influences.clear()

    def pointwise_confidence(self, confidence: float, *, generator: np.random.Generator) -> float:
        """Return the confidence that each interval needs for all of the family to cover together with `confidence`.

        With many entities it is that of the largest of correlated normal statistics (Hothorn, Bretz & Westfall 2008),
        so that overlapping groups and related metrics cost little; with few, or in a family
        of hundreds, it is Bonferroni's, the strictest.
        """
        alpha = 1 - confidence
        bonferroni = alpha / max(self._comparisons, 1)
        if not 2 <= self._comparisons <= _LARGE or self._entities < _MANY:
            return 1 - bonferroni

        statistics = draw_normal(_correlation(self._influences), _DRAWS, generator)
        largest = np.abs(statistics).max(axis=1)
        quantile = round(float(np.quantile(largest, confidence)), _DECIMALS)
        return 1 - float(np.clip(2 * stats.norm.sf(quantile), bonferroni, alpha))


def _block_influence(comparison: InfluenceEstimate) -> np.ndarray:
    """Return the influence of each entity (G,), or of each of `_BLOCKS` blocks of entities where there are more.

    Entities are independent, so that those of a block can be summed: correlations stay what they are.
    """
    if comparison.size <= _BLOCKS or np.isnan(comparison.influence).any():
        return comparison.dense_influence()[:_BLOCKS]
    return np.bincount(comparison.index % _BLOCKS, weights=comparison.influence, minlength=_BLOCKS)


def _correlation(influences: list[np.ndarray]) -> np.ndarray:
    influence = np.nan_to_num(np.stack(influences))
    lengths = np.sqrt(np.sum(influence**2, axis=1, keepdims=True))
    unit = np.divide(influence, lengths, out=np.zeros_like(influence), where=lengths > 0)
    correlation = unit @ unit.T
    np.fill_diagonal(correlation, 1.0)  # a comparison without spread counts as independent of the others
    return np.asarray(correlation)
