"""Permutation test: how large a drift score chance alone makes, by moving whole entities between the two sides.

If nothing drifted, the recent entities are some more of the reference's, and which of them came last is an accident. So
every permutation of the pooled entities into sides of the sizes at hand was equally likely, the observed one among
them, and the observed one's rank among them is an exact p-value, whatever the columns' distributions, and however the
rows of an entity, or the columns, depend on each other (Fisher 1935; Pesarin & Salmaso 2010, "Permutation Tests for
Complex Data").

Arrays over permutations have length B, the observed one first; E is the number of entities of both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb

import numpy as np
from scipy import stats

_ABOVE = 1 + 1e-6  # a score alarms above the threshold, and Evidently asks for one that reaches it
_TRIMMED_FRACTION = 0.05  # of the permutations, the most extreme ones, that the gamma fit leaves out
_SQUARED_ROUNDING = 1e-24  # squared scores below are rounding
_MIN_TAIL_PROBABILITY = 1e-300  # smaller ones are taken for this one
_DIGITS = 9  # scores that agree in these are equal: sums in another order differ by rounding


@dataclass(frozen=True)
class PermutationResult:
    """A column's drift score, and its null distribution in a few numbers."""

    score: float  # as observed
    null_mean: float  # the mean score over the permutations: what it is without drift
    threshold: float  # the score from which on p_value is at most alpha; infinite where none could be
    p_value: float  # adjusted for the family: the share of permutations in which any column is as extreme
    n_permutations: int  # the observed one included


def permute_entities(n_reference: int, n_recent: int, *, n_permutations: int, seed: int) -> np.ndarray:
    """Return (B, E) booleans, true where an entity is on the recent side; in the first row, the recent ones are last.

    All permutations are returned where there are no more than `n_permutations`, else the observed one and
    `n_permutations` random ones.
    """
    n_entities = n_reference + n_recent
    if comb(n_entities, n_recent) <= n_permutations:
        recent_entities = np.array(list(combinations(range(n_entities)[::-1], n_recent)))  # the observed ones first
        every_permutation = np.zeros((len(recent_entities), n_entities), dtype=bool)
        np.put_along_axis(every_permutation, recent_entities, values=True, axis=1)
        return every_permutation

    observed = np.arange(n_entities) >= n_reference
    generator = np.random.default_rng(seed)
    return np.stack([observed, *(generator.permutation(observed) for _ in range(n_permutations))])


def run_min_p_test(scores: Mapping[str, np.ndarray], *, alpha: float) -> dict[str, PermutationResult]:
    """Test all columns as one family, so that P(any column's p-value ≤ `alpha`) ≤ `alpha` where nothing drifted.

    `scores` holds each column's score in every permutation (B,). This is the single-step minP test of Westfall & Young
    (1993): a column's p-value in a permutation is the share of permutations that score at least as much, so it needs no
    assumption about the scores, and each permutation is represented by its smallest p-value. Equal p-values are ordered
    by -log p of a fitted distribution, since 500 permutations have 500 ranks and a family of 50 columns has 50
    permutations of the first rank. All of this treats the permutations alike, so that the level is exact.
    """
    extremities = {column: _extremity(column_scores) for column, column_scores in scores.items()}
    most_extreme = np.max(list(extremities.values()), axis=0) if scores else np.zeros(1)
    critical_value = _critical_value(most_extreme, alpha)

    results = {}
    for column, column_scores in scores.items():
        extremity = extremities[column]
        results[column] = PermutationResult(
            score=float(column_scores[0]),
            null_mean=float(column_scores.mean()),
            threshold=_score_threshold(column_scores, extremity, critical_value),
            p_value=float((most_extreme >= extremity[0]).mean()),
            n_permutations=len(column_scores),
        )
    return results


def _extremity(scores: np.ndarray) -> np.ndarray:
    """Return how extreme each permutation is in a column (B,): how many score less, plus a fraction for -log p.

    The integer part orders permutations as their p-values by rank do, 1 - extremity / B, whatever the scores'
    distribution. So a column whose scores take two values, as "is one value missing?" does, has no permutation beyond
    its own share of them, and leaves the others their ranks.
    """
    rounded_scores = _round(scores)
    n_smaller = np.searchsorted(np.sort(rounded_scores), rounded_scores, side="left")
    shape, scale = _fit_gamma(rounded_scores)
    fraction = _minus_log_p(rounded_scores, shape, scale) / (1 - np.log(_MIN_TAIL_PROBABILITY))
    return np.asarray(n_smaller + fraction)


def _round(scores: np.ndarray) -> np.ndarray:
    largest = float(np.max(scores, initial=0.0))
    if largest <= 0:
        return scores
    return np.asarray(np.round(scores / largest, _DIGITS) * largest)


def _fit_gamma(scores: np.ndarray) -> tuple[float, float]:
    """Return shape and scale of a gamma distribution with the moments of the squared scores; scale 0 if all are equal.

    It is what the squared Jensen-Shannon distance follows in large samples, and near what the squared Wasserstein
    distance does. The fit shares the error out evenly between columns; the level does not depend on it. The largest are
    left out: where there is drift, the observed score is far outside, and must not set its own scale.
    """
    n_trimmed = ceil(_TRIMMED_FRACTION * len(scores))
    squared_scores = np.sort(scores)[: len(scores) - n_trimmed] ** 2
    if not len(squared_scores):
        return 1.0, 0.0

    mean = float(squared_scores.mean())
    variance = float(squared_scores.var())
    if variance <= _SQUARED_ROUNDING:
        return 1.0, 0.0
    return mean**2 / variance, variance / mean


def _minus_log_p(scores: np.ndarray, shape: float, scale: float) -> np.ndarray:
    """Return -log p of each score (B,), where p is the tail probability of the fitted gamma distribution."""
    if not scale:
        return np.where(scores**2 > _SQUARED_ROUNDING, -np.log(_MIN_TAIL_PROBABILITY), 0.0)
    tail_probabilities = np.maximum(stats.gamma.sf(scores**2, shape, scale=scale), _MIN_TAIL_PROBABILITY)
    return np.asarray(-np.log(tail_probabilities))


def _score_threshold(scores: np.ndarray, extremity: np.ndarray, critical_value: float) -> float:
    """Return the score from which on a permutation of this column is more extreme than `critical_value`."""
    if not np.isfinite(critical_value):
        return np.inf

    is_beyond = extremity > critical_value
    largest_within = float(scores[~is_beyond].max())
    if is_beyond.any():
        smallest_beyond = float(scores[is_beyond].min())
        return min(largest_within * _ABOVE, smallest_beyond) if largest_within > 0 else smallest_beyond

    shape, scale = _fit_gamma(_round(scores))
    if not scale:
        return np.inf
    fraction = critical_value - (len(scores) - 1)  # that a permutation of the first rank must exceed
    minus_log_p = max(fraction * (1 - np.log(_MIN_TAIL_PROBABILITY)), 0.0)
    fitted_score = float(np.sqrt(stats.gamma.isf(np.exp(-minus_log_p), shape, scale=scale)))
    return max(largest_within, fitted_score) * _ABOVE


def _critical_value(most_extreme: np.ndarray, alpha: float) -> float:
    """Return the smallest of `most_extreme` (B,) that at most a fraction `alpha` of the permutations exceeds.

    Larger extremities raise an alarm; infinite where the permutations are too few for any.
    """
    descending = np.sort(most_extreme)[::-1]
    n_allowed = int(alpha * len(descending) + 1e-9)
    return float(descending[n_allowed]) if 0 < n_allowed < len(descending) else np.inf
