"""Interpolated Kneser-Ney n-grams with modified discounts (Chen & Goodman 1999), counted and asked by sorted arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Level:
    """What is known of n-grams of one length.

    `codes` (g,), sorted, are context times V plus token, where a context is the place of its (n-1)-gram in the level
    below (0 for the empty one); so the n-grams of one context lie together. `discounted` (g,) are their counts less the
    discount; `total` and `left` (c,), by context, are the sum of the counts, and the share that the level below gets.
    """

    codes: np.ndarray
    discounted: np.ndarray
    total: np.ndarray
    left: np.ndarray

    def find(self, contexts: np.ndarray, tokens: np.ndarray, size: int) -> np.ndarray:
        """Return the places of n-grams (n,), -1 for those never seen or with an unseen context."""
        wanted = contexts * size + tokens
        at = np.searchsorted(self.codes, wanted)
        at[at == len(self.codes)] = 0
        return np.where((contexts >= 0) & (self.codes[at] == wanted), at, -1)


@dataclass(frozen=True)
class KneserNey:
    """Probabilities of the next of `size` tokens; `levels[n - 1]` has the n-grams."""

    levels: Sequence[Level]
    size: int

    def log_likelihood(self, tokens: np.ndarray) -> np.ndarray:
        """Return (n, T): the log probability of each token given those before it in its row; 0 for the first."""
        rows, length = tokens.shape
        probability = np.full((rows, length - 1), 1 / self.size)
        before = np.zeros((rows, length), np.int64)  # the (n-1)-gram that ends at each position
        for order, level in enumerate(self.levels, 1):
            context = np.zeros((rows, length), np.int64)
            if order > 1:
                context[:, 0], context[:, 1:] = -1, before[:, :-1]
            found = level.find(context.ravel(), tokens.ravel().astype(np.int64), self.size).reshape(rows, length)
            probability = self._mixed(level, context[:, 1:], found[:, 1:], probability)
            before = found
        return np.concatenate([np.zeros((rows, 1)), np.log(probability)], axis=1)

    def _mixed(self, level: Level, context: np.ndarray, found: np.ndarray, lower: np.ndarray) -> np.ndarray:
        at = np.maximum(context, 0)
        known = (context >= 0) & (level.total[at] > 0)
        seen = np.where(found >= 0, level.discounted[found], 0.0) / np.maximum(level.total[at], 1)
        return np.where(known, seen + level.left[at] * lower, lower)

    def following(self, tokens: np.ndarray, length: np.ndarray) -> np.ndarray:
        """Return (n, V): the probability of each token after the first `length` (n,) tokens of each row."""
        rows = np.arange(len(tokens))
        probability = np.full((len(tokens), self.size), 1 / self.size)
        for order, level in enumerate(self.levels, 1):
            context = np.zeros(len(tokens), np.int64)
            for step in range(1, order):  # the (order-1)-gram that ends at the last token
                at = length - order + step
                found = self.levels[step - 1].find(context, tokens[rows, np.maximum(at, 0)].astype(np.int64), self.size)
                context = np.where(at >= 0, found, -1)
            self._spread(level, context, probability)
        return probability

    def _spread(self, level: Level, context: np.ndarray, probability: np.ndarray) -> None:
        """Mix a level into `probability` (n, V), in place."""
        known = np.flatnonzero((context >= 0) & (level.total[np.maximum(context, 0)] > 0))
        first = np.searchsorted(level.codes, context[known] * self.size)
        count = np.searchsorted(level.codes, (context[known] + 1) * self.size) - first
        row = np.repeat(known, count)
        place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count - first, count)
        probability[known] *= level.left[context[known], None]
        probability[row, level.codes[place] % self.size] += level.discounted[place] / level.total[context[row]]


def fit(tokens: np.ndarray, start: np.ndarray, length: np.ndarray, *, size: int, order: int) -> KneserNey:
    """Count the n-grams, up to `order`, that end at positions `start` to `length` - 1 of the rows of `tokens` (n, T).

    A row before which nothing is known begins with the token that stands between documents, at position 0: n-grams
    that begin with it can have nothing before them, and keep their plain counts in the lower levels.
    """
    rows, columns = tokens.shape
    tokens = tokens.astype(np.int64)
    position = np.arange(columns)
    counted = (position >= start[:, None]) & (position < length[:, None])
    ids, codes, counts, first = [np.zeros((rows, columns), np.int64)], [], [], []
    for n in range(1, order + 1):
        context = np.zeros((rows, columns), np.int64)  # of a single token, the empty one
        if n > 1:
            context[:, 0], context[:, 1:] = -1, ids[-1][:, :-1]
        known = (context >= 0) & (position < length[:, None])
        unique, place, inverse = np.unique(
            context[known] * size + tokens[known], return_index=True, return_inverse=True
        )
        if not len(unique):
            break
        own = np.full((rows, columns), -1)
        own[known] = inverse
        ids.append(own)
        codes.append(unique)
        counts.append(np.bincount(own[counted & known], minlength=len(unique)).astype(float))
        first.append(np.flatnonzero(known.ravel())[place])
    return KneserNey(_levels(ids, codes, counts, first, size), size)


def _levels(
    ids: Sequence[np.ndarray],
    codes: Sequence[np.ndarray],
    counts: Sequence[np.ndarray],
    first: Sequence[np.ndarray],
    size: int,
) -> list[Level]:
    levels = []
    for n, (unique, plain) in enumerate(zip(codes, counts, strict=True), 1):
        count = plain
        if n < len(codes):  # how many different tokens stood before it
            seen = counts[n] > 0
            varied = np.bincount(ids[n].ravel()[first[n][seen]], minlength=len(unique)).astype(float)
            count = np.where(varied > 0, varied, plain)
        contexts = unique // size
        levels.append(_level(unique, count, contexts, len(codes[n - 2]) if n > 1 else 1))
    return levels


def _level(codes: np.ndarray, count: np.ndarray, contexts: np.ndarray, size: int) -> Level:
    discount = discounts(count)[np.minimum(count, 3).astype(int)]
    total = np.bincount(contexts, count, minlength=size)
    taken = np.bincount(contexts, discount, minlength=size)
    left = np.divide(taken, total, out=np.ones(size), where=total > 0)
    return Level(codes, count - discount, total, left)


def discounts(count: np.ndarray) -> np.ndarray:
    """Return what is taken from counts of 0, 1, 2, and 3 or more (4,): the estimates of Chen & Goodman 1999.

    Half of what could be taken, where too few n-grams have a small count to estimate from, or where the estimate is 0
    or less: nothing would be left for what did not occur, whose probability would be 0.
    """
    half = np.array([0.5, 1.0, 1.5])
    once, twice, thrice, four = (float((count == n).sum()) for n in (1, 2, 3, 4))
    if not (once and twice and thrice and four):
        return np.array([0.0, *half])

    share = once / (once + 2 * twice)
    estimates = np.array(
        [
            1 - 2 * share * twice / once,
            2 - 3 * share * thrice / twice,
            3 - 4 * share * four / thrice,
        ]
    )
    positive = np.where(estimates > 0, np.minimum(estimates, [1.0, 2.0, 3.0]), half)
    return np.array([0.0, *positive])
