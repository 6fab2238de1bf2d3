"""Rankings as answers: the order, ties, the probability of the ten, and what is refused."""

import numpy as np
import pytest

from hallmark import answers
from hallmark.answers.next_item import decoding as ranking

POSTPROCESS = {"kind": "ranking", "temperature": 2.0, "titles": [f"title {number}" for number in range(12)]}


def test_the_ten_best_by_hand() -> None:
    logits = np.zeros((1, 12), np.float32)
    logits[0, 7] = 4.0
    logits[0, 3] = 2.0

    table = answers.decoding("ranking").answer({"logits": logits}, POSTPROCESS)
    assert list(table.columns) == ["prediction", *ranking.numbers(POSTPROCESS)]
    assert table.loc[0, "prediction"] == "title 7"
    assert table[[f"item.{place}" for place in range(1, 11)]].to_numpy().tolist() == [[7, 3, 0, 1, 2, 4, 5, 6, 8, 9]]

    total = np.exp(2) + np.exp(1) + 10
    assert table.loc[0, "probability.1"] == pytest.approx(np.exp(2) / total)
    assert table.loc[0, "probability"] == pytest.approx((total - 2) / total)


def test_equal_items_go_in_the_catalogue_s_order_whatever_is_around() -> None:
    shown = ranking.top_items(np.zeros((3, 40), np.float32))
    assert (shown == np.arange(10)).all()


def test_a_logit_that_is_not_finite_is_named() -> None:
    logits = np.zeros((3, 12), np.float32)
    logits[1, 4] = np.nan
    with pytest.raises(ValueError, match="the logits of row 1 are not all finite"):
        ranking.answer({"logits": logits}, POSTPROCESS)
