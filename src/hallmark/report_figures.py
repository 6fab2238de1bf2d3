"""Figures of a report: what each shows, how all of them look, and how they are written.

The palette suits colour-blind readers, and the same data gives the same bytes. An index beside the
pictures says which question each answers and whether it shows single examples.
"""

import json
import warnings
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter, LogFormatter, NullFormatter

from hallmark.errors import InputError, printable
from hallmark.files import require

# Okabe & Ito 2008, "Color Universal Design": blue, vermilion, green, orange, sky, purple, black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#000000")
EXAMPLES = "examples"  # the folder, below a stage's figures, of those that show single examples
INDEX = "index.json"
VERDICT_COLOURS = {"pass": "#009E73", "fail": "#D55E00", "unresolved": "#E69F00", "measured": "#0072B2"}
_MAX_LINE = 140  # characters
_MAX_TICK_BELOW, _MAX_TICK_BESIDE = 28, 72  # characters of a tick's label below and beside the axes


def blank(width: float = 6.4, height: float = 4.2) -> tuple[Figure, Axes]:
    """Return a figure (width and height in inches) with one axes.

    It is made without pyplot, so that no window and no global state is touched.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_prop_cycle(color=PALETTE)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


@dataclass(frozen=True, kw_only=True)
class ReportFigure:
    """A figure of a stage's report."""

    name: str  # of its file, without the ending
    question: int  # 1-10, of the model card, which it helps to answer
    title: str  # in links to it
    drawing: Figure
    shows_examples: bool = False  # single inputs, which may be a person's

    @property
    def file(self) -> str:
        """Its path below the stage's figures."""
        return f"{EXAMPLES}/{self.name}.png" if self.shows_examples else f"{self.name}.png"


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """A written figure: its path below the stage's figures, and what `ReportFigure` says of it."""

    file: str
    question: int
    title: str
    shows_examples: bool


def save(figures: Iterable[ReportFigure], folder: Path) -> None:
    """Write each figure as a PNG (120 dots an inch, without metadata that differs between runs),
    and the index.

    Texts are shown as they are, whatever characters a label or a group has: `$` starts no
    mathematics. A text that is too long is cut, and a character that the font lacks becomes a box.
    """
    folder.mkdir(parents=True, exist_ok=True)

    entries: list[IndexEntry] = []
    with matplotlib.rc_context({"svg.hashsalt": "hallmark", "text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        for figure in figures:
            _disable_math(figure.drawing)
            path = folder / figure.file
            path.parent.mkdir(exist_ok=True)
            figure.drawing.savefig(path, dpi=120, metadata={"Software": None})
            entries.append(
                IndexEntry(
                    file=figure.file,
                    question=figure.question,
                    title=figure.title,
                    shows_examples=figure.shows_examples,
                )
            )

    index = json.dumps([asdict(entry) for entry in entries], indent=1, ensure_ascii=False)
    (folder / INDEX).write_text(index + "\n", encoding="utf-8")


def read_index(folder: Path) -> list[IndexEntry]:
    """Read the index that `save` wrote. Raises `InputError` where it is missing or altered."""
    path = folder / INDEX
    text = require(path, "the index of the figures").read_text(encoding="utf-8", errors="replace")
    try:
        entries = [_entry(record) for record in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is no index of figures ({error}): run {folder.parent.name} again") from error
    return entries


def _entry(record: Any) -> IndexEntry:
    entry = IndexEntry(**record)
    if not isinstance(entry.file, str) or ".." in PurePosixPath(entry.file).parts or entry.file.startswith("/"):
        raise ValueError(f"file is {entry.file!r}, must be a path below the figures")
    if not isinstance(entry.question, int) or entry.question not in range(1, 11):
        raise ValueError(f"question is {entry.question!r}, must be 1 to 10")
    if not isinstance(entry.title, str) or not isinstance(entry.shows_examples, bool):
        raise ValueError(f"the entry of {entry.file} has no title, or does not say whether it shows examples")
    return entry


def _disable_math(figure: Figure) -> None:
    """Show every text of a figure as it is, each line cut to `_MAX_LINE` characters."""
    for axis in figure.findobj(Axis):
        _format_ticks(axis)
    for text in figure.findobj(Text):
        text.set_parse_math(False)
        lines = [_fit(line, _MAX_LINE) for line in text.get_text().split("\n")]
        text.set_text("\n".join(lines))


def _format_ticks(axis: Axis) -> None:
    """Replace formatters that write numbers as mathematics, and cut long labels of ticks."""
    major = axis.get_major_formatter()
    if isinstance(major, LogFormatter):
        axis.set_major_formatter("{x:g}")
    elif isinstance(major, FixedFormatter | FuncFormatter):
        max_length = _MAX_TICK_BELOW if isinstance(axis, XAxis) else _MAX_TICK_BESIDE
        axis.set_major_formatter(FuncFormatter(lambda x, place: _fit(str(major(x, place)), max_length)))
    if isinstance(axis.get_minor_formatter(), LogFormatter):
        axis.set_minor_formatter(NullFormatter())


def _fit(line: str, max_length: int) -> str:
    text = printable(line)
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
