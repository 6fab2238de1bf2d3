"""What users did, counted: how popular items are, and which ones stand near each other."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hallmark.contracts.examples import Examples

_DAY = 86_400.0  # s


@dataclass(frozen=True)
class Interactions:
    """What users did, ordered by user and time.

    user: (m,) numbers from 0.
    item: (m,) positions in the catalogue.
    time: (m,) in seconds.
    catalogue: How many items there are.
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    catalogue: int

    def of(self, rows: np.ndarray) -> "Interactions":
        """Return the rows of a mask."""
        return Interactions(self.user[rows], self.item[rows], self.time[rows], self.catalogue)


def read_interactions(train: Examples) -> Interactions:
    """Return what stands in the training rows, each interaction once: a row's positions that count, and its target."""
    counted = np.asarray(train.arrays["target.counted"])
    length = counted.shape[1]
    target = np.asarray(train.arrays["target.item"])[:, None]
    items = np.concatenate([train.arrays["items"][:, -length:], target], axis=1)
    days_ago = np.pad(train.arrays["days_ago"][:, -length:].astype(float), ((0, 0), (0, 1)))  # 0 for the target
    times = train.table["time"].to_numpy(float)[:, None] - days_ago * _DAY

    entities = train.table["entity"].to_numpy(str)
    names, first_rows = np.unique(entities, return_index=True)
    users = np.searchsorted(names, entities)

    is_first_row = np.isin(np.arange(len(train)), first_rows)
    begins = length - counted.sum(axis=1) + ~is_first_row  # later rows begin with the target of the one before
    is_own = np.arange(length + 1) >= begins[:, None]
    return Interactions(
        user=np.repeat(users, is_own.sum(axis=1)),
        item=items[is_own] - 1,
        time=times[is_own],
        catalogue=len(train.encoding["items"]),
    )


def popularity(interactions: Interactions, half_life: float) -> np.ndarray:
    """Return each item's share (I,) of what was chosen, with one choice more for all together.

    A choice counts half after `half_life` days (Ji et al. 2020, "A re-visit of the popularity baseline in recommender
    systems").
    """
    days_ago = (interactions.time.max() - interactions.time) / _DAY
    weight = 0.5 ** (days_ago / half_life)
    counts = np.bincount(interactions.item, weight, interactions.catalogue) + 1 / interactions.catalogue
    return np.asarray(counts / counts.sum())


@dataclass(frozen=True)
class Similarity:
    """How similarity of two items is counted: by users who had both, or who had one soon after the other.

    reach: 0: both stand anywhere in a user's sequence; else the second is among so many that follow the first.
    fading: How much a step further counts, as a factor.
    shrinkage: Added to the norm, against items with few users.
    direction: The exponent of the first item's count in the norm; the second's is what is left to 1. 0.5: cosine.
    neighbours: How many nearest ones of an item count; 0: all.
    """

    reach: int
    fading: float
    shrinkage: float
    direction: float
    neighbours: int


def similarity_matrix(interactions: Interactions, similarity: Similarity) -> np.ndarray:
    """Return (I, I) float32: how similar each item (column) is to each one that the user had (row)."""
    pairs = _count_followers(interactions, similarity) if similarity.reach else _count_common_users(interactions)
    np.fill_diagonal(pairs, 0)

    count = np.bincount(interactions.item, minlength=interactions.catalogue).astype(np.float32)
    norm = np.outer(count**similarity.direction, count ** (1 - similarity.direction)) + similarity.shrinkage
    matrix: np.ndarray = np.divide(pairs, norm, out=np.zeros_like(pairs), where=norm > 0)

    if 0 < similarity.neighbours < interactions.catalogue:
        least = np.partition(matrix, -similarity.neighbours, axis=1)[:, -similarity.neighbours]
        matrix[matrix < least[:, None]] = 0
    return matrix


def weigh_histories(histories: np.ndarray, catalogue: int, half_life: float) -> sparse.csr_matrix:
    """Return histories (n, M) of item codes as weights (n, I): an item counts half `half_life` items further back."""
    row, place = np.nonzero(histories)
    items_back = histories.shape[1] - 1 - place
    weight = 0.5 ** (items_back / half_life)
    shape = (len(histories), catalogue)
    return sparse.csr_matrix((weight.astype(np.float32), (row, histories[row, place] - 1)), shape)


def _count_common_users(interactions: Interactions) -> np.ndarray:
    """Return how many users had both of two items (I, I)."""
    ones = np.ones(len(interactions.user), np.float32)
    shape = (interactions.user.max() + 1, interactions.catalogue)
    had = sparse.csr_matrix((ones, (interactions.user, interactions.item)), shape)
    had.data[:] = 1  # of an item that a user had twice too
    return np.asarray((had.T @ had).toarray())


def _count_followers(interactions: Interactions, similarity: Similarity) -> np.ndarray:
    """Count how often an item (column) followed another (row) within `reach` steps (I, I); later ones count less."""
    followers = sparse.csr_matrix((interactions.catalogue, interactions.catalogue), dtype=np.float32)
    for step in range(1, similarity.reach + 1):
        is_same_user = interactions.user[step:] == interactions.user[:-step]
        pair = interactions.item[:-step][is_same_user], interactions.item[step:][is_same_user]
        weight = np.full(is_same_user.sum(), similarity.fading ** (step - 1), np.float32)
        followers = followers + sparse.csr_matrix((weight, pair), followers.shape)
    return np.asarray(followers.toarray())
