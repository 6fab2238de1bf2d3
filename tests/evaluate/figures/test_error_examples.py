from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluate.made import DrawInput, InputPlots, made
from known import known
from matplotlib.axes import Axes

from hallmark.contracts.examples import Examples
from hallmark.evaluate.figures import error_examples
from hallmark.evaluate.figures.example_drawing import ExampleDrawing


def test_the_confusion_matrix_by_hand() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "b"], "prediction": ["a", "b", "b"]})
    axes = error_examples.plot_confusion(rows, ("a", "b", "c")).axes[0]
    assert [text.get_text() for text in axes.texts] == ["1\n50.0%", "1\n50.0%", "1\n100.0%"]
    assert known(axes.images[0].get_array()).tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 0]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b", "c"]
    assert axes.get_title() == "Confusion matrix (test, n = 3 examples)"


def test_many_labels_have_colours_and_no_numbers() -> None:
    labels = [f"label {i}" for i in range(20)]
    axes = error_examples.plot_confusion(pd.DataFrame({"label": labels, "prediction": labels}), labels).axes[0]
    assert not axes.texts


@pytest.fixture(scope="module")
def cards() -> Examples:
    return made(rows=200).split("test")


def answered(
    rows: pd.DataFrame, examples: Examples, draw: DrawInput, positive: str | None = None
) -> error_examples.AnsweredExamples:
    drawing = ExampleDrawing(input_plots=InputPlots(draw), answer_plots=None, predict=nothing, postprocess={})
    return error_examples.AnsweredExamples(rows=rows, examples=examples, drawing=drawing, positive=positive)


def shown(rows: pd.DataFrame, cards: Examples, positive: str | None) -> list[tuple[str, str]]:
    drawn: list[tuple[str, str]] = []

    def draw(axes: Axes, example: Examples) -> None:
        assert example.arrays["x"].shape == (1, 2)
        drawn.append((example.table["id"].iloc[0], example.table["label"].iloc[0]))

    told = rows.assign(mistake=(rows["prediction"] != rows["label"]).astype(float), certainty=rows["confidence"])
    figure = error_examples.plot_worst(answered(told, cards, draw, positive), "accuracy")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert [title.split("\n")[0] for title in titles] == [f"true: {label}" for _, label in drawn]
    return drawn


def nothing(_: Examples) -> dict[str, np.ndarray]:
    raise AssertionError("these drawings ask the model nothing")


def test_typical_examples_take_the_labels_by_turns(cards: Examples) -> None:
    drawn: list[str] = []
    rows = cards.table[["id", "label"]].assign(prediction="genuine", confidence=0.25)
    figure = error_examples.plot_typical(
        answered(rows, cards, lambda _, example: drawn.append(example.table["label"].iloc[0]), "fraud")
    )
    assert drawn == ["fraud", "genuine"] * 6
    assert figure.axes[1].get_title() == "true: genuine\nanswer: genuine\nP(fraud) 0.25"


def test_without_labels_examples_come_from_all_over_the_split(cards: Examples) -> None:
    drawn: list[str] = []
    unlabelled = replace(cards, labels=(), table=cards.table.drop(columns="label"))
    figure = error_examples.plot_typical(
        answered(cards.table[["id"]], unlabelled, lambda _, example: drawn.append(example.table["id"].iloc[0]))
    )
    ids = sorted(cards.table["id"])
    assert len(drawn) == 12 and drawn[0] == ids[0] and drawn[-1] == ids[-1] and drawn == sorted(drawn)
    assert not figure.axes[0].get_title()


@pytest.mark.parametrize(("primary_metric", "best"), [("bits_per_byte", False), ("return", True)])
def test_where_nothing_is_right_or_wrong_the_worst_by_the_primary_metric_come_first(
    cards: Examples, primary_metric: str, best: bool
) -> None:
    drawn: list[str] = []
    rows = cards.table[["id"]].assign(**{f"score.{primary_metric}": np.arange(len(cards), dtype=float)})
    error_examples.plot_worst(
        answered(rows, cards, lambda _, example: drawn.append(example.table["id"].iloc[0])), primary_metric
    )
    assert drawn[0] == rows["id"].iloc[0 if best else -1]


def test_a_long_transcript_is_cut(cards: Examples) -> None:
    rows = cards.table[["id"]].assign(label="words " * 100, prediction="b")
    figure = error_examples.plot_typical(answered(rows, replace(cards, labels=()), lambda *_: None))
    title = figure.axes[0].get_title()
    assert title.endswith("…\nanswer: b") and max(map(len, title.split("\n"))) <= 38


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
