"""The drawings show every reading, the action that was taken and the policy's."""

from dataclasses import replace

import numpy as np
from known import known
from matplotlib.patches import Rectangle

from hallmark import report_figures as figures
from hallmark.contracts.examples import Examples
from hallmark.systems.robotics.plots import draw


def test_readings_and_both_actions(swings: Examples) -> None:
    figure, axes = figures.blank()
    row = swings.take(np.array([5]))

    draw(axes, row, lambda some: {"action": np.full((len(some), 1), 0.75)})
    figure.canvas.draw()

    assert [text.get_text() for text in known(axes.get_legend()).get_texts()] == ["angle_cos", "angle_sin", "rate"]
    scale = next(other for other in figure.axes if other is not axes)
    taken, policy = (float(np.asarray(line.get_ydata())[0]) for line in scale.lines)
    assert taken == -2 + 4 * float(row.arrays["target.action"][0, 0])
    assert policy == 1.0


def test_a_run_that_has_only_begun_has_no_line_from_before(swings: Examples) -> None:
    figure, axes = figures.blank()
    first = swings.take(np.flatnonzero(swings.table["descriptor.step"] == 0)[:1])
    draw(axes, first, lambda some: {"action": np.zeros((len(some), 1))})
    figure.canvas.draw()
    assert {len(np.asarray(line.get_xdata())) for line in axes.lines} == {1}


def test_actions_of_a_known_set_stand_in_the_title(walls: Examples) -> None:
    figure, axes = figures.blank()
    draw(axes, walls.take(np.array([3])), lambda some: {})
    figure.canvas.draw()
    assert len(axes.lines) == 2
    assert figure.axes == [axes]


def test_many_sensors_are_bars(walls: Examples) -> None:
    many = np.random.default_rng(0).uniform(size=(1, 2, 24)).astype(np.float32)
    one = walls.take(np.array([0]))
    names = [f"S{i}" for i in range(24)]
    wide = replace(one, arrays={**one.arrays, "observations": many}, encoding={"observations": names})
    figure, axes = figures.blank()

    draw(axes, wide, lambda some: {})
    figure.canvas.draw()

    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    np.testing.assert_allclose(heights, many[0, -1], rtol=1e-6)
