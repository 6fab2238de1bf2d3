"""The figure of samples: prompts, the real text that follows, and what the model wrote."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from hallmark.report_figures import PALETTE
from hallmark.systems.language.diagnostics.samples import Sample
from hallmark.systems.language.typesetting import Piece, typeset

_WIDTH = 4.2  # of a text, in inches
_HEIGHT = 3.1
_FONT_SIZE = 7.2  # points
_TITLE_CHARACTERS = 44  # of a document's name


def plot_samples(samples: Sequence[Sample], temperatures: Sequence[float]) -> Figure:
    """Draw each sample in a row: the real text, then what the model wrote at each temperature.

    All texts begin with the prompt, in blue.
    """
    columns = 1 + len(temperatures)
    figure = Figure(figsize=(_WIDTH * columns, _HEIGHT * len(samples)))
    figure.suptitle("What the model writes (black) after the beginnings of test documents (blue)")
    grid = figure.subplots(len(samples), columns, squeeze=False)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.9, wspace=0.06, hspace=0.18)

    for row, sample in zip(grid, samples, strict=True):
        texts = {"the real text": sample.real}
        for temperature, text in sample.written.items():
            texts[f"temperature {temperature:g}"] = text

        for axes, (name, text) in zip(row, texts.items(), strict=True):
            typeset(axes, [Piece(sample.prompt, PALETTE[0]), Piece(text, "black")], size=_FONT_SIZE)
            title = f"{sample.document[:_TITLE_CHARACTERS]}, {name}"
            axes.set_title(title, fontsize=8, loc="left", parse_math=False)
    return figure
