"""The drawings show every reading."""

from dataclasses import replace

import numpy as np
from known import known
from matplotlib.patches import Rectangle

from hallmark import report_figures as figures
from hallmark.contracts.examples import Examples
from hallmark.systems.robotics.plots import draw


def test_every_reading_is_a_line_over_the_steps(swings: Examples) -> None:
    figure, axes = figures.blank()
    row = swings.take(np.array([5]))

    draw(axes, row)
    figure.canvas.draw()

    assert [text.get_text() for text in known(axes.get_legend()).get_texts()] == ["angle_cos", "angle_sin", "rate"]
    latest = [float(np.asarray(line.get_ydata())[-1]) for line in axes.lines]
    assert latest == row.arrays["observations"][0, -1].tolist()
    assert axes.get_xlim() == (-5.5, 0.5)
    assert figure.axes == [axes]


def test_a_run_that_has_only_begun_has_no_line_from_before(swings: Examples) -> None:
    figure, axes = figures.blank()
    first = swings.take(np.flatnonzero(swings.table["descriptor.step"] == 0)[:1])
    draw(axes, first)
    figure.canvas.draw()
    assert {len(np.asarray(line.get_xdata())) for line in axes.lines} == {1}


def test_many_sensors_are_bars(walls: Examples) -> None:
    many = np.random.default_rng(0).uniform(size=(1, 2, 24)).astype(np.float32)
    one = walls.take(np.array([0]))
    names = [f"S{i}" for i in range(24)]
    wide = replace(one, arrays={**one.arrays, "observations": many}, encoding={"observations": names})
    figure, axes = figures.blank()

    draw(axes, wide)
    figure.canvas.draw()

    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    np.testing.assert_allclose(heights, many[0, -1], rtol=1e-6)
