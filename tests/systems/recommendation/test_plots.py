"""The drawing holds the last items, the ten shown, and what came next, marked."""

import numpy as np
import pytest

from hallmark import report_figures as figures
from hallmark.contracts.examples import Examples
from hallmark.systems.recommendation.plots import draw


@pytest.mark.parametrize("place", [0, 25])
def test_history_ranking_and_the_next_item(prepared: Examples, place: int) -> None:
    example = prepared.split("test").take(np.array([0]))
    true = int(example.arrays["target.item"][0]) - 1

    def predict(_: Examples) -> dict[str, np.ndarray]:
        order = [item for item in range(120) if item != true]
        order.insert(place, true)
        logits = np.zeros((1, 120), np.float32)
        logits[0, order] = -np.arange(120)
        return {"logits": logits}

    figure, axes = figures.blank()
    draw(axes, example, predict)
    figure.canvas.draw()
    texts = [text.get_text() for text in axes.texts]
    assert len(axes.collections) == 8 + 10 + (place >= 10)
    assert sum(text.endswith("◂") for text in texts) == 1
    title = example.table["label"].iloc[0]
    assert any(title[:20] in text for text in texts)
    assert any("rank 26" in text for text in texts) == (place == 25)


def test_without_genres_and_a_short_history(prepared: Examples) -> None:
    example = prepared.split("test").take(np.array([0]))
    items = np.zeros_like(example.arrays["items"])
    items[0, -1] = 4
    bare = Examples(example.table, {**example.arrays, "items": items}, encoding={**example.encoding, "genres": None})
    figure, axes = figures.blank()
    draw(axes, bare, lambda _: {"logits": np.zeros((1, 120), np.float32)})
    figure.canvas.draw()
    assert len(axes.collections) in (11, 12)
