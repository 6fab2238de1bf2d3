"""ROC AUC and average precision of weighted rows, with the influence of each entity.

Scores are sorted once, into dense ranks. For any weights of the rows, each area is then a few
cumulative sums over the ranks.
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
    """Return the rank of each score (n,), 0 for the lowest.

    Equal scores share a rank and no rank is left out.
    """
    return np.unique(scores, return_inverse=True)[1]


def roc_auc(
    ranks: np.ndarray,
    positive: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
    *,
    entity_count: int,
) -> InfluenceEstimate | None:
    """ROC AUC: the probability that a positive row scores higher than a negative one, a tie
    counting 1/2.

    The influence of a row is its placement, the share of the other class that it is ranked rightly
    against, minus the area (DeLong, DeLong & Clarke-Pearson 1988); Obuchowski (1997) sums them by
    entity.

    `ranks` (n,) are `dense_ranks` of the scores, `positive` (n,) booleans, `weights` (n,) of the
    rows; `codes` (n,) holds each row's entity, in 0 … `entity_count` - 1.

    Returns None where one of the classes has no weight.
    """
    positive_weights = weights * positive
    negative_weights = weights * ~positive
    positive_total = positive_weights.sum()
    negative_total = negative_weights.sum()
    if not (positive_total > 0 and negative_total > 0):
        return None

    # By rank: the share of either class that has it, and the share of the other class below or above it.
    positive_share = np.bincount(ranks, weights=positive_weights) / positive_total
    negative_share = np.bincount(ranks, weights=negative_weights) / negative_total
    negatives_below = np.cumsum(negative_share) - negative_share / 2
    positives_above = 1 - (np.cumsum(positive_share) - positive_share / 2)
    area = float(positive_share @ negatives_below)

    positive_influence = positive_weights * (negatives_below[ranks] - area) / positive_total
    negative_influence = negative_weights * (positives_above[ranks] - area) / negative_total
    positive_entity_shares = entity_shares(positive_weights, codes, entity_count)
    negative_entity_shares = entity_shares(negative_weights, codes, entity_count)
    from_positives = sum_by_entity(positive_influence, codes, positive_entity_shares)
    from_negatives = sum_by_entity(negative_influence, codes, negative_entity_shares)

    degrees = combined_degrees(
        float(from_positives @ from_positives),
        degrees_of_freedom(positive_entity_shares),
        float(from_negatives @ from_negatives),
        degrees_of_freedom(negative_entity_shares),
    )
    return InfluenceEstimate.of(
        area,
        from_positives + from_negatives,
        entity_shares(weights, codes, entity_count),
        effective_rows=min(effective_rows(positive_weights), effective_rows(negative_weights)),
        degrees=degrees,
    )


def average_precision(
    ranks: np.ndarray,
    positive: np.ndarray,
    weights: np.ndarray,
    codes: np.ndarray,
    *,
    entity_count: int,
) -> InfluenceEstimate | None:
    """Average precision: Σ over thresholds of the step in recall times the precision, as in
    scikit-learn.

    The influence of a row is the derivative by its weight. A positive row moves the precision at
    its own threshold; every row moves the precision at the thresholds of all positives that score
    lower.

    The arguments are those of `roc_auc`. Returns None where no positive or no negative row has
    weight.
    """
    positive_weights = weights * positive
    positive_total = positive_weights.sum()
    if not 0 < positive_total < weights.sum():
        return None

    # By rank: the weight of the rows that have it; of all that score at least as high; the precision there.
    positives = np.bincount(ranks, weights=positive_weights)
    rows = np.bincount(ranks, weights=weights)
    true_alerts = np.cumsum(positives[::-1])[::-1]
    alerts = np.cumsum(rows[::-1])[::-1]
    inverse_alerts = np.divide(1.0, alerts, out=np.zeros_like(alerts), where=alerts > 0)
    precision = true_alerts * inverse_alerts
    area = float(positives @ precision / positive_total)

    # A row is an alert at its own threshold and at all lower ones: there it adds to the alerts, which lowers
    # the precision, and to the true alerts where it is positive.
    gain = np.cumsum(positives * inverse_alerts)
    loss = np.cumsum(positives * precision * inverse_alerts)
    slope = np.where(positive, (precision + gain)[ranks] - area, 0.0) - loss[ranks]
    positive_entity_shares = entity_shares(positive_weights, codes, entity_count)

    return InfluenceEstimate.of(
        area,
        sum_by_entity(weights * slope / positive_total, codes, positive_entity_shares),
        entity_shares(weights, codes, entity_count),
        effective_rows=min(effective_rows(positive_weights), effective_rows(weights * ~positive)),
        degrees=degrees_of_freedom(positive_entity_shares),
    )
