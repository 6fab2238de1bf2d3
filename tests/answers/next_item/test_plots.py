"""The drawing holds the ten items shown and what came next, marked, where that is known."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from hallmark import report_figures as figures
from hallmark.answers.next_item.plots import draw
from hallmark.contracts.examples import Examples

POSTPROCESS = {"titles": [f"Item {number}" for number in range(30)]}
LOGITS = {"logits": -np.arange(30, dtype=np.float32)[None]}  # the catalogue's order


def example(**arrays: np.ndarray) -> Examples:
    return Examples(pd.DataFrame({"id": ["a"]}), arrays, encoding={"genres": ["Drama", "Comedy"] * 15})


def colours(axes: Axes) -> list[str]:
    return [to_hex(np.asarray(dot.get_facecolor())[0]) for dot in axes.collections]


@pytest.mark.parametrize(("number", "marked"), [(3, "-2.0  Item 2 ◂"), (26, "rank 26  Item 25 ◂")])
def test_the_ranking_and_the_next_item(number: int, marked: str) -> None:
    figure, axes = figures.blank()
    draw(axes, example(**{"target.item": np.array([number])}), LOGITS, POSTPROCESS)
    figure.canvas.draw()
    heading, *lines = [text.get_text() for text in axes.texts]
    assert heading == "shown, by logit below the first, ◂ came next"
    assert len(axes.collections) == len(lines) == 10 + (number > 10)
    assert [line for line in lines if line.endswith("◂")] == [marked]
    assert lines[0] == "+0.0  Item 0"


def test_among_equal_logits_the_rank_is_the_place_in_the_catalogue() -> None:
    _, axes = figures.blank()
    draw(axes, example(**{"target.item": np.array([16])}), {"logits": np.zeros((1, 30), np.float32)}, POSTPROCESS)
    assert axes.texts[-1].get_text() == "rank 16  Item 15 ◂"


def test_where_no_next_item_is_known_none_is_marked() -> None:
    _, axes = figures.blank()
    draw(axes, example(), LOGITS, POSTPROCESS)
    assert [text.get_text() for text in axes.texts][:2] == ["shown, by logit below the first", "+0.0  Item 0"]
    assert len(axes.collections) == 10


def test_dots_have_the_colours_of_genres_where_there_are_any() -> None:
    _, axes = figures.blank()
    draw(axes, example(), LOGITS, POSTPROCESS)
    dots = colours(axes)
    assert dots[0::2] == [dots[0]] * 5
    assert dots[1::2] == [dots[1]] * 5
    assert dots[0] != dots[1]

    _, axes = figures.blank()
    draw(axes, Examples(pd.DataFrame({"id": ["a"]}), {}), LOGITS, POSTPROCESS)
    assert set(colours(axes)) == {to_hex("0.5")}
