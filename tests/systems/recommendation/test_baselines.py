"""The baselines: counts by hand, that tuning finds what is planted, and that nobody is shown what they had."""

import numpy as np
import pytest
from scipy import sparse

from hallmark.answers.next_item import scoring
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.recommendation import baselines
from hallmark.systems.recommendation.baselines import neighbours
from hallmark.systems.recommendation.baselines.neighbours import Similarity

from .conftest import made


def near(how: Similarity, sequences: list[list[int]], items: int = 12) -> np.ndarray:
    return neighbours.similarity_matrix(neighbours.read_interactions(made(sequences, items=items)), how)


def test_training_rows_give_each_interaction_once() -> None:
    rows = [[0, 1, 2, 3, 4, 5, 6, 7, 8], [3, 4]]
    known = neighbours.read_interactions(made(rows, length=4))
    assert known.user.tolist() == [0] * 9 + [1] * 2
    assert known.item.tolist() == [*range(9), 3, 4]
    assert known.time.tolist() == [86_400.0 * day for day in [*range(9), 0, 1]]


def test_popularity_by_hand() -> None:
    known = neighbours.read_interactions(made([[0, 1], [0, 1], [2, 0]]))
    forever = neighbours.popularity(known, np.inf)
    np.testing.assert_allclose(forever[:4] * 7, np.array([3, 2, 1, 0]) + 1 / 12)
    daily = neighbours.popularity(known, 1.0)  # what came on day 0 counts half of what came on day 1
    np.testing.assert_allclose(daily[:3] * 5.5, np.array([2, 2, 0.5]) + 1 / 12)


def test_cosine_with_shrinkage_by_hand() -> None:
    rows = [[0, 1], [0, 1], [0, 2]]
    found = near(Similarity(reach=0, fading=1.0, shrinkage=2.0, direction=0.5, neighbours=0), rows)
    assert found[0, 1] == pytest.approx(2 / (np.sqrt(3 * 2) + 2))
    assert found[1, 0] == found[0, 1]
    assert not found.diagonal().any()
    nearest = near(Similarity(reach=0, fading=1.0, shrinkage=2.0, direction=0.5, neighbours=1), rows)
    assert np.flatnonzero(nearest[0]).tolist() == [1]


def test_transitions_by_hand() -> None:
    found = near(Similarity(reach=2, fading=0.5, shrinkage=0.0, direction=1.0, neighbours=0), [[0, 1, 2], [0, 2]])
    assert found[0, 1] == pytest.approx(1 / 2)  # one of the two who had 0 had 1 next
    assert found[0, 2] == pytest.approx((1 + 0.5) / 2)
    assert found[2, 0] == 0


def test_a_history_fades_by_hand() -> None:
    weights = neighbours.weigh_histories(np.array([[0, 3, 1, 2]]), 5, 1.0)
    assert isinstance(weights, sparse.csr_matrix)
    np.testing.assert_allclose(weights.toarray(), [[0.5, 1.0, 0.25, 0, 0]])


def quality(examples: Examples, outputs: dict[str, np.ndarray]) -> float:
    true = np.asarray(examples.arrays["target.item"]) - 1
    return float(scoring.ndcg_at_10(outputs["logits"], true).mean())


def test_they_rank_all_that_the_user_has_not_had_and_beat_the_rule(prepared: Examples) -> None:
    fitted, test = baselines.fit(prepared.split("train"), seed=1), prepared.split("test")
    assert list(fitted) == ["rule", "popularity", "item neighbours", "transitions"]
    found = {name: predict(test) for name, predict in fitted.items()}
    history = test.arrays["items"]
    for outputs in found.values():
        logits = outputs["logits"]
        assert logits.dtype == np.float32
        assert np.isfinite(logits).all()
        for row, had in zip(logits, history, strict=True):
            assert set(np.flatnonzero(row == baselines.MASKED_LOGIT) + 1) == set(had[had > 0])
        assert (np.sort(logits, axis=1)[:, ::-1][:, :10] > baselines.MASKED_LOGIT).all()
    qualities = {name: quality(test, outputs) for name, outputs in found.items()}
    assert qualities["item neighbours"] > qualities["rule"] + 0.05
    assert qualities["transitions"] > qualities["rule"] + 0.05


def test_one_training_user_is_too_few_to_tune_on() -> None:
    with pytest.raises(InputError, match="the training split has 1 user: two are needed, one of them to tune"):
        baselines.fit(made([[0, 1, 2, 3]]), seed=1)
    assert "transitions" in baselines.fit(made([[0, 1, 2, 3], [1, 2, 3]]), seed=1)


def test_tuning_finds_that_old_choices_mislead() -> None:
    """At first forty users chose item 0, 79 days later thirty item 9: popularity has to fade, and the rule is stuck."""
    examples = made([[10, first] for first in ([0] * 40 + [9] * 30)], items=12)
    late = examples.table.assign(time=np.where(np.arange(70) < 40, 86_400.0, 86_400.0 * 80))
    examples = Examples(late, examples.arrays, encoding=examples.encoding)
    fitted = baselines.fit(examples, seed=1)
    first = {name: int(fitted[name](examples)["logits"][0].argmax()) for name in ("rule", "popularity")}
    assert first == {"rule": 0, "popularity": 9}


def test_where_items_recur_they_are_ranked_too() -> None:
    rows = [[0, 1, 0, 1, 0, 1] for _ in range(20)]
    examples = made(rows, repeats=True)
    logits = baselines.fit(examples, seed=1)["transitions"](examples)["logits"]
    assert (logits.argmax(axis=1) == examples.arrays["target.item"] - 1).all()
