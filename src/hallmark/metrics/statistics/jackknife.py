"""The jackknife over blocks of entities: the influences of any smooth statistic, from a few hundred evaluations of it.

Leaving out one block moves the statistic by the block's influence (Efron & Stein 1981; Shao & Wu 1989). The corrected
influence √(1 - share) * (statistic - statistic without the block) is exactly the CR2 influence of a mean, so that for a
mean of at most `BLOCKS` entities this is the variance that `means.weighted_mean` gives.

Valid for smooth functions of means: F-scores, correlations, R², ratios, likelihoods, Matthews' coefficient. Not valid
for quantiles, the median, a maximum or a minimum, whose jackknife variance is wrong at any sample size (Shao & Wu
1989), nor for what depends on the number of rows, such as a sum, a count of distinct values or an error in fixed bins.
"""

from collections.abc import Callable

import numpy as np

from hallmark.metrics.statistics.influence import InfluenceEstimate, degrees_of_freedom, effective_rows, entity_shares

BLOCKS = 200  # at most; so many give the variance 199 degrees of freedom

Statistic = Callable[[np.ndarray], float]  # of row numbers (m,)


def block_jackknife(
    statistic: Statistic, chosen: np.ndarray, codes: np.ndarray, *, size: int, seed: int
) -> InfluenceEstimate | None:
    """Return a statistic of the rows `chosen` (n,) booleans of the entities `codes` (n,), each in 0 … size - 1.

    Up to `BLOCKS` entities are each a block; more are dealt to as many blocks by `seed`, the same for every subset of
    the rows, and a block's influence is held by its first entity. None where no row is chosen or the statistic is NaN.
    """
    rows = np.flatnonzero(chosen)
    value = float(statistic(rows)) if len(rows) else float("nan")
    if np.isnan(value):
        return None

    blocks = _block_of_entities(codes[rows], size, seed)
    block_of_row = blocks[codes[rows]]
    block_shares = entity_shares(np.ones(len(rows)), block_of_row, size)

    influence = np.zeros(size)
    for block in np.unique(block_of_row):
        share = block_shares[block]
        without = float(statistic(rows[block_of_row != block])) if share < 1 else float("nan")
        influence[block] = np.sqrt(1 - share) * (value - without)

    return InfluenceEstimate.of(
        value,
        influence,
        entity_shares(chosen.astype(float), codes, size),
        rows=effective_rows(chosen.astype(float)),
        degrees=degrees_of_freedom(block_shares),
    )


def _block_of_entities(present: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Return the block of each entity (G,), by the number of the entity that stands for the block."""
    if len(np.unique(present)) <= BLOCKS:
        return np.arange(size)
    order = np.random.default_rng(seed).permutation(size)
    blocks = np.empty(size, int)
    blocks[order] = order[np.arange(size) % BLOCKS]
    return blocks
