"""What users did, counted: how popular items are, and which ones stand near each other."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hallmark.contracts.examples import Examples

_DAY = 86_400.0


@dataclass(frozen=True)
class Known:
    """What users did, ordered by user and time: user (m,) from 0, item (m,) a position in the catalogue, time (m,) in
    seconds.
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    catalogue: int

    def of(self, rows: np.ndarray) -> "Known":
        """Return the rows of a mask."""
        return Known(self.user[rows], self.item[rows], self.time[rows], self.catalogue)


def interactions(train: Examples) -> Known:
    """Return what stands in the training rows, each interaction once: a row's positions that count, and its target."""
    counted = np.asarray(train.arrays["target.counted"])
    length, count = counted.shape[1], counted.sum(axis=1)
    items = np.concatenate([train.arrays["items"][:, -length:], train.arrays["target.item"][:, None]], axis=1)
    days_ago = np.pad(train.arrays["days_ago"][:, -length:].astype(float), ((0, 0), (0, 1)))
    user, first = np.unique(train.table["entity"].to_numpy(str), return_index=True)
    begins = np.isin(np.arange(len(train)), first)  # later rows of a user begin with the target of the one before
    mine = np.arange(length + 1) >= (length - count + ~begins)[:, None]
    times = train.table["time"].to_numpy(float)[:, None] - days_ago * _DAY
    users = np.searchsorted(user, train.table["entity"].to_numpy(str))
    return Known(np.repeat(users, mine.sum(axis=1)), items[mine] - 1, times[mine], len(train.encoding["items"]))


def popularity(known: Known, half_life: float) -> np.ndarray:
    """Return each item's share (I,) of what was chosen, with one choice more for each; a choice counts half after
    `half_life` days (Ji et al. 2020, "A re-visit of the popularity baseline in recommender systems").
    """
    weight = 0.5 ** ((known.time.max() - known.time) / _DAY / half_life)
    counts = np.bincount(known.item, weight, known.catalogue) + 1 / known.catalogue
    return np.asarray(counts / counts.sum())


@dataclass(frozen=True)
class Similarity:
    """How near two items stand: in the same user's sequence at all (`reach` 0), or one among the `reach` that follow
    the other, where a step further counts `fading` times as much.
    """

    reach: int
    fading: float
    shrinkage: float  # added to the norm, against items with few users
    direction: (
        float  # the exponent of the first item's count in the norm; the second's is what is left to 1. 0.5: cosine
    )
    neighbours: int  # the nearest ones of an item count; 0: all


def matrix(known: Known, how: Similarity) -> np.ndarray:
    """Return (I, I) float32: how near each item (column) is to each one that the user had (row)."""
    joint = _pairs(known, how) if how.reach else _together(known)
    np.fill_diagonal(joint, 0)
    count = np.bincount(known.item, minlength=known.catalogue).astype(np.float32)
    norm = np.outer(count**how.direction, count ** (1 - how.direction)) + how.shrinkage
    near: np.ndarray = np.divide(joint, norm, out=np.zeros_like(joint), where=norm > 0)
    if 0 < how.neighbours < known.catalogue:
        least = np.partition(near, -how.neighbours, axis=1)[:, -how.neighbours]
        near[near < least[:, None]] = 0
    return near


def decayed(items: np.ndarray, catalogue: int, half_life: float) -> sparse.csr_matrix:
    """Return histories (n, M) of item codes as weights (n, I): an item counts half `half_life` items further back."""
    row, place = np.nonzero(items)
    weight = 0.5 ** ((items.shape[1] - 1 - place) / half_life)
    shape = (len(items), catalogue)
    return sparse.csr_matrix((weight.astype(np.float32), (row, items[row, place] - 1)), shape)


def _together(known: Known) -> np.ndarray:
    ones = np.ones(len(known.user), np.float32)
    table = sparse.csr_matrix((ones, (known.user, known.item)), (known.user.max() + 1, known.catalogue))
    table.data[:] = 1  # of an item that a user had twice too
    return np.asarray((table.T @ table).toarray())


def _pairs(known: Known, how: Similarity) -> np.ndarray:
    joint = sparse.csr_matrix((known.catalogue, known.catalogue), dtype=np.float32)
    for step in range(1, how.reach + 1):
        same = known.user[step:] == known.user[:-step]
        pair = known.item[:-step][same], known.item[step:][same]
        weight = np.full(same.sum(), how.fading ** (step - 1), np.float32)
        joint = joint + sparse.csr_matrix((weight, pair), joint.shape)
    return np.asarray(joint.toarray())
