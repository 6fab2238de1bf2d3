"""A statistic with its first-order expansion over entities: what every interval and family here is made of."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

_EXACT = 60  # up to so many entities their sizes decide the degrees of freedom; above, these hardly matter


@dataclass(frozen=True)
class Linear:
    """A statistic, and by how much each entity moves it (the infinitesimal jackknife).

    `influence` is (G,) over all entities of the table, corrected for leverage, so that the sum of its squares is
    the variance; `degrees` are that variance's degrees of freedom. `shares` (G,) is each entity's share of the
    weight, 0 where it has no part. `rows` is the effective number of rows, were they independent, and
    `independent` says that they are: each entity is one row, all of the same weight.
    """

    estimate: float
    influence: np.ndarray
    shares: np.ndarray
    rows: float
    degrees: float
    independent: bool = False

    @property
    def entities(self) -> int:
        return int(np.count_nonzero(self.shares))

    @property
    def variance(self) -> float:
        return float(self.influence @ self.influence)

    @property
    def carriers(self) -> float:
        """About how many entities make up the variance: (Σ influence²)² / Σ influence⁴, G for equal influences."""
        squares = self.influence * self.influence
        return float(squares.sum() ** 2 / (squares @ squares)) if squares.any() else 0.0

    def critical(self, confidence: float) -> float:
        """Return the two-sided quantile of Student's t for this variance.

        Its degrees of freedom are Satterthwaite's, 2 variance² / (variance of the variance), by the influences' own
        fourth moment where that gives fewer: a variance that a few entities make up is known as if from few entities.
        """
        squares = np.nan_to_num(self.influence) ** 2
        uncertainty = squares @ squares - squares.sum() ** 2 / max(self.entities, 1)
        seen = 2 * squares.sum() ** 2 / uncertainty if uncertainty > 0 else self.degrees
        return float(stats.t.ppf(0.5 + confidence / 2, min(self.degrees, max(seen, 1.0))))


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


def by_entity(influence: np.ndarray, codes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Sum row influences (n,) over entities (G,), each divided by √(1 - share).

    This is the CR2 correction of Bell & McCaffrey (2002) for an intercept: without it the variance comes out too small
    where entities are few or unequal. An entity that holds all the weight gives NaN: it has no spread to show.
    """
    sums = np.bincount(codes, weights=influence, minlength=len(shares))
    with np.errstate(divide="ignore", invalid="ignore"):
        return sums / np.sqrt(np.maximum(1 - shares, 0.0)) if shares.max() < 1 else np.full(len(shares), np.nan)


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
