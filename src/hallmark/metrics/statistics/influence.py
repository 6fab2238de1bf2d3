"""Influence functions by entity: the basis of every confidence interval here.

The influence of an entity is by how much its rows move an estimate. Entities are independent, rows
of one entity need not be: so the sum of the squared influences estimates the variance of the
estimate.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy import stats

_MAX_EXACT_ENTITIES = 60  # with more, the entities' sizes hardly change the degrees of freedom


@dataclass(frozen=True)
class Estimate:
    """A statistic with the numbers that its confidence limits are computed from.

    value: The statistic.
    variance: Of the statistic, by entity; NaN where one entity has all the weight.
    skewness: Of the statistic's distribution; 0 where its variance is 0 or NaN.
    degrees: Satterthwaite's degrees of freedom of the variance, from the entities' shares of the
        weight.
    effective_degrees: The same, or fewer where few entities contribute most of the variance.
    effective_clusters: How many equal entities would contribute as much: (Σ influence²)² / Σ
        influence⁴.
    entity_count: How many entities have weight.
    effective_rows: Kish's effective number of rows, for the case that rows were independent.
    independent: Whether each entity has one row, and all rows have the same weight.
    """

    value: float
    variance: float
    skewness: float
    degrees: float
    effective_degrees: float
    effective_clusters: float
    entity_count: int
    effective_rows: float
    independent: bool

    def critical(self, confidence: float) -> float:
        """Critical value: the two-sided quantile of Student's t with `effective_degrees`."""
        return float(stats.t.ppf(0.5 + confidence / 2, self.effective_degrees))


@dataclass(frozen=True)
class InfluenceEstimate:
    """An estimate with the influence of each entity on it (the infinitesimal jackknife).

    Only the m entities that have weight or influence are stored. Influences are corrected for
    leverage (`sum_by_entity`), so that the sum of their squares is the variance.

    index: (m,) the numbers of these entities in 0 … entity_count - 1, ascending.
    influence: (m,) by how much each entity moves the estimate.
    shares: (m,) each entity's share of the weight.
    entity_count: G, the number of entities of the table.
    """

    estimate: Estimate
    index: np.ndarray
    influence: np.ndarray
    shares: np.ndarray
    entity_count: int

    @classmethod
    def of(
        cls,
        value: float,
        influence: np.ndarray,
        shares: np.ndarray,
        *,
        effective_rows: float,
        degrees: float,
        independent: bool = False,
    ) -> "InfluenceEstimate":
        """Return the estimate of the statistic `value`, from its influences (G,) and the shares of
        the weight (G,).

        The keyword arguments are fields of `Estimate`.
        """
        entity_count = int(np.count_nonzero(shares))
        variance = float(influence @ influence)
        estimate = Estimate(
            value=value,
            variance=variance,
            skewness=third_moment(influence / sqrt(variance)) if variance > 0 else 0.0,
            degrees=degrees,
            effective_degrees=_effective_degrees(influence, entity_count, degrees),
            effective_clusters=_effective_clusters(influence),
            entity_count=entity_count,
            effective_rows=effective_rows,
            independent=independent,
        )

        is_stored = shares != 0
        if not np.isnan(influence).any():
            is_stored |= influence != 0
        index = np.flatnonzero(is_stored)
        return cls(estimate, index, influence[index], shares[index], len(shares))

    def with_estimate(self, estimate: Estimate) -> "InfluenceEstimate":
        """Return the same influences with another estimate, such as one with further fields."""
        return replace(self, estimate=estimate)

    def dense_influence(self) -> np.ndarray:
        """Return the influence of every entity of the table (G,).

        All NaN where one entity has all the weight.
        """
        fill = np.nan if np.isnan(self.influence).any() else 0.0
        dense = np.full(self.entity_count, fill)
        dense[self.index] = self.influence
        return dense

    def dense_shares(self) -> np.ndarray:
        """Return the share of the weight of every entity of the table (G,)."""
        dense = np.zeros(self.entity_count)
        dense[self.index] = self.shares
        return dense


