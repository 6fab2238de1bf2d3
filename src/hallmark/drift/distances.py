"""Drift scores of a column in many permutations at once: the Wasserstein and the Jensen-Shannon distance.

They equal Evidently 0.7's methods "wasserstein" and "jensenshannon" (a test compares them).
Evidently's own functions compute one permutation at a time, which would take minutes for thousands.

n is the number of rows of both sides together, E of their entities and B of permutations.
"""

import numpy as np
import pandas as pd
from scipy.special import xlogy

_SMALLEST_SPREAD = 0.001  # a smaller standard deviation counts as this much, as in Evidently
_CHUNK = 500_000  # permutations times rows in memory at once: few enough for the processor's cache


def wasserstein(values: np.ndarray, entities: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Return the first Wasserstein distance between reference and recent values in each permutation (B,).

    It is in standard deviations of the reference; 0 where a permutation leaves a side without
    values.

    values: (n,) floats, NaN where a row has none.
    entities: (n,) the number of each row's entity, 0 to E - 1.
    permutations: (B, E) true where an entity is on the recent side.
    """
    is_present = ~np.isnan(values)
    order = np.argsort(values[is_present], kind="stable")
    ordered_values = values[is_present][order]
    owners = entities[is_present][order]

    # The distribution functions are flat between neighbouring values: their area is a sum over the gaps between these.
    gaps = np.diff(ordered_values)
    steps = np.flatnonzero(gaps > 0)
    if not len(steps):
        return np.zeros(len(permutations))

    chunk_size = max(1, _CHUNK // len(ordered_values))
    distances = np.concatenate(
        [
            _distribution_distances(permutations[start : start + chunk_size], owners, steps, gaps[steps])
            for start in range(0, len(permutations), chunk_size)
        ]
    )
    spread = _reference_spread(ordered_values, owners, permutations)
    return np.asarray(distances / np.maximum(spread, _SMALLEST_SPREAD))


def _distribution_distances(
    permutations: np.ndarray, owners: np.ndarray, steps: np.ndarray, gaps: np.ndarray
) -> np.ndarray:
    """Return the area between the empirical distribution functions of the two sides in each permutation (B,).

    owners: (n,) the entity of each row, rows sorted by value.
    steps: (G,) the sorted rows that a gap follows.
    gaps: (G,) the widths of these gaps, in the column's unit.
    """
    recent_counts = np.cumsum(permutations[:, owners], axis=1, dtype=np.int32)
    n_recent = recent_counts[:, -1].astype(float)
    n_reference = len(owners) - n_recent

    is_empty = (n_recent == 0) | (n_reference == 0)
    n_recent[is_empty] = 1.0
    n_reference[is_empty] = 1.0

    every_row_is_a_step = len(steps) == len(owners) - 1
    counts_at_steps = recent_counts[:, :-1] if every_row_is_a_step else recent_counts[:, steps]
    differences = counts_at_steps * (1 / n_recent + 1 / n_reference)[:, None]
    differences -= (steps + 1) / n_reference[:, None]
    areas = np.abs(differences, out=differences) @ gaps
    return np.where(is_empty, 0.0, areas)


def _reference_spread(values: np.ndarray, owners: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the reference side in each permutation (B,), from sums by entity."""
    n_entities = permutations.shape[1]
    centred_values = values - values.mean()
    moments_by_entity = np.stack(
        [np.bincount(owners, weights=centred_values**power, minlength=n_entities) for power in (0, 1, 2)], axis=1
    )

    counts, sums, squares = (~permutations @ moments_by_entity).T
    counts = np.maximum(counts, 1)
    variances = squares / counts - (sums / counts) ** 2
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


def jensen_shannon(values: np.ndarray, entities: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance between the sides' shares of categories in each permutation (B,).

    It is the root of the divergence in nats, 0 to √ln 2. `values` (n,) are strings, None where a
    row has none; the other arguments are those of `wasserstein`.
    """
    codes, categories = pd.factorize(values, sort=True)
    is_present = codes >= 0
    counts_by_entity = np.zeros((permutations.shape[1], len(categories)))
    np.add.at(counts_by_entity, (entities[is_present], codes[is_present]), 1)

    recent_counts = permutations @ counts_by_entity
    reference_counts = counts_by_entity.sum(axis=0) - recent_counts
    n_recent = recent_counts.sum(axis=1)
    n_reference = reference_counts.sum(axis=1)

    recent_shares = recent_counts / np.maximum(n_recent, 1)[:, None]
    reference_shares = reference_counts / np.maximum(n_reference, 1)[:, None]
    mean_shares = (recent_shares + reference_shares) / 2
    side_entropies = (xlogy(recent_shares, recent_shares) + xlogy(reference_shares, reference_shares)).sum(axis=1) / 2
    divergence = side_entropies - xlogy(mean_shares, mean_shares).sum(axis=1)

    is_empty = (n_recent == 0) | (n_reference == 0)
    return np.where(is_empty, 0.0, np.sqrt(np.maximum(divergence, 0.0)))
