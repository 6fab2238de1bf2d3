"""How every figure looks and is written: a palette for colour-blind readers too, and the same bytes each time."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, LogFormatter, NullFormatter

from hallmark.errors import printable

# Okabe & Ito 2008, "Color Universal Design": blue, vermilion, green, orange, sky, purple, black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000")
EXAMPLES = (
    "examples"  # the folder of the figures that show single examples: what may leave a machine is known by its path
)
VERDICTS = {"pass": "#009E73", "fail": "#D55E00", "unresolved": "#E69F00", "measured": "#0072B2"}
_LONGEST_LINE = 140  # characters
_LONGEST_BELOW, _LONGEST_BESIDE = 28, 72  # characters of a tick's label below and beside the axes


def blank(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """Return a figure (inches) with one axes; made without pyplot, so that no window or global state is touched."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(color=PALETTE)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def mark_examples(figure: Figure) -> Figure:
    """Mark a figure as one that shows single examples (inputs, which may be a person's), and return it."""
    figure.set_gid(EXAMPLES)
    return figure


def shows_examples(figure: Figure) -> bool:
    """Whether `mark_examples` has marked the figure."""
    return bool(figure.get_gid() == EXAMPLES)


def save(figures: Mapping[str, Figure], folder: Path) -> None:
    """Write each figure as `<name>.png` at 120 dots an inch, without the metadata that would differ between runs.

    Those that show single examples go to the folder `examples` in `folder`. Texts are shown as they are, whatever
    characters a label or a group has: `$` is no mathematics. What is too long for a figure is cut, and a character that
    the font lacks is a box.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.hashsalt": "hallmark", "text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        for name, figure in figures.items():
            _show_texts_as_they_are(figure)
            place = folder / EXAMPLES if shows_examples(figure) else folder
            place.mkdir(exist_ok=True)
            figure.savefig(place / f"{name}.png", dpi=120, metadata={"Software": None})


def _show_texts_as_they_are(figure: Figure) -> None:
    for axis in figure.findobj(Axis):
        _write_ticks_plainly(axis)
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text("\n".join(_plain(line, _LONGEST_LINE) for line in text.get_text().split("\n")))


def _write_ticks_plainly(axis: Axis) -> None:
    """Replace what would write numbers as mathematics, and make given labels fit."""
    major, minor = axis.get_major_formatter(), axis.get_minor_formatter()
    if isinstance(major, LogFormatter):
        axis.set_major_formatter("{x:g}")
    if isinstance(minor, LogFormatter):
        axis.set_minor_formatter(NullFormatter())
    if isinstance(major, FixedFormatter | FuncFormatter):
        longest = _LONGEST_BELOW if isinstance(axis, XAxis) else _LONGEST_BESIDE
        axis.set_major_formatter(FuncFormatter(lambda x, place: _plain(str(major(x, place)), longest)))


def _plain(line: str, longest: int) -> str:
    shown = printable(line)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
