"""Effect sizes: how far a column moved between reference and recent window, with an interval by entity.

The units, standard deviations and Cohen's h, do not depend on the size of the sample.
"""

from dataclasses import dataclass
from math import asin, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from hallmark.metrics.statistics.means import weighted_mean

_NO_VALUES = "one side has no values"


@dataclass(frozen=True)
class EffectSize:
    """A shift, recent minus reference, with its interval; None is what cannot be estimated.

    n: How many entities of the recent window have a value.
    words: The values behind the shift, such as "mean 3.2 → 3.9".
    standard_error: In the unit of the shift; of categories, the largest.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    words: str
    standard_error: float | None = None


@dataclass(frozen=True)
class _Mean:
    """One side's mean, on the scale of the effect size."""

    value: float
    variance: float  # of the mean, by entity
    degrees: float  # of freedom, of this variance


@dataclass(frozen=True)
class _Difference:
    low: float
    high: float
    standard_error: float


def _difference(recent: _Mean, reference: _Mean, confidence: float) -> _Difference:
    """Return the confidence limits of `recent` minus `reference`, by Welch's (1947) unequal variances."""
    shift = recent.value - reference.value
    variance = recent.variance + reference.variance
    if not variance > 0:
        return _Difference(shift, shift, 0.0)

    degrees = variance**2 / (recent.variance**2 / recent.degrees + reference.variance**2 / reference.degrees)
    half_width = float(stats.t.ppf(0.5 + confidence / 2, degrees)) * sqrt(variance)
    return _Difference(shift - half_width, shift + half_width, sqrt(variance))


def glass_delta(reference: pd.DataFrame, recent: pd.DataFrame, column: str, *, confidence: float) -> EffectSize:
    """Return Glass's Δ: the shift of a numeric column's mean in standard deviations of the reference.

    Where the reference is constant, the standard deviation is that of both sides together. Both
    tables have `entity` and `column`. With fewer than two entities on a side there is an estimate
    without limits.
    """
    reference = reference[["entity", column]].dropna()
    recent = recent[["entity", column]].dropna()
    n_recent = recent["entity"].nunique()
    if reference.empty or recent.empty:
        return EffectSize(None, None, None, n_recent, _NO_VALUES)

    pooled = pd.concat([reference, recent])
    spread = reference[column].std(ddof=0) or pooled[column].std(ddof=0) or 1.0
    reference_mean = reference[column].mean()
    recent_mean = recent[column].mean()
    words = f"mean {reference_mean:.4g} → {recent_mean:.4g}"
    shift = float((recent_mean - reference_mean) / spread)
    if min(n_recent, reference["entity"].nunique()) < 2:
        return EffectSize(shift, None, None, n_recent, words)

    # Both sides are measured from the reference's mean, in its standard deviations, so that their difference is Δ.
    reference_shift = _mean((reference[column].to_numpy() - reference_mean) / spread, reference["entity"])
    recent_shift = _mean((recent[column].to_numpy() - reference_mean) / spread, recent["entity"])
    difference = _difference(recent_shift, reference_shift, confidence)
    return EffectSize(shift, difference.low, difference.high, n_recent, words, difference.standard_error)


def _mean(values: np.ndarray, entities: "pd.Series[str]") -> _Mean:
    """Return the mean of `values` (n,), with a variance that allows for rows of one entity being alike."""
    codes, names = pd.factorize(entities)
    measured = weighted_mean(values, np.ones(len(values)), codes, entity_count=len(names))
    assert measured is not None
    estimate = measured.estimate
    return _Mean(estimate.value, estimate.variance, estimate.degrees)


def cohens_h(reference: pd.DataFrame, recent: pd.DataFrame, column: str, *, confidence: float) -> EffectSize:
    """Return Cohen's h of the category whose share moved most: the difference of 2 arcsin √share (Cohen 1988).

    The limits enclose those of every category, which are simultaneous (Bonferroni). The arguments
    and the case of fewer than two entities are those of `glass_delta`.
    """
    reference = reference[["entity", column]].dropna()
    recent = recent[["entity", column]].dropna()
    n_recent = recent["entity"].nunique()
    if reference.empty or recent.empty:
        return EffectSize(None, None, None, n_recent, _NO_VALUES)

    categories = sorted({*reference[column], *recent[column]})
    reference_shares = [float((reference[column] == category).mean()) for category in categories]
    recent_shares = [float((recent[column] == category).mean()) for category in categories]
    shifts = [
        _arcsine(recent_share) - _arcsine(reference_share)
        for reference_share, recent_share in zip(reference_shares, recent_shares, strict=True)
    ]
    most = int(np.argmax(np.abs(shifts)))
    words = f"share of {categories[most]} {reference_shares[most]:.1%} → {recent_shares[most]:.1%}"
    if min(n_recent, reference["entity"].nunique()) < 2:
        return EffectSize(shifts[most], None, None, n_recent, words)

    simultaneous_confidence = 1 - (1 - confidence) / max(1, len(categories) - 1)
    differences = [
        _difference(
            _arcsine_share(recent, column, category),
            _arcsine_share(reference, column, category),
            simultaneous_confidence,
        )
        for category in categories
    ]
    return EffectSize(
        estimate=shifts[most],
        low=min(difference.low for difference in differences),
        high=max(difference.high for difference in differences),
        n=n_recent,
        words=words,
        standard_error=max(difference.standard_error for difference in differences),
    )


def _arcsine(share: float) -> float:
    return 2 * asin(sqrt(share))


def _arcsine_share(side: pd.DataFrame, column: str, category: str) -> _Mean:
    """Return 2 arcsin √share of a category on one side, with its variance by the delta method.

    The variance is at least 1 / rows, that of independent rows. A share of 0 or 1 has no variance
    to estimate it from; as the rows of an entity may all be alike, it is then 1 / entities.
    """
    share = _mean((side[column] == category).to_numpy(float), side["entity"])
    if not 0 < share.value < 1:
        return _Mean(_arcsine(round(share.value)), 1 / side["entity"].nunique(), share.degrees)

    variance = max(share.variance / (share.value * (1 - share.value)), 1 / len(side))
    return _Mean(_arcsine(share.value), variance, share.degrees)
