"""Weighted means over rows that come in entities."""

import numpy as np

from hallmark.metrics.statistics.influence import (
    InfluenceEstimate,
    degrees_of_freedom,
    effective_rows,
    entity_shares,
    sum_by_entity,
)


def weighted_mean(values: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, size: int) -> InfluenceEstimate | None:
    """Return Σ weight * value / Σ weight over rows (n,) of the entities `codes` (n,), each in 0 … size - 1.

    Rows of weight 0 count for nothing, whatever their value. None where no row has weight.
    """
    total = weights.sum()
    if not total > 0:
        return None

    counts = weights > 0
    counted = values[counts]
    kept = np.where(counts, values, 0.0)
    all_equal = counted.min() == counted.max()
    mean = float(counted.min() if all_equal else kept @ weights / total)  # equal values leave no rounding error

    shares = entity_shares(weights, codes, size)
    residuals = np.where(counts, weights * (kept - mean), 0.0)
    rows = effective_rows(weights)
    one_row_each = np.count_nonzero(weights) == np.count_nonzero(shares)
    equal_weights = np.isclose(rows, np.count_nonzero(weights))

    return InfluenceEstimate.of(
        mean,
        sum_by_entity(residuals / total, codes, shares),
        shares,
        rows=rows,
        degrees=degrees_of_freedom(shares),
        independent=bool(one_row_each and equal_weights),
    )
