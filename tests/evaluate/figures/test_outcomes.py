from typing import Any

import pandas as pd
import pytest
from evaluate.made import made
from matplotlib.axes import Axes

from hallmark.evaluate.figures import outcomes
from hallmark.examples import Examples


def test_the_confusion_matrix_by_hand() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "b"], "prediction": ["a", "b", "b"]})
    axes = outcomes.confusion(rows, ("a", "b", "c")).axes[0]
    assert [text.get_text() for text in axes.texts] == ["1\n50.0%", "1\n50.0%", "1\n100.0%"]
    assert axes.images[0].get_array().tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 0]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b", "c"]
    assert axes.get_title() == "What was taken for what (test, n = 3)"


def test_many_labels_have_colours_and_no_numbers() -> None:
    labels = [f"label {i}" for i in range(20)]
    axes = outcomes.confusion(pd.DataFrame({"label": labels, "prediction": labels}), labels).axes[0]
    assert not axes.texts


@pytest.fixture(scope="module")
def cards() -> Examples:
    return made(rows=200).split("test")


def shown(rows: pd.DataFrame, cards: Examples, positive: str | None) -> list[tuple[str, str]]:
    drawn: list[tuple[str, str]] = []

    def draw(axes: Axes, inputs: dict[str, Any], row: "pd.Series[Any]") -> None:
        assert inputs["x"].shape == (2,)
        drawn.append((row["id"], row["label"]))

    figure = outcomes.worst_errors(rows, cards, draw, positive=positive)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert len(titles) == len(drawn)
    assert [title.split(",")[0] for title in titles] == [label for _, label in drawn]
    return drawn


def test_the_surest_mistakes_come_first(cards: Examples) -> None:
    rows = cards.table[["id", "label"]].assign(prediction="genuine", confidence=0.5).sample(frac=1, random_state=1)
    missed = rows.index[rows["label"] == "fraud"][:3]
    rows.loc[missed, "confidence"] = [0.9, 0.99, 0.95]
    drawn = shown(rows, cards, None)
    assert [id_ for id_, _ in drawn[:3]] == rows.loc[missed[[1, 2, 0]], "id"].tolist()
    assert len(drawn) == 12 and {label for _, label in drawn} == {"fraud"}


def test_false_alarms_and_misses_take_turns(cards: Examples) -> None:
    other = cards.table["label"].map({"fraud": "genuine", "genuine": "fraud"})
    rows = cards.table[["id", "label"]].assign(prediction=other, confidence=0.5)
    assert [label for _, label in shown(rows, cards, "fraud")] == ["genuine", "fraud"] * 6


def test_fewer_mistakes_than_places_leave_some_empty(cards: Examples) -> None:
    rows = cards.table[["id", "label"]].assign(prediction=cards.table["label"], confidence=0.5)
    rows.loc[rows.index[:2], "prediction"] = "neither"
    assert len(shown(rows, cards, None)) == 2
