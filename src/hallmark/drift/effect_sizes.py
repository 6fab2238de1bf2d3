"""How far a column moved, in units that do not grow with the sample, with an interval that respects entities."""

from dataclasses import dataclass
from math import asin, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from hallmark.metrics.statistics.means import weighted_mean


@dataclass(frozen=True)
class Effect:
    """A shift, recent minus reference, with its interval. What cannot be estimated is None. `n`: recent entities."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    words: str  # the values behind it, for a person
    error: float | None = None  # standard error; of the category that has the largest


@dataclass(frozen=True)
class _Mean:
    """One side's mean on the scale of the effect."""

    value: float
    variance: float
    degrees: float


@dataclass(frozen=True)
class _Difference:
    low: float
    high: float
    error: float


def _difference(new: _Mean, old: _Mean, confidence: float) -> _Difference:
    """Return the limits of `new` minus `old` by Welch's (1947) test."""
    shift, variance = new.value - old.value, new.variance + old.variance
    if not variance > 0:
        return _Difference(shift, shift, 0.0)
    degrees = variance**2 / (new.variance**2 / new.degrees + old.variance**2 / old.degrees)
    half = float(stats.t.ppf(0.5 + confidence / 2, degrees)) * sqrt(variance)
    return _Difference(shift - half, shift + half, sqrt(variance))


def standardised(reference: pd.DataFrame, recent: pd.DataFrame, column: str, *, confidence: float) -> Effect:
    """Return the shift of a numeric column's mean in standard deviations of the reference (Glass's Δ).

    Where the reference is constant, the standard deviation is that of both sides together.
    """
    sides = [side[["entity", column]].dropna() for side in (reference, recent)]
    n = sides[1]["entity"].nunique()
    if not all(map(len, sides)):
        return Effect(None, None, None, n, "one side has no values")
    spread = sides[0][column].std(ddof=0) or pd.concat(sides)[column].std(ddof=0) or 1.0
    old, new = (side[column].mean() for side in sides)
    words = f"mean {old:.4g} → {new:.4g}"
    shift = float((new - old) / spread)
    if min(side["entity"].nunique() for side in sides) < 2:
        return Effect(shift, None, None, n, words)
    before, after = (_mean((side[column].to_numpy() - old) / spread, side["entity"]) for side in sides)
    difference = _difference(after, before, confidence)
    return Effect(shift, difference.low, difference.high, n, words, difference.error)


def _mean(values: np.ndarray, entities: "pd.Series[str]") -> _Mean:
    codes, names = pd.factorize(entities)
    measured = weighted_mean(values, np.ones(len(values)), codes, size=len(names))
    assert measured is not None
    mean = measured.estimate
    return _Mean(mean.value, mean.variance, mean.degrees)


def cohens_h(reference: pd.DataFrame, recent: pd.DataFrame, column: str, *, confidence: float) -> Effect:
    """Return Cohen's h of the category whose share moved most; the interval holds the h of every category.

    h is the difference of 2 arcsin √share (Cohen 1988). Limits are simultaneous over the categories (Bonferroni).
    """
    sides = [side[["entity", column]].dropna() for side in (reference, recent)]
    n = sides[1]["entity"].nunique()
    if not all(map(len, sides)):
        return Effect(None, None, None, n, "one side has no values")
    names = sorted({*sides[0][column], *sides[1][column]})
    shares = [[float((side[column] == name).mean()) for name in names] for side in sides]
    shifts = [_arc(new) - _arc(old) for old, new in zip(*shares, strict=True)]
    most = int(np.argmax(np.abs(shifts)))
    words = f"share of {names[most]} {shares[0][most]:.1%} → {shares[1][most]:.1%}"
    if min(side["entity"].nunique() for side in sides) < 2:
        return Effect(shifts[most], None, None, n, words)
    corrected = 1 - (1 - confidence) / max(1, len(names) - 1)
    each = [_difference(_share(sides[1], column, name), _share(sides[0], column, name), corrected) for name in names]
    low, high, error = min(d.low for d in each), max(d.high for d in each), max(d.error for d in each)
    return Effect(shifts[most], low, high, n, words, error)


def _arc(share: float) -> float:
    return 2 * asin(sqrt(share))


def _share(side: pd.DataFrame, column: str, name: str) -> _Mean:
    """Return 2 arcsin √share, its variance by the delta method: at least 1 / rows, what independent rows have.

    A share of 0 or 1 says nothing about its variance, and the rows of an entity may all agree: then it is 1 / entities.
    """
    mean = _mean((side[column] == name).to_numpy(float), side["entity"])
    if not 0 < mean.value < 1:
        return _Mean(_arc(round(mean.value)), 1 / side["entity"].nunique(), mean.degrees)
    variance = max(mean.variance / (mean.value * (1 - mean.value)), 1 / len(side))
    return _Mean(_arc(mean.value), variance, mean.degrees)
