"""Text on axes, letter by letter on a grid, so that each piece can have a colour and a background of its own."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from matplotlib import ft2font
from matplotlib.axes import Axes
from matplotlib.font_manager import findfont

_FONT = "DejaVu Sans Mono"  # Matplotlib brings it along
_LETTER_WIDTH, _LINE_HEIGHT = 0.602, 1.35  # in font sizes
_POINTS_PER_INCH = 72
_MIN_COLUMNS, _MIN_ROWS = 8, 2
_REPLACEMENT = "\ufffd"  # of a letter that the font lacks
_TAB = "    "


class Piece(NamedTuple):
    """A text in one colour; without a `background`, the axes' own."""

    text: str
    colour: str
    background: str | None = None


def typeset(axes: Axes, pieces: Iterable[Piece], *, size: float, keep_end: bool = False) -> None:
    """Set the pieces from the top left corner of the axes, in points of `size`, lines cut where the axes end.

    What has no room is left out: the end, or with `keep_end` the beginning.
    """
    box = axes.get_window_extent()  # in pixels
    pixels_per_point = axes.figure.dpi / _POINTS_PER_INCH
    letter_pixels = _LETTER_WIDTH * size * pixels_per_point
    line_pixels = _LINE_HEIGHT * size * pixels_per_point
    columns = max(_MIN_COLUMNS, int(box.width / letter_pixels))
    rows = max(_MIN_ROWS, int(box.height / line_pixels))

    lines = _break_lines(pieces, columns)
    visible_lines = lines[-rows:] if keep_end else lines[:rows]
    axes.set_axis_off()
    for row, line in enumerate(visible_lines):
        column = 0
        for piece in line:
            # In points: they stay right whatever size a layout gives the axes.
            offset = (column * _LETTER_WIDTH * size, -(row + 1) * _LINE_HEIGHT * size)
            _set_piece(axes, piece, offset, size)
            column += len(piece.text)


def _set_piece(axes: Axes, piece: Piece, offset: tuple[float, float], size: float) -> None:
    """Set one piece at an offset in points from the top left corner."""
    box_style = None
    if piece.background is not None:  # no wider than the text: it would hide the letter before
        box_style = {"facecolor": piece.background, "linewidth": 0, "pad": 0.0}

    text = axes.annotate(
        piece.text,
        (0, 1),
        offset,
        "axes fraction",
        "offset points",
        color=piece.colour,
        bbox=box_style,
        family=_FONT,
        fontsize=size,
        parse_math=False,
        annotation_clip=False,
    )
    text.set_in_layout(False)  # there are hundreds: to measure them takes seconds


def _break_lines(pieces: Iterable[Piece], columns: int) -> list[list[Piece]]:
    """Return the lines, each of the pieces of it: a new one at every line's end, and where `columns` are full."""
    lines: list[list[Piece]] = [[]]
    room = columns
    for piece in pieces:
        for number, part in enumerate(piece.text.replace("\t", _TAB).split("\n")):
            if number:
                lines.append([])
                room = columns
            rest = _drawable(part)
            while rest:
                if not room:
                    lines.append([])
                    room = columns
                fitting = rest[:room]
                lines[-1].append(piece._replace(text=fitting))
                rest = rest[room:]
                room -= len(fitting)
    return lines


def _drawable(text: str) -> str:
    return "".join(letter if ord(letter) in _letters_of_font() else _REPLACEMENT for letter in text)


@cache
def _letters_of_font() -> frozenset[int]:
    return frozenset(ft2font.FT2Font(findfont(_FONT)).get_charmap())
