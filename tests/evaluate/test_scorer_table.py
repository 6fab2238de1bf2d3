"""The table of scorers: what is measured of whom, and its numbers against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from evaluate.made import QUIET
from known import known
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from hallmark.evaluate.scored_predictions import ScoredPredictions
from hallmark.evaluate.scorer_table import COLUMNS, ScorerRows, compare_scorers, interval

METRICS = ["accuracy", "log_loss", "roc_auc", "average_precision", "sensitivity"]


@pytest.fixture(scope="module")
def scorer_table(rows: ScorerRows) -> pd.DataFrame:
    return compare_scorers(rows, METRICS, positive="fraud", seed=1, progress=QUIET)


def test_slices_are_paired_and_keep_their_numbers(rows: ScorerRows, predicted: ScoredPredictions) -> None:
    model = rows["model", "test"]
    other = rows["half blind", "test"]
    assert (model["id"] == other["id"]).all()
    assert (model["entity"] == other["entity"]).all()

    plain = predicted.of("model", "test").sort_values("id", ignore_index=True)
    assert (model["confidence"] == plain["confidence"]).all()
    assert model["entity"].nunique() == plain["entity"].nunique()


def test_the_model_is_measured_everywhere_and_the_others_where_it_matters(scorer_table: pd.DataFrame) -> None:
    assert scorer_table.columns.tolist() == list(COLUMNS)
    splits = scorer_table.groupby("scorer", sort=False)["split"].unique().map(list).to_dict()
    assert splits == {
        "model": ["train", "validation", "test", "recent"],
        "half blind": ["validation", "test"],
        "descriptors": ["validation", "test"],
    }
    assert (scorer_table.groupby(["scorer", "split"]).size() == len(METRICS)).all()


def test_estimates_agree_with_scikit_learn(scorer_table: pd.DataFrame, rows: ScorerRows) -> None:
    test = rows["model", "test"]
    true = (test["label"] == "fraud").to_numpy()
    p = test["confidence"].to_numpy()
    wanted = {
        "accuracy": ((test["prediction"] == "fraud") == true).mean(),
        "log_loss": log_loss(true, p),
        "roc_auc": roc_auc_score(true, p),
        "average_precision": average_precision_score(true, p),
    }

    for metric, value in wanted.items():
        found = interval(scorer_table, "model", "test", metric)
        assert found.estimate == pytest.approx(value)
        assert known(found.low) < value < known(found.high)
        assert found.n == test["entity"].nunique()


def test_what_cannot_be_estimated_is_none(rows: ScorerRows) -> None:
    genuine = {key: part[part["label"] == "genuine"] for key, part in rows.items()}
    found = compare_scorers(genuine, ["roc_auc", "sensitivity", "accuracy"], positive="fraud", seed=1, progress=QUIET)

    assert interval(found, "model", "test", "roc_auc").estimate is None
    assert interval(found, "model", "test", "sensitivity").estimate is None
    assert np.isfinite(known(interval(found, "model", "test", "accuracy").estimate))
