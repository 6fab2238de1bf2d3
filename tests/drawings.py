"""The drawings of a report's figures, by name, as tests look at them."""

from collections.abc import Iterable

from matplotlib.figure import Figure

from hallmark.report_figures import ReportFigure


def by_name(figures: Iterable[ReportFigure]) -> dict[str, Figure]:
    return {figure.name: figure.drawing for figure in figures}
