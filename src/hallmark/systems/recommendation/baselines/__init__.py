"""Baselines for recommenders: a rule, and popularity, item neighbours and transitions.

The latter three are tuned as carefully as the network, on training users who are left out of a
first fit: of seven reproducible neural recommenders, six lost to such methods (Ferrari Dacrema,
Cremonesi & Jannach 2019, "Are we really making much progress?"). They need matrices of items by
items, so that catalogues are limited to some ten thousand items.

I is the number of items. Histories (n, M) are item codes (positions in the catalogue plus 1), the
latest last, with 0 in front.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import numpy as np

from hallmark.answers.next_item.scoring import ndcg_at_10
from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.errors import InputError
from hallmark.systems.recommendation.baselines.neighbours import (
    Interactions,
    Similarity,
    popularity,
    read_interactions,
    similarity_matrix,
    weigh_histories,
)
from hallmark.systems.recommendation.reading import sequences

MASKED_LOGIT = -60.0  # the logit of an item that the user had, as the network gives it
_POPULARITY_HALF_LIVES = (3.0, 10.0, 30.0, 90.0, 365.0, np.inf)  # days
_HISTORY_HALF_LIVES = (0.5, 1.0, 2.0, 5.0, 20.0, np.inf)  # items
_POPULARITY_SHARES = (0.01, 0.1, 0.3)  # of popularity in a score; above 0, so that it ranks items without neighbours
_SIMILARITIES = {
    "item neighbours": [
        Similarity(reach=0, fading=1.0, shrinkage=shrinkage, direction=direction, neighbours=count)
        for shrinkage, direction, count in product((0.0, 10.0, 50.0), (0.3, 0.5, 0.7), (20, 100, 0))
    ],
    "transitions": [
        Similarity(reach=reach, fading=fading, shrinkage=shrinkage, direction=direction, neighbours=count)
        for (reach, fading), shrinkage, direction, count in product(
            ((1, 1.0), (5, 0.7), (20, 0.9)), (0.0, 10.0), (0.5, 0.8, 1.0), (100, 0)
        )
    ],
}
_HELD_OUT_SHARE = 0.2  # of the training users, those who came last, for tuning
_QUERIES_PER_USER = 3  # the last choices of each held-out user

Setting = TypeVar("Setting")
Score = Callable[[np.ndarray], np.ndarray]  # histories (n, M) of item codes → probabilities (n, I)


@dataclass(frozen=True)
class Queries:
    """Held-out choices: histories (n, M) of item codes, and the position in the catalogue (n,) of
    what came next.
    """

    histories: np.ndarray
    next_item: np.ndarray
    repeats: bool  # whether users have an item again

    def mean_ndcg(self, scores: np.ndarray) -> float:
        """Return the NDCG@10 of scores (n, I)."""
        return float(ndcg_at_10(_logits(scores, self.histories, repeats=self.repeats), self.next_item).mean())


@dataclass(frozen=True)
class NeighbourSetting:
    """The tuned settings of a method that scores items by similarity to the history's items."""

    similarity: Similarity
    half_life: float  # items: an item of the history counts half so many items further back
    popularity_share: float  # of popularity in a score


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Fit the baselines and return them by name; each returns {"logits": float32 (n, I)}.

    "rule" ranks by all-time popularity. "popularity", "item neighbours" and "transitions" have the
    settings that rank best for the training users who came last, and are then fitted on all. Raises
    `InputError` on fewer than two users.
    """
    interactions = read_interactions(train)
    repeats = bool(train.encoding["repeats"])
    users = int(interactions.user.max()) + 1
    if users < 2:
        raise InputError(f"the training split has {users} user: two are needed, one of them to tune simple methods on")

    early, queries = _hold_out(interactions, memory=train.arrays["items"].shape[1], repeats=repeats)
    half_life = _best(_popularity_candidates(early, queries.histories), queries)
    scores: dict[str, Score] = {
        "rule": _score_by_popularity(popularity(interactions, np.inf)),
        "popularity": _score_by_popularity(popularity(interactions, half_life)),
    }
    for name, similarities in _SIMILARITIES.items():
        candidates = _neighbour_candidates(early, similarities, popularity(early, half_life), queries.histories)
        setting = _best(candidates, queries)
        scores[name] = _score_by_neighbours(interactions, setting, popularity(interactions, half_life))
    return {name: _predict(score, repeats=repeats) for name, score in scores.items()}


def _hold_out(interactions: Interactions, *, memory: int, repeats: bool) -> tuple[Interactions, Queries]:
    """Return the interactions of all but the last training users to come, and those users' queries.

    A query is one of a held-out user's last choices, with at most `memory` items before it as the
    history.
    """
    users = interactions.user.max() + 1
    arrival = np.full(users, np.inf)  # seconds, of each user's first choice
    np.minimum.at(arrival, interactions.user, interactions.time)
    order_of_arrival = arrival.argsort(kind="stable").argsort()
    is_held_out = order_of_arrival >= users - max(1, round(users * _HELD_OUT_SHARE))

    held_out = interactions.of(is_held_out[interactions.user])
    # Each choice's place in its user's sequence, from the first choice and from the last one, from 0.
    place = sequences.positions(held_out.user)
    is_last = np.append(place[1:] == 0, True)
    place_from_end = sequences.positions(np.cumsum(is_last[::-1]))[::-1]
    rows = np.flatnonzero((place_from_end < _QUERIES_PER_USER) & (place > 0))

    codes = (held_out.item + 1).astype(np.int32)
    histories = sequences.earlier(codes, place, memory)[rows]
    return interactions.of(~is_held_out[interactions.user]), Queries(histories, held_out.item[rows], repeats)


def _popularity_candidates(interactions: Interactions, histories: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Yield each half-life of popularity with its scores (n, I)."""
    for half_life in _POPULARITY_HALF_LIVES:
        yield half_life, _score_by_popularity(popularity(interactions, half_life))(histories)


