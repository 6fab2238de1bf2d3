"""What the network has to beat: popularity that fades, neighbouring items and transitions, all tuned; and a rule.

They are tuned as carefully as the network, on training users whom a first fit has not seen: of seven reproducible
neural recommenders, six lost to such methods (Ferrari Dacrema, Cremonesi & Jannach 2019, "Are we really making much
progress?"). They hold matrices of items by items, for catalogues of up to some ten thousand.
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
    Known,
    Similarity,
    decayed,
    interactions,
    matrix,
    popularity,
)
from hallmark.systems.recommendation.reading import sequences

MASKED_LOGIT = -60.0  # the logit of an item that the user had, as the network gives it
_HALF_LIVES = (3.0, 10.0, 30.0, 90.0, 365.0, np.inf)  # days, of popularity
_HISTORY = (0.5, 1.0, 2.0, 5.0, 20.0, np.inf)  # items, of a user's history
_POPULARITY = (0.01, 0.1, 0.3)  # share of popularity in a score; it also ranks the items that have no neighbour here
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
_LATE = 0.2  # of the training users, the last to come are held out for tuning
_ROWS = 3  # of each of them, the last ones are asked for

Setting = TypeVar("Setting")
Scores = Callable[[np.ndarray], np.ndarray]  # histories (n, M) of item codes → probabilities (n, I)


@dataclass(frozen=True)
class Asked:
    """Histories (n, M) of item codes, and the position in the catalogue (n,) of what came next."""

    items: np.ndarray
    true: np.ndarray
    repeats: bool

    def quality(self, scores: np.ndarray) -> float:
        """Return the NDCG@10 of scores (n, I)."""
        return float(ndcg_at_10(_logits(scores, self.items, repeats=self.repeats), self.true).mean())


def fit(train: Examples, *, seed: int) -> dict[str, Predict]:  # noqa: ARG001 (nothing here is drawn)
    """Fit the rule, the most popular items; and popularity, item neighbours and transitions with the settings that rank
    best for late training users. Raises `InputError` where there are fewer than two users.
    """
    known, repeats = interactions(train), bool(train.encoding["repeats"])
    users = int(known.user.max()) + 1
    if users < 2:
        raise InputError(f"the training split has {users} user: two are needed, one of them to tune simple methods on")
    early, asked = _held_out(known, train.arrays["items"].shape[1], repeats=repeats)
    life = _best(((life, _same(popularity(early, life), asked.items)) for life in _HALF_LIVES), asked)
    found: dict[str, Scores] = {
        "rule": lambda items: _same(popularity(known, np.inf), items),
        "popularity": lambda items: _same(popularity(known, life), items),
    }
    for name, similarities in _SIMILARITIES.items():
        how, half_life, share = _best(_candidates(early, similarities, popularity(early, life), asked.items), asked)
        found[name] = _near(matrix(known, how), popularity(known, life), half_life, share)
    return {name: _predict(scores, repeats=repeats) for name, scores in found.items()}


def _held_out(known: Known, memory: int, *, repeats: bool) -> tuple[Known, Asked]:
    """Return what all but the last training users did, and the last rows of those, as questions."""
    users = known.user.max() + 1
    arrival = np.full(users, np.inf)
    np.minimum.at(arrival, known.user, known.time)
    late = arrival.argsort(kind="stable").argsort() >= users - max(1, round(users * _LATE))
    rest = known.of(late[known.user])
    place = sequences.positions(rest.user)
    left = np.append(place[1:] == 0, True)[::-1]
    from_end = sequences.positions(np.cumsum(left))[::-1]
    rows = np.flatnonzero((from_end < _ROWS) & (place > 0))
    histories = sequences.earlier((rest.item + 1).astype(np.int32), place, memory)[rows]
    return known.of(~late[known.user]), Asked(histories, rest.item[rows], repeats)


def _candidates(
    known: Known, similarities: Iterable[Similarity], shares: np.ndarray, items: np.ndarray
) -> Iterator[tuple[tuple[Similarity, float, float], np.ndarray]]:
    histories = {life: decayed(items, known.catalogue, life) for life in _HISTORY}
    for how in similarities:
        near = matrix(known, how)
        for life, history in histories.items():
            found = history @ near
            for share in _POPULARITY:
                yield (how, life, share), _mixed(found, shares, share)


def _best(candidates: Iterable[tuple[Setting, np.ndarray]], asked: Asked) -> Setting:
    """Return the setting whose scores rank best; of equally good ones the first."""
    qualities = [(asked.quality(scores), setting) for setting, scores in candidates]
    return max(qualities, key=lambda found: found[0])[1]


def _near(near: np.ndarray, shares: np.ndarray, half_life: float, share: float) -> Scores:
    return lambda items: _mixed(decayed(items, len(near), half_life) @ near, shares, share)


def _mixed(found: np.ndarray, shares: np.ndarray, share: float) -> np.ndarray:
    """Return found scores (n, I) as probabilities, mixed with the popularity `shares` (I,)."""
    total = found.sum(axis=1, keepdims=True)
    return np.asarray((1 - share) * found / np.maximum(total, 1e-12) + share * shares)


def _same(shares: np.ndarray, items: np.ndarray) -> np.ndarray:
    return np.tile(shares, (len(items), 1))


def _logits(scores: np.ndarray, items: np.ndarray, *, repeats: bool) -> np.ndarray:
    logits: np.ndarray = np.log(scores).astype(np.float32)
    if not repeats:
        row, place = np.nonzero(items)
        logits[row, items[row, place] - 1] = MASKED_LOGIT
    return logits


def _predict(scores: Scores, *, repeats: bool) -> Predict:
    def predict(examples: Examples) -> dict[str, np.ndarray]:
        items = np.asarray(examples.arrays["items"])
        return {"logits": _logits(scores(items), items, repeats=repeats)}

    return predict
