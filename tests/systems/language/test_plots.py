import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hallmark.contracts.examples import Examples
from hallmark.report_figures import PALETTE
from hallmark.systems.language.plots import draw, draw_shaded
from hallmark.systems.language.typesetting import Piece, typeset


def _texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_window_is_shown_token_by_token_with_its_shades(windows: Examples) -> None:
    one = windows.take(np.array([1]))
    assert one.arrays["target.start"][0] == 4
    figure = Figure(figsize=(6, 4))
    axes = figure.add_subplot()
    draw_shaded(axes, one, np.eye(16)[5])
    shown = "".join(windows.encoding["vocabulary"][token] for token in one.arrays["tokens"][0])
    assert "".join(_texts(figure)) == shown.replace("\n", "")
    grounds = [to_hex(box.get_facecolor()) for text in axes.texts if (box := text.get_bbox_patch())]
    assert grounds.count(PALETTE[3].lower()) == 1  # the one token with a full shade
    assert set(grounds) == {PALETTE[3].lower(), "#ffffff"}
    greys = [text.get_text() for text in axes.texts if text.get_color() == "0.5"]
    assert "".join(greys) == "".join(windows.encoding["vocabulary"][t] for t in one.arrays["tokens"][0, :4])


def test_without_shades_the_same_text_stands_on_white(windows: Examples) -> None:
    one = windows.take(np.array([1]))
    figures = Figure(figsize=(6, 4)), Figure(figsize=(6, 4))
    draw(figures[0].add_subplot(), one)
    draw_shaded(figures[1].add_subplot(), one, np.ones(16))
    assert _texts(figures[0]) == _texts(figures[1])
    boxes = [box for text in figures[0].axes[0].texts if (box := text.get_bbox_patch())]
    assert {to_hex(box.get_facecolor()) for box in boxes} == {"#ffffff"}


@pytest.mark.parametrize(("keep_end", "expected"), [(False, "a"), (True, "z")])
def test_what_has_no_room_is_left_out(keep_end: bool, expected: str) -> None:
    figure = Figure(figsize=(3, 1))
    typeset(figure.add_subplot(), [Piece("\n".join("abcdefghijklmnopqrstuvwxyz"), "black")], size=10, keep_end=keep_end)
    texts = _texts(figure)
    assert 2 <= len(texts) < 10
    assert expected in texts


def test_lines_end_where_the_axes_end_and_no_letter_is_lost() -> None:
    figure = Figure(figsize=(3, 3))
    axes = figure.add_subplot()
    typeset(axes, [Piece("x" * 100, "black"), Piece("y" * 30, "red", "blue")], size=10)
    columns = max(map(len, _texts(figure)))
    assert "".join(_texts(figure)) == "x" * 100 + "y" * 30
    figure.canvas.draw()
    ends = [text.get_window_extent().x1 for text in axes.texts]
    assert 0.8 * axes.get_window_extent().x1 < max(ends) <= axes.get_window_extent().x1 + 2
    widest = next(text for text in axes.texts if len(text.get_text()) == columns)
    assert widest.get_window_extent().x0 == pytest.approx(axes.get_window_extent().x0, abs=2)
    assert sum(len(text.get_text()) for text in axes.texts if text.get_bbox_patch()) == 30


def test_letters_that_the_font_lacks_and_formulas_are_drawn_without_a_warning() -> None:
    figure = Figure(figsize=(3, 3))
    typeset(figure.add_subplot(), [Piece("$x_1$ \u6570\x07", "black")], size=10)
    figure.canvas.draw()
    assert _texts(figure) == ["$x_1$ \ufffd\ufffd"]
