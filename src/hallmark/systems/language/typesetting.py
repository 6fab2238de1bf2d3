"""Monospaced text on matplotlib's axes, in pieces that each have a colour and a background."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from matplotlib import ft2font
from matplotlib.axes import Axes
from matplotlib.font_manager import findfont

_FONT = "DejaVu Sans Mono"  # Matplotlib brings it along
_LETTER_WIDTH = 0.602  # times the font size
_LINE_HEIGHT = 1.35  # times the font size
_POINTS_PER_INCH = 72
_MIN_COLUMNS = 8  # however small the axes are
_MIN_ROWS = 2
_REPLACEMENT = "\ufffd"  # drawn in place of a letter that the font lacks
_TAB = "    "


class Piece(NamedTuple):
    """A text in one colour. `colour` and `background` are matplotlib's; None is no background."""

    text: str
    colour: str
    background: str | None = None


def typeset(axes: Axes, pieces: Iterable[Piece], *, size: float, keep_end: bool = False) -> None:
    """Draw the pieces one after the other, in lines from the top left corner of the axes.

    Lines are broken at line ends in the text and where the axes are full. If there are more lines
    than the axes have room for, only the first ones are drawn, or with `keep_end` the last ones.
    `size` is that of the font, in points.
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
            # In points, so that letters stay side by side if a layout changes the size of the axes.
            offset = (column * _LETTER_WIDTH * size, -(row + 1) * _LINE_HEIGHT * size)
            _draw_piece(axes, piece, offset, size)
            column += len(piece.text)


def _draw_piece(axes: Axes, piece: Piece, offset: tuple[float, float], size: float) -> None:
    """Draw one piece.

    `offset` (right, up) of its baseline is in points from the top left corner of the axes.
    """
    box_style = None
    if piece.background is not None:  # without padding, which would hide part of the letter before
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
    # A layout would measure each of hundreds of pieces, which takes seconds.
    text.set_in_layout(False)


def _break_lines(pieces: Iterable[Piece], columns: int) -> list[list[Piece]]:
    """Return the pieces of each line, cut at every line end and where a line has `columns` letters."""
    lines: list[list[Piece]] = [[]]
    free_columns = columns
    for piece in pieces:
        for part_number, part in enumerate(piece.text.replace("\t", _TAB).split("\n")):
            if part_number > 0:  # a line end stood before this part
                lines.append([])
                free_columns = columns

            remaining_text = _replace_missing_letters(part)
            while remaining_text:
                if not free_columns:
                    lines.append([])
                    free_columns = columns
                fitting_text = remaining_text[:free_columns]
                lines[-1].append(piece._replace(text=fitting_text))
                remaining_text = remaining_text[free_columns:]
                free_columns -= len(fitting_text)
    return lines


def _replace_missing_letters(text: str) -> str:
    """Replace each letter that the font lacks, since matplotlib warns of them."""
    letters = [letter if ord(letter) in _letters_of_font() else _REPLACEMENT for letter in text]
    return "".join(letters)


@cache
def _letters_of_font() -> frozenset[int]:
    """Return the code points that the font can draw."""
    return frozenset(ft2font.FT2Font(findfont(_FONT)).get_charmap())
