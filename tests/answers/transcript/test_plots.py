import numpy as np
import pandas as pd
import pytest

from hallmark.answers.transcript.plots import draw, recognised_letters
from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank


@pytest.fixture
def outputs() -> dict[str, np.ndarray]:
    """The letters "ab" in frames 2, 3 and 7 of 8; what is in the padding is no letter of the input."""
    logits = np.zeros((1, 10, 3), np.float32)
    logits[0, [2, 3], 1], logits[0, 7, 2], logits[0, 9, 1] = 5.0, 5.0, 5.0
    return {"logits": logits, "frames": np.array([8.0])}


def test_letters_stand_at_their_frames(outputs: dict[str, np.ndarray]) -> None:
    assert recognised_letters(outputs, "ab") == [(2.5 / 8, "a"), (7.5 / 8, "b")]


def test_without_a_frame_there_is_no_letter(outputs: dict[str, np.ndarray]) -> None:
    assert recognised_letters(outputs | {"frames": np.array([0.0])}, "ab") == []


def test_letters_stand_along_the_width_whatever_the_axes_measure(outputs: dict[str, np.ndarray]) -> None:
    figure, axes = blank()
    axes.set(xlim=(0, 1.6), ylim=(4.0, 0.0))
    draw(axes, Examples(pd.DataFrame({"id": ["a"]}), {}), outputs, {"alphabet": "ab"})
    figure.canvas.draw()
    assert [text.get_text() for text in axes.texts] == ["a", "b"]
    places = [axes.transData.inverted().transform(text.get_window_extent().get_points()) for text in axes.texts]
    assert [place[:, 0].mean() for place in places] == pytest.approx([0.5, 1.5], abs=0.01)
    assert all(0 < place[:, 1].mean() < 0.4 for place in places)  # at the top, where this axis begins
