"""The visible text of cells: which characters show nothing, and texts without them."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

_INVISIBLE_CATEGORIES = ("Cc", "Cf")  # of Unicode: controls and formats
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_JOINERS = (0x034F, 0x200C, 0x200D)
_VARIATION_SELECTORS = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_TAGS_OF_FLAGS = range(0xE0020, 0xE0080)
# Characters that show nothing but may change what stands beside them.
_SHAPING = frozenset(map(chr, (*_JOINERS, *_VARIATION_SELECTORS, *_TAGS_OF_FLAGS)))
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are shown as a space


def holds_of_text(raw: "pd.Series[Any]", predicate: Callable[[str], bool]) -> np.ndarray:
    """Return where a predicate holds of a cell's text (n,); of numbers and times it holds nowhere."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    codes, distinct = pd.factorize(raw.astype(str).to_numpy(object), use_na_sentinel=False)
    holds = np.array([predicate(str(text)) for text in distinct], bool)
    return holds[codes] if len(holds) else np.zeros(len(raw), bool)


def trim(text: str) -> str:
    """Return a text without outer spaces, and without characters there that show nothing."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    while text and unicodedata.category(text[0]) in _INVISIBLE_CATEGORIES:
        text = text[1:].lstrip()
    while text and unicodedata.category(text[-1]) in _INVISIBLE_CATEGORIES:
        text = text[:-1].rstrip()
    return text


def remove_characters(text: str, is_dropped: Callable[[str, str], bool]) -> str:
    """Return a text without the characters of which, and of the one before, `is_dropped` holds."""
    if text.isascii() and text.isprintable():
        return text
    pairs = zip(" " + text, text, strict=False)
    return "".join(letter for before, letter in pairs if not is_dropped(letter, before))


def is_invisible(letter: str) -> bool:
    """Return whether a character shows nothing, not even a space."""
    if letter in _SHAPING:
        return True
    return (
        unicodedata.category(letter) in _INVISIBLE_CATEGORIES
        and letter not in _VISIBLE_FORMATS
        and not letter.isspace()
    )


def changes_nothing(letter: str, before: str) -> bool:
    """Return whether a character shows nothing, and changes nothing of the one `before`: Latin letters have no forms
    that hang on their neighbours, as Arabic and Indic ones and pictures do.
    """
    if letter in _SHAPING:
        return before.isascii() or unicodedata.name(before, "").startswith("LATIN ")
    return is_invisible(letter)
