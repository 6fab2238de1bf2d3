"""Baselines for recommenders: an untuned rule (all-time popularity), and three tuned methods:
popularity of late, item neighbours and transitions.

These are tuned as carefully as the network, on training users who are left out of a first fit: of
seven reproducible neural recommenders, six lost to such methods (Ferrari Dacrema, Cremonesi &
Jannach 2019, "Are we really making much progress?"). The last two need matrices of items by items,
so that catalogues are limited to some ten thousand items.

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
_POPULARITY_WEIGHTS = (0.01, 0.1, 0.3)  # in a score; above 0, so that items without neighbours are ranked, too
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
_HELD_OUT_SHARE = 0.2  # of the training users, those whose first choice is latest, for tuning
_MAX_QUERIES_PER_USER = 3  # a held-out user's last choices; the first choice is none, since it has no history

Setting = TypeVar("Setting")
Scorer = Callable[[np.ndarray], np.ndarray]  # histories (n, M) of item codes → probabilities (n, I)


@dataclass(frozen=True)
class Queries:
    """Held-out choices: histories (n, M) of item codes, and the position in the catalogue (n,) of
    what came next.
    """

    histories: np.ndarray
    next_item: np.ndarray
    repeats: bool  # whether a user may choose an item that the history has

    def mean_ndcg(self, scores: np.ndarray) -> float:
        """Return the NDCG@10 of scores (n, I)."""
        return float(ndcg_at_10(_logits(scores, self.histories, repeats=self.repeats), self.next_item).mean())


@dataclass(frozen=True)
class NeighbourSetting:
    """The tuned settings of a method that scores items by similarity to the history's items."""

    similarity: Similarity
    history_half_life: float  # items: an item of the history counts half so many items further back
    popularity_weight: float  # of the items' popularity in a score, from 0 to 1


features = None  # sequences: each answer needs methods of its own


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Fit the baselines and return them by name; each returns {"logits": float32 (n, I)}.

    "rule" ranks by all-time popularity. "popularity", "item neighbours" and "transitions" get the
    settings that rank best for the users who are held out, and are then fitted on all.

    Raises `InputError` on fewer than two users.
    """
    interactions = read_interactions(train)
    repeats = bool(train.encoding["repeats"])
    user_count = int(interactions.user.max()) + 1
    if user_count < 2:
        raise InputError(
            f"the training split has {user_count} user: two are needed, one of them to tune simple methods on"
        )

    fitted, queries = _hold_out(interactions, history_length=train.arrays["items"].shape[1], repeats=repeats)
    popularity_half_life = _best(_popularity_candidates(fitted, queries.histories), queries)
    item_popularity = popularity(interactions, popularity_half_life)
    scorers: dict[str, Scorer] = {
        "rule": _score_by_popularity(popularity(interactions, np.inf)),
        "popularity": _score_by_popularity(item_popularity),
    }
    # Neighbour methods take over the half-life of popularity; a grid over both would be too large.
    fitted_popularity = popularity(fitted, popularity_half_life)
    for name, similarities in _SIMILARITIES.items():
        candidates = _neighbour_candidates(fitted, similarities, fitted_popularity, queries.histories)
        setting = _best(candidates, queries)
        scorers[name] = _score_by_neighbours(interactions, setting, item_popularity)
    return {name: _predict(scorer, repeats=repeats) for name, scorer in scorers.items()}


def _hold_out(interactions: Interactions, *, history_length: int, repeats: bool) -> tuple[Interactions, Queries]:
    """Hold out the users whose first choice is latest; return all others' interactions, and queries.

    A query is one of a held-out user's last choices, with at most `history_length` items before it
    as the history. Each user has one at least: a training row has a history and a next item.
    """
    user_count = interactions.user.max() + 1
    first_choice = np.full(user_count, np.inf)  # seconds
    np.minimum.at(first_choice, interactions.user, interactions.time)
    order_of_arrival = first_choice.argsort(kind="stable").argsort()
    held_out_count = max(1, round(user_count * _HELD_OUT_SHARE))
    is_held_out = order_of_arrival >= user_count - held_out_count

    held_out = interactions.of(is_held_out[interactions.user])
    position = sequences.positions(held_out.user)  # in the user's sequence, from 0
    position_from_end = sequences.positions(held_out.user[::-1])[::-1]
    is_query = (position_from_end < _MAX_QUERIES_PER_USER) & (position > 0)

    codes = (held_out.item + 1).astype(np.int32)
    histories = sequences.earlier(codes, position, history_length)[is_query]
    queries = Queries(histories, held_out.item[is_query], repeats)
    return interactions.of(~is_held_out[interactions.user]), queries


def _popularity_candidates(interactions: Interactions, histories: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Yield each half-life of popularity with its scores (n, I)."""
    for half_life in _POPULARITY_HALF_LIVES:
        yield half_life, _score_by_popularity(popularity(interactions, half_life))(histories)


