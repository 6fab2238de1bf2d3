"""Simultaneous confidence: how confident many intervals must be each, to cover all together."""

import numpy as np
from scipy import stats

from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.metrics.statistics.normal_draws import draw_normal

_MIN_ENTITIES = 50  # with fewer, the correlations are too poorly known to rely on
_MAX_COMPARISONS = 500  # with more, Bonferroni loses little, and the correlations take long
_DRAWS = 20_000  # of the largest statistic: they give its quantile to within 0.02
_DECIMALS = 6  # of that quantile: it is rounded to what all machines and thread counts agree on
_BLOCKS = 65_536  # of entities: with so many, a correlation is known to within 0.004


class Family:
    """The comparisons of one audit, added one by one.

    Memory is bounded, however many rows and comparisons there are. Of a comparison only the
    influences are stored, summed over `_BLOCKS` blocks where there are more entities; and none are
    stored once there are more than `_MAX_COMPARISONS`, since then no correlations are used.
    """

    def __init__(self) -> None:
        self._comparison_count = 0
        self._max_entity_count = 0  # over the comparisons
        self._influences: list[np.ndarray] = []  # one (G,) or (_BLOCKS,) for each comparison

    def add(self, comparison: InfluenceEstimate) -> None:
        """Add a comparison. All comparisons of a family are over the same table of entities."""
        self._comparison_count += 1
        self._max_entity_count = max(self._max_entity_count, comparison.estimate.entity_count)
        if self._comparison_count <= _MAX_COMPARISONS:
            self._influences.append(_block_influence(comparison))
        else:
            self._influences.clear()

    def pointwise_confidence(self, confidence: float, *, generator: np.random.Generator) -> float:
        """Return the confidence of each interval, for all to cover together with `confidence`.

        It comes from the quantile of the largest of correlated normal statistics (max-t; Hothorn,
        Bretz & Westfall 2008), so that overlapping groups and related metrics cost little.
        `generator` draws these statistics. With fewer than `_MIN_ENTITIES` entities, or more than
        `_MAX_COMPARISONS` comparisons, it is Bonferroni's, 1 - (1 - confidence) / comparisons,
        which is stricter.
        """
        alpha = 1 - confidence
        bonferroni_alpha = alpha / max(self._comparison_count, 1)
        has_correlations = 2 <= self._comparison_count <= _MAX_COMPARISONS
        if not has_correlations or self._max_entity_count < _MIN_ENTITIES:
            return 1 - bonferroni_alpha

        statistics = draw_normal(_correlation(self._influences), _DRAWS, generator)
        largest = np.abs(statistics).max(axis=1)  # (_DRAWS,)
        quantile = round(float(np.quantile(largest, confidence)), _DECIMALS)
        pointwise_alpha = 2 * stats.norm.sf(quantile)
        return 1 - float(np.clip(pointwise_alpha, bonferroni_alpha, alpha))


def _block_influence(comparison: InfluenceEstimate) -> np.ndarray:
    """Return the influence of each entity (G,), or of each block (_BLOCKS,) where G is larger.

    Entities are independent: summing those of a block leaves the expected correlations unchanged.
    """
    if comparison.entity_count <= _BLOCKS or np.isnan(comparison.influence).any():
        return comparison.dense_influence()[:_BLOCKS]
    return np.bincount(comparison.index % _BLOCKS, weights=comparison.influence, minlength=_BLOCKS)


def _correlation(influences: list[np.ndarray]) -> np.ndarray:
    """Return the correlation matrix (k, k) of k comparisons, from the influences of each.

    A comparison without variance counts as independent of the others.
    """
    influence = np.nan_to_num(np.stack(influences))
    lengths = np.sqrt(np.sum(influence**2, axis=1, keepdims=True))
    unit_vectors = np.divide(influence, lengths, out=np.zeros_like(influence), where=lengths > 0)

    correlation = unit_vectors @ unit_vectors.T
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)
