import pytest
from evaluate.made import made, scored, seeing

from hallmark.contracts.examples import Examples
from hallmark.evaluate.scorer_table import ScorerRows, rows_by_scorer
from hallmark.evaluate.scoring import Scored


@pytest.fixture(scope="session")
def cards() -> Examples:
    return made()


@pytest.fixture(scope="session")
def predicted(cards: Examples) -> Scored:
    """The predictions of a model that sees all there is, a method that sees half, and a blind one."""
    return scored(cards, {"model": seeing(1.0), "half blind": seeing(0.5), "descriptors": seeing(0.0)})


@pytest.fixture(scope="session")
def rows(predicted: Scored) -> ScorerRows:
    return rows_by_scorer(predicted.predictions)
