"""A statistic with the influence of every entity on it: what every interval and every family here is made of."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy import stats

_EXACT = 60  # up to so many entities their sizes decide the degrees of freedom; above, these hardly matter


@dataclass(frozen=True)
class Estimate:
    """A statistic and the moments of its influences: all that confidence limits need, whatever the number of entities.

    value: The statistic.
    variance: Of the statistic, by entity; NaN where one entity holds all the weight.
    skewness: Of the statistic; 0 where it shows no spread.
    degrees: Satterthwaite's degrees of freedom of the variance, from the entities' sizes.
    effective_degrees: The same, or fewer, where a few entities make up the variance.
    effective_clusters: About how many entities make up the variance: (Σ influence²)² / Σ influence⁴.
    entities: How many entities have weight.
    rows: Kish's effective number of rows, were they independent.
    independent: Whether each entity is one row, all of the same weight.
    """

    value: float
    variance: float
    skewness: float
    degrees: float
    effective_degrees: float
    effective_clusters: float
    entities: int
    rows: float
    independent: bool

    def critical(self, confidence: float) -> float:
        """Return the two-sided quantile of Student's t for this variance."""
        return float(stats.t.ppf(0.5 + confidence / 2, self.effective_degrees))


@dataclass(frozen=True)
class InfluenceEstimate:
    """An estimate with its influence function: by how much each entity moves it (the infinitesimal jackknife).

    Sparse: of the `size` entities of the table it holds those that have a part in it. Influences are corrected for
    leverage, so that the sum of their squares is the variance.

    index: (m,) numbers of these entities, ascending.
    influence: (m,) by how much each moves the estimate.
    shares: (m,) share of the weight that each has.
    """

    estimate: Estimate
    index: np.ndarray
    influence: np.ndarray
    shares: np.ndarray
    size: int

    @classmethod
    def of(
        cls,
        value: float,
        influence: np.ndarray,
        shares: np.ndarray,
        *,
        rows: float,
        degrees: float,
        independent: bool = False,
    ) -> "InfluenceEstimate":
        """Return the estimate of a statistic, given `influence` (G,) and `shares` (G,) of all entities of the table."""
        entities = int(np.count_nonzero(shares))
        variance = float(influence @ influence)
        estimate = Estimate(
            value=value,
            variance=variance,
            skewness=third_moment(influence / sqrt(variance)) if variance > 0 else 0.0,
            degrees=degrees,
            effective_degrees=_effective_degrees(influence, entities, degrees),
            effective_clusters=_effective_clusters(influence),
            entities=entities,
            rows=rows,
            independent=independent,
        )

        takes_part = shares != 0
        if not np.isnan(influence).any():
            takes_part |= influence != 0
        index = np.flatnonzero(takes_part)
        return cls(estimate, index, influence[index], shares[index], len(shares))

    def with_estimate(self, estimate: Estimate) -> "InfluenceEstimate":
        """Return the same influences with an estimate that knows more of its limits."""
        return replace(self, estimate=estimate)

    def dense_influence(self) -> np.ndarray:
        """Return the influence of all entities of the table (G,): NaN for all where one entity holds all the weight."""
        fill = np.nan if np.isnan(self.influence).any() else 0.0
        dense = np.full(self.size, fill)
        dense[self.index] = self.influence
        return dense

    def dense_shares(self) -> np.ndarray:
        """Return the share of the weight of all entities of the table (G,)."""
        dense = np.zeros(self.size)
        dense[self.index] = self.shares
        return dense


def _effective_degrees(influence: np.ndarray, entities: int, degrees: float) -> float:
    """Return Satterthwaite's degrees of freedom, 2 variance² / (variance of the variance), at most `degrees`.

    By the influences' fourth moment: a variance that a few entities make up is known as if from few entities.
    """
    squares = np.nan_to_num(influence) ** 2
    uncertainty = squares @ squares - squares.sum() ** 2 / max(entities, 1)
    if not uncertainty > 0:
        return degrees
    by_fourth_moment = float(2 * squares.sum() ** 2 / uncertainty)
    return min(degrees, max(by_fourth_moment, 1.0))


def _effective_clusters(influence: np.ndarray) -> float:
    squares = influence * influence
    if not squares.any():
        return 0.0
    return float(squares.sum() ** 2 / (squares @ squares))


def third_moment(values: np.ndarray) -> float:
    """Return Σ value³."""
    return float(np.sum(values * values * values))  # numpy's power function takes many times as long


def encode(entities: np.ndarray) -> tuple[np.ndarray, int]:
    """Return each row's entity as an integer (n,), and the number of entities G."""
    names, codes = np.unique(entities, return_inverse=True)
    return codes, len(names)


def effective_rows(weights: np.ndarray) -> float:
    """Return Kish's effective number of rows: (Σ weight)² / Σ weight²."""
    return float(weights.sum() ** 2 / (weights @ weights))


def entity_shares(weights: np.ndarray, codes: np.ndarray, size: int) -> np.ndarray:
    """Return each entity's share (G,) of the row weights (n,)."""
    return np.asarray(np.bincount(codes, weights=weights, minlength=size) / weights.sum())


def sum_by_entity(influence: np.ndarray, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Sum row influences (n,) over entities (G,), each divided by √(1 - share).

    This is the CR2 correction of Bell & McCaffrey (2002) for an intercept: without it the variance comes out too small
    where entities are few or unequal. An entity that holds all the weight gives NaN: it has no spread to show.
    """
    if not shares.max() < 1:
        return np.full(len(shares), np.nan)
    sums = np.bincount(codes, weights=influence, minlength=len(shares))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums / np.sqrt(np.maximum(1 - shares, 0.0)))


def degrees_of_freedom(shares: np.ndarray) -> float:
    """Return Satterthwaite's degrees of freedom (Bell & McCaffrey 2002) from the entities' shares of the weight (G,).

    The working model is that the rows of an entity go together: G - 1 for equal entities, fewer for unequal ones.
    """
    present = shares[shares > 0]
    if not 1 < len(present) <= _EXACT:
        return len(present) - 1.0

    centring = np.eye(len(present)) - np.outer(present, np.ones(len(present)))
    form = (centring.T @ (centring / (1 - present)[:, None])) * np.outer(present, present)
    return float(np.trace(form) ** 2 / np.sum(form**2))


def combined_degrees(first: float, first_degrees: float, second: float, second_degrees: float) -> float:
    """Return the degrees of freedom of a sum of two variances (Satterthwaite 1946; Welch 1947)."""
    if not first + second > 0:
        return min(first_degrees, second_degrees)
    parts = first**2 / max(first_degrees, 1e-9) + second**2 / max(second_degrees, 1e-9)
    return (first + second) ** 2 / parts
