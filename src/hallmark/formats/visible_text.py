"""Visible text: which characters are invisible, and texts without them."""

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

_INVISIBLE_CATEGORIES = ("Cc", "Cf")  # Unicode's control and format characters
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_JOINERS = (0x034F, 0x200C, 0x200D)
_VARIATION_SELECTORS = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_TAGS_OF_FLAGS = range(0xE0020, 0xE0080)
# Invisible characters that may change how their neighbours look.
_SHAPING = frozenset(map(chr, (*_JOINERS, *_VARIATION_SELECTORS, *_TAGS_OF_FLAGS)))
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are shown as a space


def holds_of_text(raw: "pd.Series[Any]", predicate: Callable[[str], bool]) -> np.ndarray:
    """Return for which cells of a column the predicate is true of their text, (n,) bool.

    It is called once for each distinct text, and never for columns of numbers and times: False
    there.
    """
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    codes, distinct = pd.factorize(raw.astype(str).to_numpy(object), use_na_sentinel=False)
    holds = np.array([predicate(str(text)) for text in distinct], bool)
    return holds[codes] if len(holds) else np.zeros(len(raw), bool)


def trim(text: str) -> str:
    """Return a text without outer spaces and outer invisible characters."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    while text and unicodedata.category(text[0]) in _INVISIBLE_CATEGORIES:
        text = text[1:].lstrip()
    while text and unicodedata.category(text[-1]) in _INVISIBLE_CATEGORIES:
        text = text[:-1].rstrip()
    return text


def remove_characters(text: str, is_dropped: Callable[[str, str], bool]) -> str:
    """Return a text without the characters for which `is_dropped(character, the one before)` is true.

    Before the first character there is a space.
    """
    if text.isascii() and text.isprintable():
        return text
    pairs = zip(" " + text, text, strict=False)
    return "".join(letter for before, letter in pairs if not is_dropped(letter, before))


def is_invisible(letter: str) -> bool:
    """Return whether a character is invisible and takes no space."""
    if letter in _SHAPING:
        return True
    return (
        unicodedata.category(letter) in _INVISIBLE_CATEGORIES
        and letter not in _VISIBLE_FORMATS
        and not letter.isspace()
    )


def changes_nothing(letter: str, before: str) -> bool:
    """Return whether a character is invisible, and doesn't change how the one `before` looks.

    A joiner or selector changes Arabic and Indic letters and emoji, whose forms depend on their
    neighbours, but no Latin letter.
    """
    if letter in _SHAPING:
        return before.isascii() or unicodedata.name(before, "").startswith("LATIN ")
    return is_invisible(letter)
