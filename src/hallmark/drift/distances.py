"""Evidently's drift scores, for thousands of splits at once: its own functions take one split at a time, in Python.

Both are the ones that Evidently 0.7 calls "wasserstein" and "jensenshannon"; a test holds them against it.
"""

import numpy as np
import pandas as pd
from scipy.special import xlogy

_SMALLEST_SPREAD = 0.001  # Evidently divides by no less
_CHUNK = 500_000  # elements at a time: few enough for the processor's cache


def wasserstein(values: np.ndarray, entities: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Return the first Wasserstein distance between the two sides, divided by the reference's standard deviation (B,).

    `values` (n,) are floats, NaN where there is none; `entities` (n,) say which of the E entities a row belongs to;
    `splits` (B, E) is true where an entity is in the recent side. A split that leaves a side without values scores 0.
    """
    present = ~np.isnan(values)
    order = np.argsort(values[present], kind="stable")
    ordered, owners = values[present][order], entities[present][order]
    gaps = np.diff(ordered)
    steps = np.flatnonzero(gaps > 0)  # the distribution functions are compared where they are flat and wide
    if not len(steps):
        return np.zeros(len(splits))
    rows = max(1, _CHUNK // len(ordered))
    parts = [splits[start : start + rows] for start in range(0, len(splits), rows)]
    distances = np.concatenate([_distances(part, owners, steps, gaps[steps]) for part in parts])
    normed: np.ndarray = distances / np.maximum(_reference_spread(ordered, owners, splits), _SMALLEST_SPREAD)
    return normed


def _distances(splits: np.ndarray, owners: np.ndarray, steps: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Return the area between the two empirical distribution functions, over `gaps` at the sorted rows `steps`."""
    counts = np.cumsum(splits[:, owners], axis=1, dtype=np.int32)
    recent = counts[:, -1].astype(float)
    reference = len(owners) - recent
    empty = (recent == 0) | (reference == 0)
    recent[empty], reference[empty] = 1.0, 1.0
    flat = counts[:, :-1] if len(steps) == len(owners) - 1 else counts[:, steps]
    heights = flat * (1 / recent + 1 / reference)[:, None]
    heights -= (steps + 1) / reference[:, None]
    areas: np.ndarray = np.abs(heights, out=heights) @ gaps
    return np.where(empty, 0.0, areas)


def _reference_spread(values: np.ndarray, owners: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the reference side (B,), from sums over entities."""
    centred = values - values.mean()
    size = splits.shape[1]
    sums = np.stack([np.bincount(owners, weights=centred**power, minlength=size) for power in (0, 1, 2)], axis=1)
    count, first, second = (~splits @ sums).T
    count = np.maximum(count, 1)
    spread: np.ndarray = np.sqrt(np.maximum(second / count - (first / count) ** 2, 0.0))
    return spread


def jensen_shannon(values: np.ndarray, entities: np.ndarray, splits: np.ndarray) -> np.ndarray:
    """Return the Jensen-Shannon distance (natural logarithm) between the two sides' category shares (B,).

    `values` (n,) are strings, None where there is none; else as `wasserstein`.
    """
    codes, names = pd.factorize(values, sort=True)
    table = np.zeros((splits.shape[1], len(names)))
    np.add.at(table, (entities[codes >= 0], codes[codes >= 0]), 1)
    recent = splits @ table
    reference = table.sum(axis=0) - recent
    totals = recent.sum(axis=1), reference.sum(axis=1)
    p, q = (side / np.maximum(total, 1)[:, None] for side, total in zip((recent, reference), totals, strict=True))
    middle = (p + q) / 2
    divergence = (xlogy(p, p) + xlogy(q, q)).sum(axis=1) / 2 - xlogy(middle, middle).sum(axis=1)
    empty = (totals[0] == 0) | (totals[1] == 0)
    return np.where(empty, 0.0, np.sqrt(np.maximum(divergence, 0.0)))
