import pytest
from evaluate.made import made, scored, seeing

from hallmark.contracts.examples import Examples
from hallmark.evaluate.scored_predictions import ScoredPredictions
from hallmark.evaluate.scorer_table import ScorerRows, rows_by_scorer


@pytest.fixture(scope="session")
def cards() -> Examples:
    return made()


@pytest.fixture(scope="session")
def predicted(cards: Examples) -> ScoredPredictions:
    """The predictions of a model that sees all there is, a method that sees half, and a blind one."""
    return scored(cards, {"model": seeing(1.0), "half blind": seeing(0.5), "descriptors": seeing(0.0)})


@pytest.fixture(scope="session")
def rows(predicted: ScoredPredictions) -> ScorerRows:
    return rows_by_scorer(predicted.table)