def _neighbour_candidates(
    interactions: Interactions, similarities: Iterable[Similarity], shares: np.ndarray, histories: np.ndarray
) -> Iterator[tuple[NeighbourSetting, np.ndarray]]:
    """Yield each setting with its scores (n, I); `shares` (I,) are the items' popularity."""
    weights = {
        half_life: weigh_histories(histories, interactions.item_count, half_life) for half_life in _HISTORY_HALF_LIVES
    }
    for similarity in similarities:
        matrix = similarity_matrix(interactions, similarity)
        for half_life, weighted in weights.items():
            nearness = weighted @ matrix
            for popularity_share in _POPULARITY_SHARES:
                setting = NeighbourSetting(similarity, half_life, popularity_share)
                yield setting, _mix(nearness, shares, popularity_share)


def _best(candidates: Iterable[tuple[Setting, np.ndarray]], queries: Queries) -> Setting:
    """Return the setting whose scores rank best; of equally good ones the first."""
    qualities = [(queries.mean_ndcg(scores), setting) for setting, scores in candidates]
    _, best = max(qualities, key=lambda quality: quality[0])
    return best


def _score_by_popularity(shares: np.ndarray) -> Score:
    """Score all histories by the items' popularity `shares` (I,)."""
    return lambda histories: np.tile(shares, (len(histories), 1))


def _score_by_neighbours(interactions: Interactions, setting: NeighbourSetting, shares: np.ndarray) -> Score:
    matrix = similarity_matrix(interactions, setting.similarity)

    def score(histories: np.ndarray) -> np.ndarray:
        nearness = weigh_histories(histories, len(matrix), setting.half_life) @ matrix
        return _mix(nearness, shares, setting.popularity_share)

    return score


def _mix(nearness: np.ndarray, shares: np.ndarray, popularity_share: float) -> np.ndarray:
    """Return probabilities (n, I): `nearness` (n, I) as shares, mixed with popularity (I,)."""
    total = nearness.sum(axis=1, keepdims=True)
    return np.asarray((1 - popularity_share) * nearness / np.maximum(total, 1e-12) + popularity_share * shares)


def _logits(scores: np.ndarray, histories: np.ndarray, *, repeats: bool) -> np.ndarray:
    """Return scores (n, I) as logits; without `repeats`, the items of a history are masked."""
    logits: np.ndarray = np.log(scores).astype(np.float32)
    if not repeats:
        row, place = np.nonzero(histories)
        logits[row, histories[row, place] - 1] = MASKED_LOGIT
    return logits


def _predict(score: Score, *, repeats: bool) -> Predict:
    def predict(examples: Examples) -> dict[str, np.ndarray]:
        histories = np.asarray(examples.arrays["items"])
        return {"logits": _logits(score(histories), histories, repeats=repeats)}

    return predict
