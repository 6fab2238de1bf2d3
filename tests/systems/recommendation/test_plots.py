"""The drawing holds the last items of the history, in their order."""

import numpy as np
from matplotlib.colors import to_hex

from hallmark import report_figures as figures
from hallmark.contracts.examples import Examples
from hallmark.systems.recommendation.plots import draw


def test_the_last_eight_items_are_listed_the_latest_last(prepared: Examples) -> None:
    example = prepared.split("test").take(np.array([0]))
    items = np.arange(example.arrays["items"].shape[1])[None] + 1
    figure, axes = figures.blank()
    draw(axes, Examples(example.table, {"items": items}, encoding=example.encoding))
    figure.canvas.draw()
    heading, *titles = [text.get_text() for text in axes.texts]
    assert heading == "had, the latest last"
    assert len(axes.collections) == len(titles) == 8
    assert [title[:20] for title in titles] == [
        str(example.encoding["titles"][item - 1])[:20] for item in items[0, -8:]
    ]


def test_without_genres_and_a_short_history(prepared: Examples) -> None:
    example = prepared.split("test").take(np.array([0]))
    items = np.zeros_like(example.arrays["items"])
    items[0, -1] = 4
    bare = Examples(example.table, {"items": items}, encoding={**example.encoding, "genres": None})
    figure, axes = figures.blank()
    draw(axes, bare)
    figure.canvas.draw()
    assert len(axes.collections) == 1
    assert to_hex(np.asarray(axes.collections[0].get_facecolor())[0]) == to_hex("0.5")
