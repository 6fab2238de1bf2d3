"""Counts of what users chose: how popular items are, and how similar two items are.

I items are numbered by their positions in the catalogue, from 0. Item codes, which histories have,
are positions plus 1, since 0 is padding.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from hallmark.contracts.examples import Examples

_DAY = 86_400.0  # s


@dataclass(frozen=True)
class Interactions:
    """All m choices of the users, ordered by user and time.

    user: (m,) numbers of users, from 0.
    item: (m,) positions in the catalogue.
    time: (m,) seconds.
    item_count: size of the catalogue, I.
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    item_count: int

    def of(self, rows: np.ndarray) -> "Interactions":
        """Return the interactions at `rows`, a mask (m,)."""
        return Interactions(self.user[rows], self.item[rows], self.time[rows], self.item_count)


def read_interactions(train: Examples) -> Interactions:
    """Return the interactions in the training rows, each once.

    A training row has a history of items and the next item. Its last positions whose next item
    counts ("target.counted") hold interactions that no other row counts.
    """
    counted = np.asarray(train.arrays["target.counted"])  # (n, length)
    length = counted.shape[1]
    target = np.asarray(train.arrays["target.item"])[:, None]
    items = np.concatenate([train.arrays["items"][:, -length:], target], axis=1)
    days_ago = np.pad(train.arrays["days_ago"][:, -length:].astype(float), ((0, 0), (0, 1)))  # 0 for the target
    times = train.table["time"].to_numpy(float)[:, None] - days_ago * _DAY

    entities = train.table["entity"].to_numpy(str)
    names, first_rows = np.unique(entities, return_index=True)
    users = np.searchsorted(names, entities)

    is_first_row = np.isin(np.arange(len(train)), first_rows)
    # A user's later rows begin with the target of the row before, which is counted there.
    first_own_position = length - counted.sum(axis=1) + ~is_first_row
    is_own = np.arange(length + 1) >= first_own_position[:, None]
    return Interactions(
        user=np.repeat(users, is_own.sum(axis=1)),
        item=items[is_own] - 1,
        time=times[is_own],
        item_count=len(train.encoding["items"]),
    )


def popularity(interactions: Interactions, half_life: float) -> np.ndarray:
    """Popularity: each item's share (I,) of all choices.

    A choice that is `half_life` days older than the latest one counts half (Ji et al. 2020, "A
    re-visit of the popularity baseline in recommender systems"). One further choice, spread over
    all items, keeps shares above 0.
    """
    days_ago = (interactions.time.max() - interactions.time) / _DAY
    weight = 0.5 ** (days_ago / half_life)
    weighted_counts = np.bincount(interactions.item, weight, interactions.item_count)
    smoothed_counts = weighted_counts + 1 / interactions.item_count
    return np.asarray(smoothed_counts / smoothed_counts.sum())


@dataclass(frozen=True)
class Similarity:
    """How the similarity of a second item to a first one is measured.

    It is the number of pairs divided by first_count**direction * second_count**(1 - direction) +
    shrinkage.

    reach: 0: a pair is a user who had both. Else a pair is the second item within `reach` steps
    after the first. fading: factor on a pair's weight for each further step. shrinkage: lowers the
    similarity of items that few users had. direction: 0.5 makes it the cosine; 1 makes it the
    probability of the second item given the first. neighbours: how many most similar items of each
    first item are kept; 0: all.
    """

    reach: int
    fading: float
    shrinkage: float
    direction: float
    neighbours: int


def similarity_matrix(interactions: Interactions, similarity: Similarity) -> np.ndarray:
    """Return similarities (I, I), float32, of each second item (column) to each first one (row)."""
    pairs = _count_followers(interactions, similarity) if similarity.reach else _count_common_users(interactions)
    np.fill_diagonal(pairs, 0)

    count = np.bincount(interactions.item, minlength=interactions.item_count).astype(np.float32)
    direction = similarity.direction
    norm = np.outer(count**direction, count ** (1 - direction)) + similarity.shrinkage
    matrix: np.ndarray = np.divide(pairs, norm, out=np.zeros_like(pairs), where=norm > 0)

    if 0 < similarity.neighbours < interactions.item_count:
        least = np.partition(matrix, -similarity.neighbours, axis=1)[:, -similarity.neighbours]
        matrix[matrix < least[:, None]] = 0
    return matrix


def weigh_histories(histories: np.ndarray, item_count: int, half_life: float) -> sparse.csr_matrix:
    """Return the weights (n, I) of the items in `histories` (n, M), codes with padding in front.

    The latest item weighs 1, an item `half_life` places before it a half.
    """
    row, place = np.nonzero(histories)
    items_back = histories.shape[1] - 1 - place
    weight = 0.5 ** (items_back / half_life)
    shape = (len(histories), item_count)
    return sparse.csr_matrix((weight.astype(np.float32), (row, histories[row, place] - 1)), shape)


def _count_common_users(interactions: Interactions) -> np.ndarray:
    """Return the number of users who had both of two items (I, I), float32."""
    ones = np.ones(len(interactions.user), np.float32)
    shape = (interactions.user.max() + 1, interactions.item_count)
    has_had = sparse.csr_matrix((ones, (interactions.user, interactions.item)), shape)
    has_had.data[:] = 1  # also where a user had an item several times
    return np.asarray((has_had.T @ has_had).toarray())


def _count_followers(interactions: Interactions, similarity: Similarity) -> np.ndarray:
    """Count how often an item (column) followed another (row) within `reach` steps, (I, I).

    Each further step multiplies the count by `fading`.
    """
    shape = (interactions.item_count, interactions.item_count)
    followers = sparse.csr_matrix(shape, dtype=np.float32)
    for step in range(1, similarity.reach + 1):
        is_same_user = interactions.user[step:] == interactions.user[:-step]
        pair = interactions.item[:-step][is_same_user], interactions.item[step:][is_same_user]
        weight = np.full(is_same_user.sum(), similarity.fading ** (step - 1), np.float32)
        followers = followers + sparse.csr_matrix((weight, pair), followers.shape)
    return np.asarray(followers.toarray())
