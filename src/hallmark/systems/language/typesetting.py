"""Text on axes, letter by letter on a grid, so that each piece can have a colour and a ground of its own."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from matplotlib import ft2font
from matplotlib.axes import Axes
from matplotlib.font_manager import findfont

_FAMILY = "DejaVu Sans Mono"  # Matplotlib brings it along
_WIDTH, _HEIGHT = 0.602, 1.35  # of a letter and of a line, in font sizes
_POINTS = 72  # in an inch
_UNKNOWN = "\ufffd"

Piece = tuple[str, str, str | None]  # text, its colour, and the colour of its ground


def typeset(axes: Axes, pieces: Iterable[Piece], *, size: float, last: bool = False) -> None:
    """Set the pieces from the top left corner of the axes, in points of `size`, lines cut where the axes end.

    What has no room is left out: the end, or with `last` the beginning.
    """
    box, dots = axes.get_window_extent(), axes.figure.dpi / _POINTS  # pixels, and pixels in a point
    columns = max(8, int(box.width / (_WIDTH * size * dots)))
    rows = max(2, int(box.height / (_HEIGHT * size * dots)))
    lines = _lines(pieces, columns)
    axes.set_axis_off()
    letters: dict[str, Any] = {"family": _FAMILY, "fontsize": size, "parse_math": False, "annotation_clip": False}
    for row, line in enumerate(lines[-rows:] if last else lines[:rows]):
        column = 0
        for text, colour, ground in line:
            at = column * _WIDTH * size, -(row + 1) * _HEIGHT * size  # points, whatever size a layout gives the axes
            box_style = (
                None if ground is None else {"facecolor": ground, "linewidth": 0, "pad": 0.0}
            )  # no wider: it would hide the letter before
            axes.annotate(
                text, (0, 1), at, "axes fraction", "offset points", color=colour, bbox=box_style, **letters
            ).set_in_layout(False)  # there are hundreds: to measure them takes seconds
            column += len(text)


def _lines(pieces: Iterable[Piece], columns: int) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    left = columns
    for text, colour, ground in pieces:
        for number, part in enumerate(text.replace("\t", "    ").split("\n")):
            if number:
                lines.append([])
                left = columns
            shown = "".join(letter if ord(letter) in _letters() else _UNKNOWN for letter in part)
            while shown:
                if not left:
                    lines.append([])
                    left = columns
                lines[-1].append((shown[:left], colour, ground))
                shown, left = shown[left:], left - len(shown[:left])
    return lines


@cache
def _letters() -> frozenset[int]:
    return frozenset(ft2font.FT2Font(findfont(_FAMILY)).get_charmap())
