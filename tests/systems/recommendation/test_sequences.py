"""Sequences as rows, by hand and as properties."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hallmark.systems.recommendation.reading import sequences

from .conftest import made


def test_what_stood_before_by_hand() -> None:
    user, values = np.array(list("aaabb")), np.array([5, 6, 7, 8, 9])
    position = sequences.positions(user)
    assert position.tolist() == [0, 1, 2, 0, 1]
    assert sequences.earlier(values, position, 2).tolist() == [[0, 0], [0, 5], [5, 6], [0, 0], [0, 8]]


def test_rows_that_are_kept_by_hand() -> None:
    table = pd.DataFrame({"entity": list("aaaaabbb"), "split": ["train"] * 5 + ["test"] * 3})
    kept, counted = sequences.keep(table, length=2, rows_per_user=2)
    assert kept.tolist() == [0, 2, 4, 6, 7]
    assert counted.tolist() == [1, 2, 2, 1, 1]


def test_what_follows_each_position_by_hand() -> None:
    arrays = {
        "items": np.array([[0, 3, 4, 5]]),
        "target.item": np.array([9]),
        "target.counted": np.array([[False, True]]),
    }
    assert sequences.following(arrays).tolist() == [[5, 9]]


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(2, 30), min_size=1, max_size=8), length=st.integers(2, 9))
def test_training_rows_hold_every_next_item_once(lengths: list[int], length: int) -> None:
    rows = [list(range(count)) for count in lengths]
    examples = made(rows, items=30, length=length)
    counted = examples.arrays["target.counted"]
    found = sequences.following(examples.arrays)[counted]
    assert sorted(found.tolist()) == sorted(item + 1 for row in rows for item in row[1:])
    assert (examples.arrays["items"][:, -length:][counted] > 0).all()