def _effective_degrees(influence: np.ndarray, entity_count: int, degrees: float) -> float:
    """Satterthwaite's degrees of freedom, 2 variance² / Var(variance): at least 1, at most `degrees`.

    Var(variance) = Σ influence⁴ - (Σ influence²)² / entity_count: a variance to which few entities
    contribute is known as poorly as if there were only these few. `influence` is (G,).
    """
    squares = np.nan_to_num(influence) ** 2
    variance_of_variance = squares @ squares - squares.sum() ** 2 / max(entity_count, 1)
    if not variance_of_variance > 0:
        return degrees

    by_fourth_moment = float(2 * squares.sum() ** 2 / variance_of_variance)
    return min(degrees, max(by_fourth_moment, 1.0))


def _effective_clusters(influence: np.ndarray) -> float:
    """Effective number of clusters: (Σ influence²)² / Σ influence⁴ over entities (G,).

    0 without influence.
    """
    squares = influence * influence
    if not squares.any():
        return 0.0
    return float(squares.sum() ** 2 / (squares @ squares))


def third_moment(values: np.ndarray) -> float:
    """Return Σ value³."""
    return float(np.sum(values * values * values))  # numpy's power function takes many times as long


def encode(entities: np.ndarray) -> tuple[np.ndarray, int]:
    """Number entities: return each row's entity as an integer in 0 … G - 1 (n,), and G, the number
    of entities.
    """
    names, codes = np.unique(entities, return_inverse=True)
    return codes, len(names)


def effective_rows(weights: np.ndarray) -> float:
    """Kish's effective number of rows, (Σ weight)² / Σ weight², of row weights (n,)."""
    return float(weights.sum() ** 2 / (weights @ weights))


def entity_shares(weights: np.ndarray, codes: np.ndarray, entity_count: int) -> np.ndarray:
    """Return each entity's share (G,) of the row weights (n,).

    `codes` (n,) holds each row's entity.
    """
    return np.asarray(np.bincount(codes, weights=weights, minlength=entity_count) / weights.sum())


def sum_by_entity(influence: np.ndarray, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Sum the influences of rows (n,) over entities, and divide each sum by √(1 - share): (G,).

    The divisor is the CR2 correction of Bell & McCaffrey (2002) for an intercept: without it the
    variance is too small where entities are few or unequal. `codes` (n,) holds each row's entity,
    `shares` (G,) each entity's share of the weight. All NaN where one entity has all the weight:
    then nothing shows a variance.
    """
    if not shares.max() < 1:
        return np.full(len(shares), np.nan)

    sums = np.bincount(codes, weights=influence, minlength=len(shares))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums / np.sqrt(np.maximum(1 - shares, 0.0)))


def degrees_of_freedom(shares: np.ndarray) -> float:
    """Satterthwaite's degrees of freedom of a mean's variance, by the entities' shares of the
    weight (G,).

    G - 1 for entities with equal shares, fewer for unequal ones. As in Bell & McCaffrey (2002),
    with the working model that all rows of an entity are equal.
    """
    present = shares[shares > 0]
    if not 1 < len(present) <= _MAX_EXACT_ENTITIES:
        return len(present) - 1.0

    centring = np.eye(len(present)) - np.outer(present, np.ones(len(present)))
    leverage_corrected = centring / (1 - present)[:, None]
    quadratic_form = (centring.T @ leverage_corrected) * np.outer(present, present)  # of the variance
    return float(np.trace(quadratic_form) ** 2 / np.sum(quadratic_form**2))


def combined_degrees(first: float, first_degrees: float, second: float, second_degrees: float) -> float:
    """Degrees of freedom of the sum of two variances (Satterthwaite 1946; Welch 1947).

    (first + second)² / (first² / first_degrees + second² / second_degrees).
    """
    if not first + second > 0:
        return min(first_degrees, second_degrees)
    parts = first**2 / max(first_degrees, 1e-9) + second**2 / max(second_degrees, 1e-9)
    return (first + second) ** 2 / parts
