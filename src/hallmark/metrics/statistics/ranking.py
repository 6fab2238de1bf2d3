"""ROC AUC and average precision as functions of row weights, with the influence of every entity.

Scores are sorted once, into dense ranks; each statistic is then a few cumulative sums over ranks, whatever the weights.
"""

import numpy as np

from hallmark.metrics.statistics.linear import (
    Linear,
    by_entity,
    combined_degrees,
    degrees_of_freedom,
    effective_rows,
    entity_shares,
)


def dense_ranks(scores: np.ndarray) -> np.ndarray:
    """Return integers (n,) in the order of the scores, equal where scores are equal."""
    return np.unique(scores, return_inverse=True)[1]


def roc_auc(
    ranks: np.ndarray, positive: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, size: int
) -> Linear | None:
    """Return the area under the ROC curve, ties counting one half; its influences are DeLong's placements by entity.

    So Obuchowski (1997) extends DeLong, DeLong & Clarke-Pearson (1988) to rows that come in entities. `ranks` (n,) are
    `dense_ranks` of the scores, `positive` (n,) booleans. None where a class has no weight.
    """
    ones, zeros = weights * positive, weights * ~positive
    if not (ones.sum() > 0 and zeros.sum() > 0):
        return None
    up, down = np.bincount(ranks, weights=ones) / ones.sum(), np.bincount(ranks, weights=zeros) / zeros.sum()
    below = np.cumsum(down) - down / 2  # (ranks,) share of the negatives that score lower
    above = 1 - (np.cumsum(up) - up / 2)  # share of the positives that score higher
    estimate = float(up @ below)
    one_shares, zero_shares = entity_shares(ones, codes, size), entity_shares(zeros, codes, size)
    from_ones = by_entity(ones * (below[ranks] - estimate) / ones.sum(), codes, one_shares)
    from_zeros = by_entity(zeros * (above[ranks] - estimate) / zeros.sum(), codes, zero_shares)
    return Linear(
        estimate=estimate,
        influence=from_ones + from_zeros,
        shares=entity_shares(weights, codes, size),
        rows=min(effective_rows(ones), effective_rows(zeros)),
        degrees=combined_degrees(
            float(from_ones @ from_ones),
            degrees_of_freedom(one_shares),
            float(from_zeros @ from_zeros),
            degrees_of_freedom(zero_shares),
        ),
    )


def average_precision(
    ranks: np.ndarray, positive: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, size: int
) -> Linear | None:
    """Return Σ step of recall * precision over thresholds, as scikit-learn does, and its derivative by entity.

    A row moves its own precision, if positive, and the precision at every positive that scores lower. None where
    no positive or no negative has weight.
    """
    ones = weights * positive
    if not 0 < ones.sum() < weights.sum():
        return None
    up, everyone = np.bincount(ranks, weights=ones), np.bincount(ranks, weights=weights)
    caught, alerts = np.cumsum(up[::-1])[::-1], np.cumsum(everyone[::-1])[::-1]
    inverse = np.divide(1.0, alerts, out=np.zeros_like(alerts), where=alerts > 0)
    precision = caught * inverse
    estimate = float(up @ precision / ones.sum())
    gained, lost = np.cumsum(up * inverse), np.cumsum(up * precision * inverse)
    slope = np.where(positive, (precision + gained)[ranks] - estimate, 0.0) - lost[ranks]
    one_shares = entity_shares(ones, codes, size)
    return Linear(
        estimate=estimate,
        influence=by_entity(weights * slope / ones.sum(), codes, one_shares),
        shares=entity_shares(weights, codes, size),
        rows=min(effective_rows(ones), effective_rows(weights * ~positive)),
        degrees=degrees_of_freedom(one_shares),
    )
