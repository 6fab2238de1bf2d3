"""Predictions of every scorer on every split, and of the descriptors alone."""

import numpy as np
import pandas as pd
import pytest
from evaluate.made import DECISION, QUIET, Scoring, fit, fitted, made, scored, seeing
from known import known

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.evaluate import descriptor_baseline as descriptors
from hallmark.evaluate.scored_predictions import ScoredPredictions, fit_scorers, score_splits, split_examples


def test_every_scorer_is_scored_on_every_split(cards: Examples, predicted: ScoredPredictions) -> None:
    table = predicted.table
    size = cards.table["split"].value_counts().to_dict() | {"train": 200}
    assert table.groupby(["scorer", "split"]).size().to_dict() == {
        (scorer, split): n for scorer in ("model", "half blind", "descriptors") for split, n in size.items()
    }
    wanted = ["scorer", "id", "split", "entity", "time", "group.region", "label", "prediction", "confidence"]
    assert table.columns[: len(wanted)].tolist() == wanted
    assert table.filter(regex="score|weight").notna().all(axis=None)


def test_rows_belong_to_their_examples(cards: Examples, predicted: ScoredPredictions) -> None:
    found = predicted.table.merge(cards.table, on="id", suffixes=("", ".true"))
    assert len(found) == len(predicted.table)
    assert (found["label"] == found["label.true"]).all()
    assert (found["entity"] == found["entity.true"]).all()

    right = (found["prediction"] == found["label.true"]).to_numpy()
    assert (found["score.accuracy"].to_numpy() == right).all()


def test_baselines_are_calibrated_as_the_model_is(cards: Examples, predicted: ScoredPredictions) -> None:
    assert predicted.postprocess["half blind"] == fitted(cards, seeing(0.5))
    assert predicted.postprocess["half blind"] != predicted.postprocess["model"]


def test_the_model_keeps_the_postprocessing_of_its_package(cards: Examples) -> None:
    mine = fitted(cards, seeing(1.0)) | {"threshold": 0.0}
    split = split_examples(cards, max_train_rows=9, seed=1)
    scorers = {"model": seeing(1.0), "rule": seeing(0.0)}
    found = score_splits(split, scorers, Scoring, model_postprocess=mine, decision=DECISION, progress=QUIET)
    assert (found.of("model", "test")["prediction"] == "fraud").all()
    assert set(found.milliseconds) == set(found.outputs) == {"model", "rule"}


def test_the_training_sample_depends_on_the_seed_alone(cards: Examples) -> None:
    one, same, other = (split_examples(cards, max_train_rows=50, seed=seed)["train"].table["id"] for seed in (1, 1, 2))
    assert one.tolist() == same.tolist() != other.tolist()
    assert len(split_examples(cards, max_train_rows=10_000, seed=1)["train"]) == (cards.table["split"] == "train").sum()


def test_a_split_that_is_not_there_is_left_out(cards: Examples) -> None:
    without = cards.take((cards.table["split"] != "recent").to_numpy())
    assert list(split_examples(without, max_train_rows=5, seed=1)) == ["train", "validation", "test"]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_nothing_is_evaluated_without(cards: Examples, split: str) -> None:
    with pytest.raises(InputError, match=f"the {split} split is empty"):
        split_examples(cards.take((cards.table["split"] != split).to_numpy()), max_train_rows=5, seed=1)


def test_the_model_comes_first_and_the_descriptors_last(cards: Examples) -> None:
    scorers = fit_scorers(cards, seeing(1.0), fit, seed=1, progress=QUIET)
    assert list(scorers) == ["model", "rule", "half blind", descriptors.NAME]


def test_two_runs_give_the_same_table(cards: Examples, predicted: ScoredPredictions) -> None:
    again = scored(cards, {"model": seeing(1.0), "half blind": seeing(0.5), "descriptors": seeing(0.0)})
    pd.testing.assert_frame_equal(again.table, predicted.table, check_exact=True)


class TestDescriptors:
    def test_finds_what_gives_the_label_away(self, cards: Examples) -> None:
        given = cards.table.assign(**{"descriptor.leak": (cards.table["label"] == "fraud").astype(float)})
        leaking = Examples(given, cards.arrays, cards.labels)
        predict = known(descriptors.fit(leaking.split("train"), seed=1))

        test = leaking.split("test")
        assert (predict(test)["logits"].argmax(axis=1) == test.targets()).all()

    def test_is_none_where_nothing_can_be_learnt(self, cards: Examples) -> None:
        bare = Examples(cards.table.drop(columns="descriptor.amount"), cards.arrays, cards.labels)
        assert descriptors.fit(bare.split("train"), seed=1) is None
        assert descriptors.fit(cards.take((cards.table["label"] == "fraud").to_numpy()), seed=1) is None

    def test_a_class_that_training_lacks_is_unlikely_and_finite(self) -> None:
        three = made(("a", "b", "c"))
        train = three.take((three.table["label"] != "b").to_numpy())
        predict = known(descriptors.fit(train, seed=1))

        logits = predict(three)["logits"]
        assert logits.shape == (len(three), 3)
        assert np.isfinite(logits).all()
        assert (logits[:, 1] < logits[:, [0, 2]].max(axis=1)).all()

    def test_the_same_seed_gives_the_same_bytes(self, cards: Examples) -> None:
        one, two = (known(descriptors.fit(cards.split("train"), seed=3)) for _ in range(2))
        assert one(cards)["logits"].tobytes() == two(cards)["logits"].tobytes()
