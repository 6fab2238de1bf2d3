from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hallmark.systems.language.baselines import kneser_ney

Counts = list[dict[tuple[int, ...], int]]


class Plain:
    """The same model in dictionaries, as Chen & Goodman 1999 write it: slow and readable."""

    def __init__(self, texts: list[list[int]], size: int, order: int) -> None:
        """`texts` begin with the token `size` - 1, which is context alone."""
        self.size, self.order = size, order
        spans = [tuple(text[max(0, at - n + 1) : at + 1]) for n in range(1, order + 1) for text in texts
                 for at in range(1, len(text)) if at - n + 1 >= 0]  # fmt: skip
        raw = Counter(spans)
        self.counts: Counts = [{} for _ in range(order)]
        for gram, count in raw.items():
            before = {longer[0] for longer in raw if len(longer) == len(gram) + 1 and longer[1:] == gram}
            lower = len(gram) < order and before
            self.counts[len(gram) - 1][gram] = len(before) if lower else count
        self.discounts = [self._discounts(list(level.values())) for level in self.counts]

    @staticmethod
    def _discounts(counts: list[int]) -> list[float]:
        n = [counts.count(c) for c in (1, 2, 3, 4)]
        if not all(n):
            return [0.0, 0.5, 1.0, 1.5]
        y = n[0] / (n[0] + 2 * n[1])
        found = [1 - 2 * y * n[1] / n[0], 2 - 3 * y * n[2] / n[1], 3 - 4 * y * n[3] / n[2]]
        return [0.0, *(min(d, float(top)) if d > 0 else top / 2 for d, top in zip(found, (1, 2, 3), strict=True))]

    def probability(self, context: tuple[int, ...], token: int) -> float:
        context = context[max(0, len(context) - self.order + 1) :]
        lower = self.probability(context[1:], token) if context else 1 / self.size
        level, discount = self.counts[len(context)], self.discounts[len(context)]
        own = {gram[-1]: count for gram, count in level.items() if gram[:-1] == context}
        total = sum(own.values())
        if not total:
            return lower
        left = sum(discount[min(count, 3)] for count in own.values()) / total
        count = own.get(token, 0)
        return (count - discount[min(count, 3)]) / total + left * lower


def _rows(texts: list[list[int]], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    longest = max(map(len, texts))
    rows = np.array([text + [size - 1] * (longest - len(text)) for text in texts], np.int32)
    return rows, np.ones(len(texts), np.int32), np.array([len(text) for text in texts], np.int32)


texts = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=14).map(lambda t: [4, *t]), min_size=1, max_size=4)


@settings(deadline=None, max_examples=40)
@given(texts, texts, st.integers(1, 4))
@example([[4, 0, 1, 0, 1, 0, 2, 0, 1], [4, 2, 0, 2, 0, 2, 0, 1]], [[4, 2, 1]], 2)  # an estimated discount below 0
def test_arrays_give_what_dictionaries_give(train: list[list[int]], other: list[list[int]], order: int) -> None:
    fitted, plain = kneser_ney.fit(*_rows(train, 5), size=5, order=order), Plain(train, 5, order)
    tokens, _, length = _rows(other, 5)
    given, following = fitted.log_likelihood(tokens), fitted.next_probabilities(tokens, length)
    for row, text in enumerate(other):
        expected = [plain.probability(tuple(text[:at]), text[at]) for at in range(1, len(text))]
        assert np.exp(given[row, 1 : len(text)]) == pytest.approx(expected, rel=1e-9)
        after = [plain.probability(tuple(text), token) for token in range(5)]
        assert following[row] == pytest.approx(after, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(texts, texts, st.integers(1, 5))
def test_probabilities_sum_to_one(train: list[list[int]], other: list[list[int]], order: int) -> None:
    fitted = kneser_ney.fit(*_rows(train, 5), size=5, order=order)
    tokens, _, length = _rows(other, 5)
    following = fitted.next_probabilities(tokens, length)
    assert following.sum(axis=1) == pytest.approx(np.ones(len(other)))
    assert (following > 0).all()


def test_a_case_by_hand() -> None:
    # After the start 4: 0 1 0 1 0 2. Too few for estimated discounts, so D1, D2, D3 are 0.5, 1, 1.5.
    fitted = kneser_ney.fit(*_rows([[4, 0, 1, 0, 1, 0, 2]], 5), size=5, order=2)
    # Unigrams count what stood before them: 0 after 4 and 1: 2; 1 and 2 after 0 alone: 1 each; in all 4.
    unigram = np.array([2 - 1, 1 - 0.5, 1 - 0.5, 0, 0]) / 4 + (1 + 0.5 + 0.5) / 4 / 5
    # Bigrams after 0: 01 twice, 02 once.
    after_0 = np.array([0, 2 - 1, 1 - 0.5, 0, 0]) / 3 + (1 + 0.5) / 3 * unigram
    found = fitted.next_probabilities(np.array([[4, 0], [4, 2]]), np.array([2, 2]))
    assert found[0] == pytest.approx(after_0)
    assert found[1] == pytest.approx(unigram)  # nothing ever followed 2
    assert np.exp(fitted.log_likelihood(np.array([[4, 0, 1]]))[0, 2]) == pytest.approx(after_0[1])


def test_discounts_are_chen_and_goodmans() -> None:
    counts = np.repeat([1.0, 2.0, 3.0, 4.0, 9.0], [8, 4, 2, 1, 3])
    assert kneser_ney.estimate_discounts(counts) == pytest.approx(
        [0, 1 - 2 * 0.5 * 4 / 8, 2 - 3 * 0.5 * 2 / 4, 3 - 4 * 0.5 / 2]
    )


def test_context_of_an_overlap_is_seen_and_not_counted() -> None:
    whole = kneser_ney.fit(*_rows([[4, 0, 1, 2, 0, 1, 3]], 5), size=5, order=3)
    tokens = np.array([[4, 0, 1, 2, 0], [1, 2, 0, 1, 3]], np.int32)
    cut = kneser_ney.fit(tokens, np.array([1, 3]), np.array([5, 5]), size=5, order=3)
    every = np.array(list(product(range(5), repeat=3)))
    np.testing.assert_allclose(
        cut.next_probabilities(every, np.full(125, 3)), whole.next_probabilities(every, np.full(125, 3)), rtol=1e-12
    )
