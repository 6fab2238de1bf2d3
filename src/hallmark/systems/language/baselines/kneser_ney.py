"""Interpolated Kneser-Ney n-grams with modified discounts, as sorted arrays.

Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling". Symbols:

- c: the count of an n-gram. Below the highest order, it is the continuation count N₁₊(·w): the
  number of different tokens that occur before the n-gram w. An n-gram that begins a document has no
  token before it and keeps its plain count.
- D(c): the discount, which is subtracted from a count of 1, 2, and 3 or more (D₁, D₂, D₃₊).
- gamma: the probability that the discounts free in a context, and that goes to the next lower
  order.

    P(w | context) = (c - D(c)) / Σ c + gamma(context) P(w | context without its first token)

An n-gram, and a context of n - 1 tokens, is represented by its index in the sorted table of its
length. V is the size of the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_UNSEEN = -1  # the index of an n-gram or a context that does not occur in training
_HALF_DISCOUNTS = np.array([0.5, 1.0, 1.5])  # half of the counts 1, 2 and 3


@dataclass(frozen=True)
class Level:
    """The g n-grams of one length, in m contexts: the table from which probabilities are read.

    codes: (g,), sorted: index of the context · V + last token, so that the n-grams of one context
        are neighbours. A context is an n-gram of the level below; that of a single token is the
        empty one, index 0.
    discounted_counts: (g,), c - D(c).
    context_counts: (m,), Σ c over the n-grams of each context.
    gamma: (m,), as above.
    """

    codes: np.ndarray
    discounted_counts: np.ndarray
    context_counts: np.ndarray
    gamma: np.ndarray

    def find(self, contexts: np.ndarray, tokens: np.ndarray, size: int) -> np.ndarray:
        """Return the index of each n-gram (n,), -1 if it does not occur in training.

        An n-gram is its context's index (n,), which may be -1, and its last token (n,). `size` is
        V.
        """
        codes = contexts * size + tokens.astype(np.int64)
        indices = np.searchsorted(self.codes, codes)
        indices[indices == len(self.codes)] = 0  # beyond the last: compared below, and not found
        is_found = (contexts >= 0) & (self.codes[indices] == codes)
        return np.where(is_found, indices, _UNSEEN)

    def has_counts(self, contexts: np.ndarray) -> np.ndarray:
        """Return which contexts (…), by index, occur in training with a token after them."""
        counts = self.context_counts[np.maximum(contexts, 0)]
        return np.asarray((contexts >= 0) & (counts > 0))


@dataclass(frozen=True)
class KneserNey:
    """The fitted model. `levels[n - 1]` has the n-grams of n tokens; `size` is V."""

    levels: Sequence[Level]
    size: int

    def log_likelihood(self, tokens: np.ndarray) -> np.ndarray:
        """Return (n, T): the log probability of each token given those before it in its row.

        `tokens` is (n, T), from the first to the last. The first of each row gets 0.
        """
        rows, length = tokens.shape
        probability = np.full((rows, length - 1), 1 / self.size)
        # The n-gram that ends at each position, by index: at first the empty one.
        ngrams = np.zeros((rows, length), np.int64)

        for order, level in enumerate(self.levels, 1):
            contexts = _contexts(ngrams, order)
            ngrams = level.find(contexts.ravel(), tokens.ravel(), self.size).reshape(rows, length)
            probability = _interpolate(level, contexts[:, 1:], ngrams[:, 1:], probability)
        return np.concatenate([np.zeros((rows, 1)), np.log(probability)], axis=1)

    def next_probabilities(self, tokens: np.ndarray, length: np.ndarray) -> np.ndarray:
        """Return (n, V): the probability that each token of the vocabulary comes next in each row.

        "Next" is after the first `length` (n,) tokens of a row; the others are ignored.
        """
        probability = np.full((len(tokens), self.size), 1 / self.size)
        for order, level in enumerate(self.levels, 1):
            contexts = self._last_ngrams(tokens, length, order - 1)
            _mix_into(probability, level, contexts)
        return probability

    def _last_ngrams(self, tokens: np.ndarray, length: np.ndarray, order: int) -> np.ndarray:
        """Return the index (n,) of the n-gram of `order` tokens that ends at each row's last token.

        It is -1 if the row is shorter, or the n-gram does not occur in training.
        """
        rows = np.arange(len(tokens))
        ngrams = np.zeros(len(tokens), np.int64)
        for step in range(order):
            position = length - order + step
            longer = self.levels[step].find(ngrams, tokens[rows, np.maximum(position, 0)], self.size)
            ngrams = np.where(position >= 0, longer, _UNSEEN)
        return ngrams


def _contexts(ngrams: np.ndarray, order: int) -> np.ndarray:
    """Return the context (n, T) of the n-gram of `order` tokens that ends at each position.

    `ngrams` (n, T) are the n-grams of `order` - 1 tokens that end at each position: the context is
    the one that ends one position before.
    """
    contexts = np.zeros(ngrams.shape, np.int64)  # the empty context, of a single token
    if order > 1:
        contexts[:, 0] = _UNSEEN
        contexts[:, 1:] = ngrams[:, :-1]
    return contexts


def _interpolate(
    level: Level,
    contexts: np.ndarray,
    ngrams: np.ndarray,
    lower: np.ndarray,
) -> np.ndarray:
    """Return P(token | context) by one level, given `lower`, that by the level below.

    All arrays are (n, T - 1): a row's tokens without the first. Where the context does not occur in
    training, the result is `lower`.
    """
    safe_contexts = np.maximum(contexts, 0)
    discounted_counts = np.where(ngrams >= 0, level.discounted_counts[ngrams], 0.0)
    higher = discounted_counts / np.maximum(level.context_counts[safe_contexts], 1)
    interpolated = higher + level.gamma[safe_contexts] * lower
    return np.where(level.has_counts(contexts), interpolated, lower)


def _mix_into(probability: np.ndarray, level: Level, contexts: np.ndarray) -> None:
    """Interpolate the probabilities of all tokens with those of one level, in place.

    `probability` (n, V) is by the levels below; `contexts` (n,) are indices. Rows whose context
    does not occur in training stay as they are.
    """
    size = probability.shape[1]
    rows = np.flatnonzero(level.has_counts(contexts))
    first = np.searchsorted(level.codes, contexts[rows] * size)
    stop = np.searchsorted(level.codes, (contexts[rows] + 1) * size)

    # List the n-grams of each row's context, from first to stop - 1, for one row after the other.
    ngram_counts = stop - first
    row = np.repeat(rows, ngram_counts)
    list_start = np.cumsum(ngram_counts) - ngram_counts
    ngrams = np.arange(len(row)) - np.repeat(list_start - first, ngram_counts)

    probability[rows] *= level.gamma[contexts[rows], None]
    higher = level.discounted_counts[ngrams] / level.context_counts[contexts[row]]
    probability[row, level.codes[ngrams] % size] += higher


@dataclass(frozen=True)
class _Ngrams:
    """The g n-grams of one length that occur in rows of tokens (n, T), before any smoothing.

    codes: (g,), as in `Level`.
    counts: (g,), how often each ends at a scored position.
    first_positions: (g,), where each ends first: row · T + position.
    index_at: (n, T), the index of the n-gram that ends at each position, -1 where none of this
        length does.
    """

    codes: np.ndarray
    counts: np.ndarray
    first_positions: np.ndarray
    index_at: np.ndarray


def fit(
    tokens: np.ndarray,
    start: np.ndarray,
    length: np.ndarray,
    *,
    size: int,
    order: int,
) -> KneserNey:
    """Fit n-grams of 1 to `order` tokens to the rows of `tokens` (n, T).

    Those that end at positions `start` (n,) to `length` - 1 (n,) of a row are counted: the scored
    positions. Tokens before `start` are context. `size` is V.

    The first row of a document begins, at position 0, with the token that separates documents. No
    token can come before n-grams that begin with it, so they keep their plain counts in the lower
    levels.
    """
    ngrams_by_order = _count(tokens.astype(np.int64), start, length, size=size, order=order)

    levels = []
    context_count = 1  # of single tokens: the empty context
    longer_ngrams = [*ngrams_by_order[1:], None]  # for each length, those of one token more
    for ngrams, longer in zip(ngrams_by_order, longer_ngrams, strict=False):
        counts = ngrams.counts if longer is None else _continuation_counts(ngrams, longer)
        levels.append(_smooth(ngrams.codes, counts, ngrams.codes // size, context_count))
        context_count = len(ngrams.codes)
    return KneserNey(levels, size)


def _count(
    tokens: np.ndarray,
    start: np.ndarray,
    length: np.ndarray,
    *,
    size: int,
    order: int,
) -> list[_Ngrams]:
    """Return the n-grams of 1 to `order` tokens, by length; fewer if no row is as long."""
    position = np.arange(tokens.shape[1])
    is_token = position < length[:, None]
    is_scored = is_token & (position >= start[:, None])

    ngrams_by_order: list[_Ngrams] = []
    index_at = np.zeros(tokens.shape, np.int64)
    for n in range(1, order + 1):
        contexts = _contexts(index_at, n)
        is_present = (contexts >= 0) & is_token
        codes = contexts[is_present] * size + tokens[is_present]
        unique_codes, first_occurrences, inverse = np.unique(
            codes,
            return_index=True,
            return_inverse=True,
        )
        if not len(unique_codes):
            break

        index_at = np.full(tokens.shape, _UNSEEN)
        index_at[is_present] = inverse
        scored_indices = index_at[is_scored & is_present]
        counts = np.bincount(scored_indices, minlength=len(unique_codes)).astype(float)
        first_positions = np.flatnonzero(is_present.ravel())[first_occurrences]
        ngrams_by_order.append(_Ngrams(unique_codes, counts, first_positions, index_at))
    return ngrams_by_order


def _continuation_counts(ngrams: _Ngrams, longer: _Ngrams) -> np.ndarray:
    """Return N₁₊(·w) (g,): how many different tokens occur before each n-gram.

    Each counted n-gram in `longer`, which has one token more, is one of them. An n-gram with none
    before it keeps its plain count.
    """
    positions = longer.first_positions[longer.counts > 0]
    endings = ngrams.index_at.ravel()[positions]  # each longer n-gram without its first token
    predecessors = np.bincount(endings, minlength=len(ngrams.codes)).astype(float)
    return np.where(predecessors > 0, predecessors, ngrams.counts)


def _smooth(codes: np.ndarray, counts: np.ndarray, contexts: np.ndarray, context_count: int) -> Level:
    """Return the level of g n-grams: subtract the discounts, and give their sum to the level below.

    `counts` are c (g,), and `contexts` (g,) the index of each n-gram's context, below
    `context_count`.
    """
    discounts = estimate_discounts(counts)[np.minimum(counts, 3).astype(int)]
    context_counts = np.bincount(contexts, counts, minlength=context_count)
    context_discounts = np.bincount(contexts, discounts, minlength=context_count)

    # A context without a token after it leaves all probability to the level below.
    gamma = np.ones(context_count)
    np.divide(context_discounts, context_counts, out=gamma, where=context_counts > 0)
    return Level(codes, counts - discounts, context_counts, gamma)


def estimate_discounts(counts: np.ndarray) -> np.ndarray:
    """Return D(c) for counts of 0, 1, 2, and 3 or more, (4,), as Chen & Goodman estimate it.

    An estimate above its count becomes the count. An estimate of 0 or less becomes half of the
    count: without a discount, n-grams that do not occur would have probability 0. If no n-gram has
    one of the counts 1 to 4, nothing can be estimated, and all discounts are half of the count.
    """
    # How many n-grams have each count.
    n1, n2, n3, n4 = (float((counts == count).sum()) for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return np.array([0.0, *_HALF_DISCOUNTS])

    y = n1 / (n1 + 2 * n2)  # Y of Chen & Goodman
    estimates = np.array(
        [
            1 - 2 * y * n2 / n1,
            2 - 3 * y * n3 / n2,
            3 - 4 * y * n4 / n3,
        ]
    )
    at_most_count = np.minimum(estimates, [1.0, 2.0, 3.0])
    discounts = np.where(estimates > 0, at_most_count, _HALF_DISCOUNTS)
    return np.array([0.0, *discounts])
