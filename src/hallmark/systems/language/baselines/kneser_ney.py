"""Interpolated Kneser-Ney n-grams with modified discounts, as sorted arrays.

Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling". Symbols:

- c: the count of an n-gram; below the highest order its continuation count N₁₊(·w), the number of different tokens
  that stand before it. An n-gram before which nothing can stand keeps its plain count.
- D(c): the discount that is taken from a count of 1, 2, and 3 or more (D₁, D₂, D₃₊).
- gamma: the share of a context's probability that the discounts leave to the next lower order.

    P(w | context) = (c - D(c)) / Σ c + gamma(context) P(w | context without its first token)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_UNSEEN = -1  # index of an n-gram or a context that training does not have
_HALF_DISCOUNTS = np.array([0.5, 1.0, 1.5])


@dataclass(frozen=True)
class Level:
    """The n-grams of one length, g of them in m contexts. A context is an (n-1)-gram, by its index in the level below.

    codes: (g,), sorted: context times V plus token, so that the n-grams of one context lie together. The context of a
        single token is 0, the empty one.
    discounted_counts: (g,), c - D(c).
    context_counts: (m,), Σ c over the n-grams of each context.
    gamma: (m,), the share of the level below.
    """

    codes: np.ndarray
    discounted_counts: np.ndarray
    context_counts: np.ndarray
    gamma: np.ndarray

    def find(self, contexts: np.ndarray, tokens: np.ndarray, size: int) -> np.ndarray:
        """Return the indices of n-grams (n,), -1 for those never seen or with an unseen context."""
        codes = contexts * size + tokens.astype(np.int64)
        indices = np.searchsorted(self.codes, codes)
        indices[indices == len(self.codes)] = 0
        is_found = (contexts >= 0) & (self.codes[indices] == codes)
        return np.where(is_found, indices, _UNSEEN)

    def has_counts(self, contexts: np.ndarray) -> np.ndarray:
        """Return which contexts (…) training has, with a token that followed."""
        counts = self.context_counts[np.maximum(contexts, 0)]
        return np.asarray((contexts >= 0) & (counts > 0))


@dataclass(frozen=True)
class KneserNey:
    """Probabilities of the next of `size` tokens, V; `levels[n - 1]` has the n-grams."""

    levels: Sequence[Level]
    size: int

    def log_likelihood(self, tokens: np.ndarray) -> np.ndarray:
        """Return (n, T): the log probability of each token given those before it in its row; 0 for the first."""
        rows, length = tokens.shape
        probability = np.full((rows, length - 1), 1 / self.size)
        ngrams = np.zeros((rows, length), np.int64)  # that end at each position: here, the empty one

        for order, level in enumerate(self.levels, 1):
            contexts = _contexts(ngrams, order)
            ngrams = level.find(contexts.ravel(), tokens.ravel(), self.size).reshape(rows, length)
            probability = _interpolate(level, contexts[:, 1:], ngrams[:, 1:], probability)
        return np.concatenate([np.zeros((rows, 1)), np.log(probability)], axis=1)

    def next_probabilities(self, tokens: np.ndarray, length: np.ndarray) -> np.ndarray:
        """Return (n, V): the probability of each token after the first `length` (n,) tokens of each row."""
        probability = np.full((len(tokens), self.size), 1 / self.size)
        for order, level in enumerate(self.levels, 1):
            contexts = self._last_ngrams(tokens, length, order - 1)
            _mix_into(probability, level, contexts)
        return probability

    def _last_ngrams(self, tokens: np.ndarray, length: np.ndarray, order: int) -> np.ndarray:
        """Return the indices (n,) of the n-grams of `order` tokens that end at each row's last token."""
        rows = np.arange(len(tokens))
        ngrams = np.zeros(len(tokens), np.int64)
        for step in range(order):
            position = length - order + step
            longer = self.levels[step].find(ngrams, tokens[rows, np.maximum(position, 0)], self.size)
            ngrams = np.where(position >= 0, longer, _UNSEEN)
        return ngrams


def _contexts(ngrams: np.ndarray, order: int) -> np.ndarray:
    """Return the contexts (n, T) of the n-grams of `order` tokens that end at each position.

    A context is the shorter n-gram, of those in `ngrams` (n, T), that ends one position before.
    """
    contexts = np.zeros(ngrams.shape, np.int64)  # of a single token, the empty one
    if order > 1:
        contexts[:, 0] = _UNSEEN
        contexts[:, 1:] = ngrams[:, :-1]
    return contexts


