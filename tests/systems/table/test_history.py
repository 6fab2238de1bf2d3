"""Earlier transactions: hand-computed, against a plain reference, and never a look ahead."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from known import known

from hallmark.systems.table.reading import history
from hallmark.systems.table.reading.history import CURRENT, HISTORY, HOUR, Transactions


def transactions(card: list[int], time: list[float], **more: np.ndarray) -> Transactions:
    n = len(card)
    given: dict[str, np.ndarray] = {
        "amount": np.arange(1.0, n + 1),
        "place": np.arange(n) % 2,
        "categories": np.zeros((n, 0), int),
        **more,
    }
    return Transactions(card=np.array(card), time=np.array(time), **given)


def test_earlier_by_hand() -> None:
    # Card 0 at 0, 1, 1 (the same second: not earlier) and 5; card 1 at 2.
    rows = history.earlier(transactions([0, 0, 0, 0, 1], [0, 1, 1, 5, 2]), 2)
    assert rows.tolist() == [[-1, -1], [-1, 0], [-1, 0], [1, 2], [-1, -1]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=30), st.integers(1, 5))
def test_earlier_is_what_a_loop_finds(pairs: list[tuple[int, int]], length: int) -> None:
    pairs = sorted(pairs)
    found = history.earlier(transactions([c for c, _ in pairs], [float(t) for _, t in pairs]), length)
    for row, (card, time) in enumerate(pairs):
        before = [other for other, (c, t) in enumerate(pairs) if c == card and t < time][-length:]
        assert found[row].tolist() == [-1] * (length - len(before)) + before


def test_sequence_by_hand() -> None:
    t = transactions(
        [0, 0, 0],
        [0.0, HOUR, 3 * HOUR],
        categories=np.array([[5], [6], [5]]),
        position=np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]),
        home=np.array([[0.0, 0.0]] * 3),
    )
    rows = history.earlier(t, 3)
    sequence = history.sequence(t, rows)

    assert sequence.shape == (3, 3, len(HISTORY) + 3)
    assert sequence.dtype == np.float32
    assert not sequence[0].any()
    assert not sequence[2, 0].any()

    last = sequence[2, 2]  # the second transaction, seen from the third: two hours ago, 5 km off
    wanted = [1, np.log(3), np.log(3), np.sin(np.pi / 12), np.cos(np.pi / 12), 0, 0, np.log(6), np.log(6)]
    np.testing.assert_allclose(last, wanted, rtol=1e-6)

    first = sequence[2, 1]
    np.testing.assert_allclose(first[[1, 2, 5, 6, 7]], [np.log(4), np.log(2), 1, 1, 0], rtol=1e-6)


def test_present_by_hand() -> None:
    t = transactions([0, 0], [0.0, 6 * HOUR], position=np.array([[0.0, 0.0], [3.0, 4.0]]))
    current = history.present(t, history.earlier(t, 2))
    assert current.shape == (2, len(CURRENT) + 1)
    np.testing.assert_allclose(current[0, [0, 1, 6]], [np.log(2), np.log1p(history.LONGEST), 0], rtol=1e-6)
    np.testing.assert_allclose(current[1, [0, 1, 2, 6]], [np.log(3), np.log(7), 1, np.log(6)], rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 39), st.integers(0, 2**32 - 1))
def test_what_comes_later_changes_nothing(cut: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    time = np.sort(generator.integers(0, 30, 40)) * HOUR
    card = np.zeros(40, int)
    before = transactions(list(card), list(time), position=generator.normal(size=(40, 2)))
    later = time >= time[cut]
    after = Transactions(
        card=before.card,
        time=np.where(later, before.time + 5 * HOUR, before.time),
        amount=np.where(later, 99.0, before.amount),
        place=np.where(later, 7, before.place),
        categories=before.categories,
        position=np.where(later[:, None], 1e3, known(before.position)),
    )

    for function in (history.sequence, history.present):
        one, other = (function(t, history.earlier(t, 4)) for t in (before, after))
        np.testing.assert_array_equal(one[~later], other[~later])
