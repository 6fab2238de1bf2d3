"""Figures of drift: what they show of each column, and that all can be drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark import report_figures as figures
from hallmark.config.stages import Drift
from hallmark.drift import comparison
from hallmark.drift import comparison_windows as windows
from hallmark.drift import drift_plots as plots
from hallmark.drift.comparison import Column
from hallmark.drift.comparison_windows import Family
from hallmark.report_figures import VERDICT_COLOURS

Comparison = tuple[list[Family], list[Column]]
SETTINGS = Drift(alpha=0.05, min_effect_size=0.2, n_permutations=100, max_rows=10_000)


@pytest.fixture
def compared(table: pd.DataFrame, predictions: pd.DataFrame) -> Comparison:
    table.loc[table["split"] == "recent", "descriptor.brightness"] += 1.5
    families = windows.column_families(table, predictions, max_rows=10_000, seed=1)
    return families, comparison.compare_columns(families, SETTINGS, seed=1)


def test_every_column_is_drawn_in_the_colour_of_its_verdict(compared: Comparison) -> None:
    (axes,) = plots.plot_shifts(compared[1], min_effect_size=0.2).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert sorted(names) == sorted(column.name for column in compared[1])
    dots = {int(np.asarray(line.get_ydata())[0]): line.get_color() for line in axes.lines if line.get_marker() == "o"}
    assert dots[names.index("descriptor.brightness")] == VERDICT_COLOURS["fail"]
    assert "n = 40 recent entities" in axes.get_title()


def test_scores_beyond_the_threshold_lie_right_of_one(compared: Comparison) -> None:
    (axes,) = plots.plot_scores(compared[1]).axes
    dots = [float(np.asarray(line.get_xdata())[0]) for line in axes.lines if line.get_marker() == "o"]
    assert [dot > 1 for dot in dots] == [False] * 5 + [True]


def test_the_most_moved_column_comes_first(compared: Comparison) -> None:
    first, *_ = plots.plot_distributions(*compared).axes
    assert first.get_title() == "descriptor.brightness: fail"


def test_figures_are_written_where_nothing_could_alarm(compared: Comparison, tmp_path: Path) -> None:
    families, _ = compared
    few = [family.recent["entity"].unique()[0] for family in families]
    small = [
        Family(
            f.name, f.reference, f.recent[f.recent["entity"] == entity].reset_index(drop=True), f.numeric, f.categorical
        )
        for f, entity in zip(families, few, strict=True)
    ]
    strict = Drift.model_construct(alpha=0.001, min_effect_size=0.2, n_permutations=100, max_rows=10_000)

    columns = comparison.compare_columns(small, strict, seed=1)
    assert all(column.test is not None and np.isinf(column.test.threshold) for column in columns)

    figures.save(plots.draw_figures(small, columns, min_effect_size=0.2), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["distributions.png", "scores.png", "shifts.png"]


def test_no_columns_no_figures() -> None:
    assert plots.draw_figures([], [], min_effect_size=0.2) == []
