"""Permutation test: which drift scores arise by chance, by moving whole entities between reference and recent side.

If nothing drifted, the entities of both sides come from one population, and every way to divide
them into sides of the same two sizes was equally likely. So the rank of the observed division among
all is an exact p-value. That holds whatever the columns' distributions, and however the rows of an
entity, or the columns, depend on each other (Fisher 1935; Pesarin & Salmaso 2010, "Permutation
Tests for Complex Data").

A permutation is one such division. B is the number of permutations, the observed one first in every
array; E is the number of entities of both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb

import numpy as np
from scipy import stats

_ABOVE = 1 + 1e-6  # raises a threshold a little: Evidently alarms at a score equal to it, our test only above
_TRIMMED_FRACTION = 0.05  # of the permutations, those with the highest scores, which the gamma fit leaves out
_SQUARED_ROUNDING = 1e-24  # squared scores up to this are rounding errors
_MIN_TAIL_PROBABILITY = 1e-300  # a smaller tail probability counts as this much, so that its logarithm is finite
_DIGITS = 9  # decimals, relative to the largest score, to which scores are compared: sums differ by rounding


@dataclass(frozen=True)
class PermutationResult:
    """A column's drift score, and its null distribution in a few numbers."""

    score: float  # the observed one
    null_mean: float  # the mean score over the permutations, which is what to expect without drift
    threshold: float  # the smallest score whose p-value is at most alpha; infinite where no score's is
    p_value: float  # adjusted for the family: the share of permutations in which any column is as extreme
    n_permutations: int  # B, the observed one included


def permute_entities(n_reference: int, n_recent: int, *, n_permutations: int, seed: int) -> np.ndarray:
    """Return (B, E) booleans, true where an entity is on the recent side.

    Entities are numbered with the reference's first, so the first row, the observed permutation, is
    true at the end. All permutations are returned where there are at most `n_permutations`; else
    the observed one and `n_permutations` random ones, fixed by `seed`.
    """
    n_entities = n_reference + n_recent
    if comb(n_entities, n_recent) <= n_permutations:
        # In descending order, the first combination is the last entities: the observed permutation.
        recent_entities = np.array(list(combinations(range(n_entities)[::-1], n_recent)))
        every_permutation = np.zeros((len(recent_entities), n_entities), dtype=bool)
        np.put_along_axis(every_permutation, recent_entities, values=True, axis=1)
        return every_permutation

    observed = np.arange(n_entities) >= n_reference
    generator = np.random.default_rng(seed)
    return np.stack([observed, *(generator.permutation(observed) for _ in range(n_permutations))])


def run_min_p_test(scores: Mapping[str, np.ndarray], *, alpha: float) -> dict[str, PermutationResult]:
    """Test all columns as one family: where nothing drifted, P(any column's p-value ≤ `alpha`) ≤ `alpha`.

    scores: Each column's score in every permutation (B,).

    This is the single-step minP test of Westfall & Young (1993). A column's p-value in a
    permutation is the share of permutations that score at least as much, which assumes nothing
    about the scores. Each permutation is represented by its smallest p-value over the columns. Ties
    are broken by -log p of a fitted distribution: with 500 permutations and 50 columns, up to 50
    permutations share the smallest p-value. All permutations are treated alike, so the level is
    exact.
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
    """Return how extreme each permutation is in a column (B,): the number that score less, plus a fraction below 1.

    The integer part gives the p-value by rank, 1 - integer / B, whatever the distribution of the
    scores; the fraction, which grows with -log p of the fitted distribution, only orders equal
    ranks. So a column whose scores have 2 values only, such as "is this value missing?", cannot
    seem more extreme than the share of permutations with its larger score, and does not hide other
    columns.
    """
    rounded_scores = _round(scores)
    n_smaller = np.searchsorted(np.sort(rounded_scores), rounded_scores, side="left")
    shape, scale = _fit_gamma(rounded_scores)
    fraction = _minus_log_p(rounded_scores, shape, scale) / (1 - np.log(_MIN_TAIL_PROBABILITY))
    return np.asarray(n_smaller + fraction)


def _round(scores: np.ndarray) -> np.ndarray:
    """Return the scores (B,) rounded to `_DIGITS` decimals of the largest, so that equal ones tie."""
    largest = float(np.max(scores, initial=0.0))
    if largest <= 0:
        return scores
    return np.asarray(np.round(scores / largest, _DIGITS) * largest)


def _fit_gamma(scores: np.ndarray) -> tuple[float, float]:
    """Return shape and scale of a gamma distribution with the mean and variance of the squared scores.

    The squared Jensen-Shannon distance follows one in large samples, the squared Wasserstein
    distance nearly. The fit makes columns comparable where ranks tie; the level of the test does
    not depend on it. The highest scores are left out: where there is drift, the observed score is
    far outside and must not widen its own distribution. The scale is 0 where all scores are equal.
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
    """Return the smallest score of this column that is more extreme than `critical_value`.

    It lies between the permutations at hand or, where none of them is that extreme, comes from the
    fitted distribution.
    """
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
    fraction = critical_value - (len(scores) - 1)  # the highest rank is B - 1; only its fraction can exceed this
    minus_log_p = max(fraction * (1 - np.log(_MIN_TAIL_PROBABILITY)), 0.0)
    fitted_score = float(np.sqrt(stats.gamma.isf(np.exp(-minus_log_p), shape, scale=scale)))
    return max(largest_within, fitted_score) * _ABOVE


def _critical_value(most_extreme: np.ndarray, alpha: float) -> float:
    """Return the critical value: the smallest of `most_extreme` (B,) that at most a fraction `alpha` of them exceeds.

    A larger extremity is significant. Infinite where B permutations are too few for this `alpha`.
    """
    descending = np.sort(most_extreme)[::-1]
    n_allowed = int(alpha * len(descending) + 1e-9)
    return float(descending[n_allowed]) if 0 < n_allowed < len(descending) else np.inf
