"""How large a score chance alone makes: entities are dealt to the two sides anew, and the scores taken again.

If nothing drifted, the recent entities are some more of the reference's, and which of them came last is an accident. So
every deal of the pooled entities into sides of the sizes at hand was equally likely, the real one among them, and the
real one's rank among them is an exact p-value, whatever the columns' distributions, and however the rows of an entity,
or the columns, depend on each other (Fisher 1935; Pesarin & Salmaso 2010, "Permutation Tests for Complex Data").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb

import numpy as np
from scipy import stats

_ABOVE = 1 + 1e-6  # a score alarms above the threshold, and Evidently asks for one that reaches it
_TRIMMED = 0.05  # share of the splits, the most extreme ones, that the scale is not taken from
_NOTHING = 1e-24  # squared scores below are rounding
_LEAST = 1e-300  # tail probabilities below are taken for this one
_DIGITS = 9  # scores that agree in these are equal: sums in another order differ by rounding


@dataclass(frozen=True)
class Chance:
    """A column's score, and what chance makes of it."""

    score: float
    expected: float  # the mean score over the splits: what it is without drift
    threshold: float  # the score from which on p is at most the level; infinite where none could be
    p: float  # adjusted p-value: the share of splits in which any column is as extreme as this one really is
    splits: int


def splits(reference: int, recent: int, *, repeats: int, seed: int) -> np.ndarray:
    """Return (B, E) booleans, true where an entity is on the recent side; the first is the real split, recent last.

    All splits are returned where there are no more than `repeats`, else the real one and `repeats` random ones.
    """
    size = reference + recent
    if comb(size, recent) <= repeats:
        chosen = np.array(list(combinations(range(size)[::-1], recent)))  # in this order, the real split comes first
        every = np.zeros((len(chosen), size), dtype=bool)
        np.put_along_axis(every, chosen, values=True, axis=1)
        return every
    real = np.arange(size) >= reference
    generator = np.random.default_rng(seed)
    return np.stack([real, *(generator.permutation(real) for _ in range(repeats))])


def calibrate(scores: Mapping[str, np.ndarray], *, level: float) -> dict[str, Chance]:
    """Return each column's chances, so that P(any column's p ≤ `level`) ≤ `level` where nothing drifted.

    `scores` holds each column's score in every split (B,), the real one first. This is the single-step minP test of
    Westfall & Young (1993): a column's p-value in a split is the share of splits that score at least as much, so it
    needs no assumption about the scores, and each split is represented by its smallest. Equal p-values are ordered by
    `_strength`, since 500 splits have 500 ranks and a family of 50 columns has 50 splits of the first rank. All of
    this treats the splits alike, so that the level is exact.
    """
    extremities = {column: _extremity(values) for column, values in scores.items()}
    most_extreme = np.max(list(extremities.values()), axis=0) if scores else np.zeros(1)
    critical = _critical(most_extreme, level)
    return {
        column: Chance(
            score=float(values[0]),
            expected=float(values.mean()),
            threshold=_threshold(values, extremities[column], critical),
            p=float((most_extreme >= extremities[column][0]).mean()),
            splits=len(values),
        )
        for column, values in scores.items()
    }


def _extremity(scores: np.ndarray) -> np.ndarray:
    """Return how extreme each split is in a column (B,): how many splits score less, plus a fraction for its strength.

    The integer part orders splits as their p-values by rank do, 1 - extremity / B, whatever the scores' distribution.
    So a column whose scores take two values, as "is one value missing?" does, has no split beyond its own share of
    them, and leaves the others their ranks.
    """
    rounded = _round(scores)
    fewer = np.searchsorted(np.sort(rounded), rounded, side="left")
    extremity: np.ndarray = fewer + _strength(rounded, *_fit(rounded)) / (1 - np.log(_LEAST))
    return extremity


def _round(scores: np.ndarray) -> np.ndarray:
    largest = float(np.max(scores, initial=0.0))
    rounded: np.ndarray = np.round(scores / largest, _DIGITS) * largest if largest > 0 else scores
    return rounded


def _fit(scores: np.ndarray) -> tuple[float, float]:
    """Return shape and scale of a gamma distribution with the moments of the squared scores; scale 0 if all are equal.

    It is what the squared Jensen-Shannon distance follows in large samples, and near what the squared Wasserstein
    distance does. The fit shares the error out evenly between columns; the level does not depend on it. The largest are
    left out: where there is drift, the real score is far outside, and must not set the scale that it is measured by.
    """
    kept = np.sort(scores)[: len(scores) - ceil(_TRIMMED * len(scores))] ** 2
    mean, variance = (float(kept.mean()), float(kept.var())) if len(kept) else (0.0, 0.0)
    return (mean**2 / variance, variance / mean) if variance > _NOTHING else (1.0, 0.0)


def _strength(scores: np.ndarray, shape: float, scale: float) -> np.ndarray:
    """Return minus the log of the tail probability of each score (B,)."""
    if not scale:
        return np.where(scores**2 > _NOTHING, -np.log(_LEAST), 0.0)
    strength: np.ndarray = -np.log(np.maximum(stats.gamma.sf(scores**2, shape, scale=scale), _LEAST))
    return strength


def _threshold(scores: np.ndarray, extremity: np.ndarray, critical: float) -> float:
    """Return the score from which on a split of this column is more extreme than `critical`."""
    beyond = extremity > critical
    if not np.isfinite(critical):
        return np.inf
    largest_within = float(scores[~beyond].max())
    if beyond.any():
        smallest_beyond = float(scores[beyond].min())
        return min(largest_within * _ABOVE, smallest_beyond) if largest_within > 0 else smallest_beyond

    shape, scale = _fit(_round(scores))
    if not scale:
        return np.inf
    strength = (critical - (len(scores) - 1)) * (1 - np.log(_LEAST))  # asked of a split of the first rank
    as_strong = float(np.sqrt(stats.gamma.isf(np.exp(-max(strength, 0.0)), shape, scale=scale)))
    return max(largest_within, as_strong) * _ABOVE


def _critical(most_extreme: np.ndarray, level: float) -> float:
    """Return the critical value: the least of `most_extreme` (B,) that at most a fraction `level` of splits exceeds.

    More extreme columns raise an alarm.
    """
    descending = np.sort(most_extreme)[::-1]
    allowed = int(level * len(descending) + 1e-9)
    return float(descending[allowed]) if 0 < allowed < len(descending) else np.inf
