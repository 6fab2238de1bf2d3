"""The block jackknife: influences of any smooth statistic, from a few hundred evaluations of it.

Leaving out a block of entities moves the statistic by the block's influence (Efron & Stein 1981;
Shao & Wu 1989). The corrected influence, √(1 - share) * (statistic - statistic without the block),
is exactly the CR2 influence of a mean: with at most `BLOCKS` entities a mean gets the variance of
`means.weighted_mean`.

Valid for smooth functions of means: F-scores, correlations, R², ratios, likelihoods, Matthews'
coefficient. Not valid for quantiles, the median, a maximum or a minimum, whose jackknife variance
is wrong at any sample size (Shao & Wu 1989), nor for what depends on the number of rows, such as a
sum, a count of distinct values or an error in fixed bins.
"""

from collections.abc import Callable

import numpy as np

from hallmark.metrics.statistics.influence import InfluenceEstimate, degrees_of_freedom, effective_rows, entity_shares

BLOCKS = 200  # at most; they give the variance 199 degrees of freedom

Statistic = Callable[[np.ndarray], float]  # row numbers (m,) → the statistic of these rows


def divide_entities(order: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the block of each entity of a table (G,), named by the number of one of its entities.

    `order` (G,) holds the entities 0 … G - 1 in an order that decides, with `seed`, which of them
    share a block. Up to `BLOCKS` entities are a block each. More are divided at random into
    `BLOCKS` blocks, whose sizes differ by at most one.
    """
    entity_count = len(order)
    if entity_count <= BLOCKS:
        return np.arange(entity_count)

    shuffled = np.random.default_rng(seed).permutation(order)
    blocks = np.empty(entity_count, int)
    blocks[shuffled] = shuffled[np.arange(entity_count) % BLOCKS]
    return blocks


def block_jackknife(
    statistic: Statistic, chosen: np.ndarray, codes: np.ndarray, *, block_of_entity: np.ndarray
) -> InfluenceEstimate | None:
    """Return a statistic of some rows with its influences, by leaving out one block at a time.

    `chosen` (n,) says which rows are in; `codes` (n,) holds each row's entity, in 0 … G - 1.
    `block_of_entity` (G,) is the division of the whole table (`divide_entities`): all subsets of
    its rows share it, so that they can be paired. The influence of a block is stored at the entity
    that names it, whether or not this one has a chosen row.

    Returns None where no row is chosen, or the statistic of all chosen rows is NaN.
    """
    entity_count = len(block_of_entity)
    rows = np.flatnonzero(chosen)
    value = float(statistic(rows)) if len(rows) else float("nan")
    if np.isnan(value):
        return None

    block_of_row = block_of_entity[codes[rows]]
    block_shares = entity_shares(np.ones(len(rows)), block_of_row, entity_count)

    influence = np.zeros(entity_count)
    for block in np.unique(block_of_row):
        share = block_shares[block]
        value_without = float(statistic(rows[block_of_row != block])) if share < 1 else float("nan")
        influence[block] = np.sqrt(1 - share) * (value - value_without)

    weights = chosen.astype(float)
    return InfluenceEstimate.of(
        value,
        influence,
        entity_shares(weights, codes, entity_count),
        effective_rows=effective_rows(weights),
        degrees=degrees_of_freedom(block_shares),
    )