def _interpolate(level: Level, contexts: np.ndarray, ngrams: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return P(token | context) of the level, given that of the level below, `lower`, all (n, T)."""
    safe_contexts = np.maximum(contexts, 0)
    counts = np.where(ngrams >= 0, level.discounted_counts[ngrams], 0.0)
    higher = counts / np.maximum(level.context_counts[safe_contexts], 1)
    return np.where(level.has_counts(contexts), higher + level.gamma[safe_contexts] * lower, lower)


def _mix_into(probability: np.ndarray, level: Level, contexts: np.ndarray) -> None:
    """Interpolate all tokens' probabilities (n, V) with those of the level after the contexts (n,), in place."""
    size = probability.shape[1]
    rows = np.flatnonzero(level.has_counts(contexts))
    first = np.searchsorted(level.codes, contexts[rows] * size)
    stop = np.searchsorted(level.codes, (contexts[rows] + 1) * size)

    # The n-grams of each row's context, first to stop, one after the other.
    counts = stop - first
    row = np.repeat(rows, counts)
    offset = np.repeat(np.cumsum(counts) - counts - first, counts)
    ngrams = np.arange(len(row)) - offset

    probability[rows] *= level.gamma[contexts[rows], None]
    higher = level.discounted_counts[ngrams] / level.context_counts[contexts[row]]
    probability[row, level.codes[ngrams] % size] += higher


@dataclass(frozen=True)
class _Ngrams:
    """The g n-grams of one length that occur in rows of tokens (n, T), before any smoothing.

    codes: (g,), as in `Level`.
    counts: (g,), how often each ends at a position that counts.
    first_positions: (g,), where each occurs first, in the flattened rows.
    at: (n, T), the index of the n-gram that ends at each position, -1 where there is none.
    """

    codes: np.ndarray
    counts: np.ndarray
    first_positions: np.ndarray
    at: np.ndarray


def fit(tokens: np.ndarray, start: np.ndarray, length: np.ndarray, *, size: int, order: int) -> KneserNey:
    """Count the n-grams, up to `order`, that end at positions `start` to `length` - 1 of the rows of `tokens` (n, T).

    A row before which nothing is known begins with the token that stands between documents, at position 0: n-grams
    that begin with it can have nothing before them, and keep their plain counts in the lower levels.
    """
    ngrams_by_order = _count(tokens.astype(np.int64), start, length, size=size, order=order)

    levels = []
    context_count = 1  # before a single token: the empty one
    longer_ngrams = [*ngrams_by_order[1:], None]
    for ngrams, longer in zip(ngrams_by_order, longer_ngrams, strict=False):
        counts = ngrams.counts if longer is None else _continuation_counts(ngrams, longer)
        levels.append(_smooth(ngrams.codes, counts, ngrams.codes // size, context_count))
        context_count = len(ngrams.codes)
    return KneserNey(levels, size)


def _count(tokens: np.ndarray, start: np.ndarray, length: np.ndarray, *, size: int, order: int) -> list[_Ngrams]:
    """Return the n-grams of 1 to `order` tokens, the shortest first; fewer where no row is as long."""
    position = np.arange(tokens.shape[1])
    is_token = position < length[:, None]
    is_counted = is_token & (position >= start[:, None])

    ngrams_by_order: list[_Ngrams] = []
    at = np.zeros(tokens.shape, np.int64)
    for n in range(1, order + 1):
        contexts = _contexts(at, n)
        is_present = (contexts >= 0) & is_token
        codes = contexts[is_present] * size + tokens[is_present]
        unique, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
        if not len(unique):
            break

        at = np.full(tokens.shape, _UNSEEN)
        at[is_present] = inverse
        counts = np.bincount(at[is_counted & is_present], minlength=len(unique)).astype(float)
        first_positions = np.flatnonzero(is_present.ravel())[first]
        ngrams_by_order.append(_Ngrams(unique, counts, first_positions, at))
    return ngrams_by_order


def _continuation_counts(ngrams: _Ngrams, longer: _Ngrams) -> np.ndarray:
    """Return N₁₊(·w) (g,): how many different tokens stand before each n-gram, by the n-grams one token longer.

    Where nothing can stand before one, its plain count.
    """
    positions = longer.first_positions[longer.counts > 0]
    endings = ngrams.at.ravel()[positions]
    predecessors = np.bincount(endings, minlength=len(ngrams.codes)).astype(float)
    return np.where(predecessors > 0, predecessors, ngrams.counts)


def _smooth(codes: np.ndarray, counts: np.ndarray, contexts: np.ndarray, context_count: int) -> Level:
    """Take the discounts from the counts (g,) and give them to the level below, context by context."""
    discounts = estimate_discounts(counts)[np.minimum(counts, 3).astype(int)]
    context_counts = np.bincount(contexts, counts, minlength=context_count)
    context_discounts = np.bincount(contexts, discounts, minlength=context_count)
    gamma = np.ones(context_count)  # of a context that no token followed
    np.divide(context_discounts, context_counts, out=gamma, where=context_counts > 0)
    return Level(codes, counts - discounts, context_counts, gamma)


def estimate_discounts(counts: np.ndarray) -> np.ndarray:
    """Return D(c) of counts of 0, 1, 2, and 3 or more (4,): the estimates of Chen & Goodman.

    Half of what could be taken, where too few n-grams have a small count to estimate from, or where the estimate is 0
    or less: nothing would be left for what did not occur, whose probability would be 0.
    """
    n1, n2, n3, n4 = (float((counts == count).sum()) for count in (1, 2, 3, 4))  # n-grams of each count
    if not (n1 and n2 and n3 and n4):
        return np.array([0.0, *_HALF_DISCOUNTS])

    y = n1 / (n1 + 2 * n2)
    estimates = np.array(
        [
            1 - 2 * y * n2 / n1,
            2 - 3 * y * n3 / n2,
            3 - 4 * y * n4 / n3,
        ]
    )
    positive = np.where(estimates > 0, np.minimum(estimates, [1.0, 2.0, 3.0]), _HALF_DISCOUNTS)
    return np.array([0.0, *positive])
