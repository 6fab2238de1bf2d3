"""ROC AUC and average precision: against scikit-learn, DeLong's variance and finite differences."""

from typing import Protocol

import numpy as np
import pytest
from known import known
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from hallmark.metrics.statistics.influence import InfluenceEstimate
from hallmark.metrics.statistics.rank_areas import average_precision, dense_ranks, roc_auc

from .conftest import Scored


class Area(Protocol):
    """An area under a curve of ranked rows."""

    def __call__(
        self,
        ranks: np.ndarray,
        positive: np.ndarray,
        weights: np.ndarray,
        codes: np.ndarray,
        *,
        entity_count: int,
    ) -> InfluenceEstimate | None: ...


BOTH = pytest.mark.parametrize("statistic", [roc_auc, average_precision])


def test_values_are_those_of_scikit_learn_with_ties_and_weights(scored: Scored) -> None:
    arguments = dense_ranks(scored.scores), scored.positive, scored.weights, scored.codes
    area = known(roc_auc(*arguments, entity_count=scored.size))
    precision = known(average_precision(*arguments, entity_count=scored.size))

    columns = {"y_true": scored.positive, "y_score": scored.scores, "sample_weight": scored.weights}
    assert area.estimate.value == pytest.approx(roc_auc_score(**columns))
    assert precision.estimate.value == pytest.approx(average_precision_score(**columns))


def test_variance_of_independent_rows_is_delongs() -> None:
    """DeLong: the variance of the positives' placements / their number, and the same of the negatives."""
    generator = np.random.default_rng(1)
    ones = generator.normal(1, 1, 15)
    zeros = generator.normal(0, 1, 25)
    scores = np.concatenate([ones, zeros])
    positive = np.arange(40) < 15

    area = known(roc_auc(dense_ranks(scores), positive, np.ones(40), np.arange(40), entity_count=40))

    wins = ones[:, None] > zeros[None]
    expected = wins.mean(axis=1).var(ddof=1) / 15 + wins.mean(axis=0).var(ddof=1) / 25
    assert area.estimate.variance == pytest.approx(expected)


@BOTH
def test_influence_is_the_derivative_by_an_entitys_weight(statistic: Area, scored: Scored) -> None:
    """Against a finite difference, which lacks the leverage correction: up to a few percent for each class."""
    ranks = dense_ranks(scored.scores)
    step = 1e-6

    def at(weights: np.ndarray) -> InfluenceEstimate:
        return known(statistic(ranks, scored.positive, weights, scored.codes, entity_count=scored.size))

    def slope(entity: int) -> float:
        nudged = scored.weights * (1 + step * (scored.codes == entity))
        return (at(nudged).estimate.value - at(scored.weights).estimate.value) / step

    influence = at(scored.weights).dense_influence()
    slopes = np.array([slope(entity) for entity in range(scored.size)])
    np.testing.assert_allclose(influence, slopes, rtol=0.06, atol=1e-4)
    assert stats.pearsonr(influence, slopes).statistic > 0.999


@BOTH
def test_order_does_not_matter(statistic: Area, scored: Scored) -> None:
    order = np.random.default_rng(0).permutation(300)
    columns = dense_ranks(scored.scores), scored.positive, scored.weights, scored.codes
    first = known(statistic(*columns, entity_count=40))
    second = known(statistic(*(column[order] for column in columns), entity_count=40))
    assert first.estimate.value == pytest.approx(second.estimate.value)
    assert first.estimate.variance == pytest.approx(second.estimate.variance)


@BOTH
def test_copies_within_entities_are_no_evidence(statistic: Area, scored: Scored) -> None:
    columns = dense_ranks(scored.scores), scored.positive, scored.weights, scored.codes
    first = known(statistic(*columns, entity_count=40))
    second = known(statistic(*(np.repeat(column, 3) for column in columns), entity_count=40))
    assert first.estimate.value == pytest.approx(second.estimate.value)
    assert first.estimate.variance == pytest.approx(second.estimate.variance)


@BOTH
@pytest.mark.parametrize("positive", [np.ones(4, bool), np.zeros(4, bool)])
def test_one_class_has_no_ranking(statistic: Area, positive: np.ndarray) -> None:
    assert statistic(np.arange(4), positive, np.ones(4), np.arange(4), entity_count=4) is None


@BOTH
def test_a_perfect_ranking_is_one(statistic: Area) -> None:
    positive = np.array([False, False, True, True])
    area = known(statistic(np.arange(4), positive, np.ones(4), np.arange(4), entity_count=4))
    assert area.estimate.value == pytest.approx(1)
    assert area.estimate.variance == pytest.approx(0)
