"""The drawings show every earlier transaction and the current one."""

import numpy as np

from hallmark import report_figures as figures
from hallmark.contracts.examples import Examples
from hallmark.systems.table.plots import draw


def test_a_cards_history(examples: Examples) -> None:
    row = int(np.argmax(examples.table["descriptor.history_length"].to_numpy() == 8))
    figure, axes = figures.blank()

    draw(axes, examples.take(np.array([row])))
    figure.canvas.draw()

    transactions = [points for points in axes.collections if points.get_label() != "_child0"]
    assert sum(len(np.asarray(points.get_offsets())) for points in transactions) == 9
    assert axes.get_xlabel() == "days before the current transaction"


def test_a_first_transaction(examples: Examples) -> None:
    figure, axes = figures.blank()
    draw(axes, examples.take(np.array([0])))
    figure.canvas.draw()


def test_a_flat_row(flat: Examples) -> None:
    figure, axes = figures.blank()
    draw(axes, flat.take(np.array([0])))
    figure.canvas.draw()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["delay", "limit"]
