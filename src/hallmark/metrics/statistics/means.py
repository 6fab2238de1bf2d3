"""Weighted means over rows that come in entities."""

import numpy as np

from hallmark.metrics.statistics.linear import Linear, by_entity, degrees_of_freedom, effective_rows, entity_shares


def weighted_mean(values: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, size: int) -> Linear | None:
    """Return Σ weight * value / Σ weight over rows (n,) of the entities `codes` (n,), each in 0 … size - 1.

    Rows of weight 0 count for nothing, whatever their value. None where no row has weight.
    """
    total = weights.sum()
    if not total > 0:
        return None
    kept = np.where(weights > 0, values, 0.0)
    lowest, highest = values[weights > 0].min(), values[weights > 0].max()
    estimate = float(lowest if lowest == highest else kept @ weights / total)  # equal values leave no rounding error
    shares, rows = entity_shares(weights, codes, size), effective_rows(weights)
    weighted = np.count_nonzero(weights)
    return Linear(
        estimate=estimate,
        influence=by_entity(np.where(weights > 0, weights * (kept - estimate), 0.0) / total, codes, shares),
        shares=shares,
        rows=rows,
        degrees=degrees_of_freedom(shares),
        independent=bool(weighted == np.count_nonzero(shares) and np.isclose(rows, weighted)),
    )
