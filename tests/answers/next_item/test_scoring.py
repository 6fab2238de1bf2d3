"""Scores by hand and against scikit-learn, with ties; the temperature; and that everything is ranked."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from hallmark.answers.next_item import scoring
from hallmark.contracts.decisions import Decision
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError


def asked(true: list[int], items: int = 30) -> Examples:
    table = pd.DataFrame({"id": [str(row) for row in range(len(true))]})
    encoding = {"items": list(range(items)), "titles": [f"t{n}" for n in range(items)]}
    return Examples(table, {"target.item": np.array(true, np.int32) + 1}, encoding=encoding)


POSTPROCESS = {"kind": "ranking", "temperature": 1.0, "titles": [f"t{n}" for n in range(30)]}


def scores(logits: np.ndarray, true: list[int]) -> pd.DataFrame:
    return scoring.score({"logits": logits}, asked(true), postprocess=POSTPROCESS, decision=Decision(mistake=2.0))


def test_scores_by_hand() -> None:
    logits = np.tile(-np.arange(30.0), (3, 1))
    table = scores(logits, [0, 2, 10])
    assert table["score.ndcg_at_10"].tolist() == pytest.approx([1, 1 / 2, 0])  # 1 / log2(1 + rank)
    assert table["score.recall_at_10"].tolist() == [1, 1, 0]
    assert table["score.reciprocal_rank"].tolist() == pytest.approx([1, 1 / 3, 1 / 11])
    assert table["mistake"].tolist() == [False, False, True]
    assert table["score.cost"].tolist() == [0, 0, 2]
    assert table["score.log_loss"].tolist() == pytest.approx(
        [n + np.log(np.exp(-np.arange(30.0)).sum()) for n in (0, 2, 10)]
    )
    assert table["prediction"].tolist() == ["t0"] * 3
    assert table[[f"item.{place}" for place in range(1, 11)]].to_numpy().tolist() == [list(range(10))] * 3
    assert table["true.item"].tolist() == [0, 2, 10]
    assert table["probability.2"].tolist() == pytest.approx([np.exp(-1) / np.exp(-np.arange(30.0)).sum()] * 3)
    assert (table["certainty"] == table["confidence"]).all()
    assert (table.filter(like="weight.") == 1).all(axis=None)


def test_a_method_that_cannot_tell_items_apart_gains_nothing_by_their_order() -> None:
    table = scores(np.zeros((2, 30)), [0, 29])
    expected = (1 / np.log2(np.arange(2, 12))).sum() / 30
    assert table["score.ndcg_at_10"].tolist() == pytest.approx([expected] * 2)
    assert table["score.recall_at_10"].tolist() == pytest.approx([1 / 3] * 2)
    assert table["mistake"].tolist() == [False, True]  # what is shown are still ten certain items


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_ndcg_is_scikit_learn_s_with_ties_and_without(seed: int, levels: int) -> None:
    generator = np.random.default_rng(seed)
    logits = generator.integers(0, levels * 5, (6, 30)).astype(float)
    true = generator.integers(0, 30, 6)
    wanted = [ndcg_score(np.eye(30)[[t]], row[None], k=10) for t, row in zip(true, logits, strict=True)]
    np.testing.assert_allclose(scoring.ndcg_at_10(logits, true), wanted, atol=1e-12)


def test_the_temperature_undoes_a_scale() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (4000, 30))
    true = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)
    found = scoring.fit_postprocess({"logits": 3 * logits}, asked(true.tolist()), decision=Decision())
    assert found["temperature"] == pytest.approx(3, rel=0.05)
    assert found["kind"] == "ranking"


def test_logits_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="logits of row 1 are not all finite"):
        scores(np.array([[0.0] * 30, [np.inf] * 30]), [0, 1])
