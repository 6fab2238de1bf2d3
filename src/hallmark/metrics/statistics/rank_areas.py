"""ROC AUC and average precision as functions of row weights, with the influence of every entity.

Scores are sorted once, into dense ranks; each statistic is then a few cumulative sums over ranks, whatever the weights.
"""

import numpy as np

from hallmark.metrics.statistics.influence import (
    InfluenceEstimate,
    combined_degrees,
    degrees_of_freedom,
    effective_rows,
    entity_shares,
    sum_by_entity,
)


def dense_ranks(scores: np.ndarray) -> np.ndarray:
    """Return integers (n,) in the order of the scores, equal where scores are equal."""
    return np.unique(scores, return_inverse=True)[1]


def roc_auc(
    ranks: np.ndarray, positive: np.ndarray, weights: np.ndarray, codes: np.ndarray, *, size: int
) -> InfluenceEstimate | None:
    """Return the area under the ROC curve, ties counting one half; its influences are DeLong's placements by entity.

    So Obuchowski (1997) extends DeLong, DeLong & Clarke-Pearson (1988) to rows that come in entities. `ranks` (n,) are
    `dense_ranks` of the scores, `positive` (n,) booleans. None where a class has no weight.
    """
    ones = weights * positive
    zeros = weights * ~positive
    if not (ones.sum() > 0 and zeros.sum() > 0):
        return None

    up = np.bincount(ranks, weights=ones) / ones.sum()  # (ranks,) share of the positives at each rank
    down = np.bincount(ranks, weights=zeros) / zeros.sum()
    below = np.cumsum(down) - down / 2  # share of the negatives that score lower
    above = 1 - (np.cumsum(up) - up / 2)  # share of the positives that score higher
    area = float(up @ below)

    one_shares = entity_shares(ones, codes, size)
    zero_shares = entity_shares(zeros, codes, size)
    from_ones = sum_by_entity(ones * (below[ranks] - area) / ones.sum(), codes, one_shares)
    from_zeros = sum_by_entity(zeros * (above[ranks] - area) / zeros.sum(), codes, zero_shares)

    return InfluenceEstimate.of(
        area,
        from_ones + from_zeros,
        entity_shares(weights, codes, size),
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
) -> InfluenceEstimate | None:
    """Return Σ step of recall * precision over thresholds, as scikit-learn does, and its derivative by entity.

    A row moves its own precision, if positive, and the precision at every positive that scores lower. None where
    no positive or no negative has weight.
    """
    ones = weights * positive
    if not 0 < ones.sum() < weights.sum():
        return None

    up = np.bincount(ranks, weights=ones)
    everyone = np.bincount(ranks, weights=weights)
    caught = np.cumsum(up[::-1])[::-1]  # (ranks,) positives that score at least so high
    alerts = np.cumsum(everyone[::-1])[::-1]
    inverse = np.divide(1.0, alerts, out=np.zeros_like(alerts), where=alerts > 0)
    precision = caught * inverse
    area = float(up @ precision / ones.sum())

    gained = np.cumsum(up * inverse)
    lost = np.cumsum(up * precision * inverse)
    slope = np.where(positive, (precision + gained)[ranks] - area, 0.0) - lost[ranks]
    one_shares = entity_shares(ones, codes, size)

    return InfluenceEstimate.of(
        area,
        sum_by_entity(weights * slope / ones.sum(), codes, one_shares),
        entity_shares(weights, codes, size),
        rows=min(effective_rows(ones), effective_rows(weights * ~positive)),
        degrees=degrees_of_freedom(one_shares),
    )
