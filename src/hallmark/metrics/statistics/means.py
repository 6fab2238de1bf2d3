"""The weighted mean of rows that belong to entities."""

import numpy as np

from hallmark.metrics.statistics.influence import (
    InfluenceEstimate,
    degrees_of_freedom,
    effective_rows,
    entity_shares,
    sum_by_entity,
)


def weighted_mean(
    values: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, entity_count: int
) -> InfluenceEstimate | None:
    """Weighted mean, Σ weight * value / Σ weight, with the influence of each entity.

    `values` and `weights` (n,) are those of the rows; a row of weight 0 counts for nothing, even if
    its value is NaN. `codes` (n,) holds each row's entity, a number in 0 … `entity_count` - 1.

    Returns None where no row has weight.
    """
    total = weights.sum()
    if not total > 0:
        return None

    has_weight = weights > 0
    weighted_values = values[has_weight]
    values_or_zero = np.where(has_weight, values, 0.0)
    if weighted_values.min() == weighted_values.max():
        mean = float(weighted_values.min())  # the mean of equal values, without a rounding error
    else:
        mean = float(values_or_zero @ weights / total)

    shares = entity_shares(weights, codes, entity_count)
    residuals = np.where(has_weight, weights * (values_or_zero - mean), 0.0)
    kish_rows = effective_rows(weights)

    weighted_row_count = np.count_nonzero(weights)
    has_one_row_per_entity = weighted_row_count == np.count_nonzero(shares)
    has_equal_weights = np.isclose(kish_rows, weighted_row_count)

    return InfluenceEstimate.of(
        mean,
        sum_by_entity(residuals / total, codes, shares),
        shares,
        effective_rows=kish_rows,
        degrees=degrees_of_freedom(shares),
        independent=bool(has_one_row_per_entity and has_equal_weights),
    )