def _neighbour_candidates(
    interactions: Interactions, similarities: Iterable[Similarity], item_popularity: np.ndarray, histories: np.ndarray
) -> Iterator[tuple[NeighbourSetting, np.ndarray]]:
    """Yield each setting with its scores (n, I); `item_popularity` (I,) are shares of all choices."""
    item_weights = {
        half_life: weigh_histories(histories, interactions.item_count, half_life) for half_life in _HISTORY_HALF_LIVES
    }
    for similarity in similarities:
        matrix = similarity_matrix(interactions, similarity)
        for half_life, weights in item_weights.items():
            nearness = weights @ matrix
            for popularity_weight in _POPULARITY_WEIGHTS:
                setting = NeighbourSetting(similarity, half_life, popularity_weight)
                yield setting, _mix(nearness, item_popularity, popularity_weight)


def _best(candidates: Iterable[tuple[Setting, np.ndarray]], queries: Queries) -> Setting:
    """Return the setting whose scores rank best; of equally good ones the first."""
    qualities = [(queries.mean_ndcg(scores), setting) for setting, scores in candidates]
    _, best = max(qualities, key=lambda quality: quality[0])
    return best


def _score_by_popularity(item_popularity: np.ndarray) -> Scorer:
    """Return a scorer that gives every history the items' popularity (I,)."""
    return lambda histories: np.tile(item_popularity, (len(histories), 1))


def _score_by_neighbours(interactions: Interactions, setting: NeighbourSetting, item_popularity: np.ndarray) -> Scorer:
    """Return a scorer that mixes similarity to the history's items with the items' popularity (I,)."""
    matrix = similarity_matrix(interactions, setting.similarity)

    def score(histories: np.ndarray) -> np.ndarray:
        nearness = weigh_histories(histories, len(matrix), setting.history_half_life) @ matrix
        return _mix(nearness, item_popularity, setting.popularity_weight)

    return score


def _mix(nearness: np.ndarray, item_popularity: np.ndarray, popularity_weight: float) -> np.ndarray:
    """Return probabilities (n, I): `nearness` (n, I) as shares of its row, mixed with popularity (I,).

    They are above 0, since popularity is: `popularity` counts one further choice over all items.
    """
    total = nearness.sum(axis=1, keepdims=True)
    shares_of_nearness = nearness / np.maximum(total, 1e-12)
    return np.asarray((1 - popularity_weight) * shares_of_nearness + popularity_weight * item_popularity)


def _logits(probabilities: np.ndarray, histories: np.ndarray, *, repeats: bool) -> np.ndarray:
    """Return probabilities (n, I) as logits; without `repeats`, the items of a history are masked."""
    logits: np.ndarray = np.log(probabilities).astype(np.float32)
    if not repeats:
        row, column = np.nonzero(histories)
        logits[row, histories[row, column] - 1] = MASKED_LOGIT
    return logits


def _predict(score: Scorer, *, repeats: bool) -> Predict:
    def predict(examples: Examples) -> dict[str, np.ndarray]:
        histories = np.asarray(examples.arrays["items"])
        return {"logits": _logits(score(histories), histories, repeats=repeats)}

    return predict
