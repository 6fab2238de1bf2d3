"""Who or what a row is about: names that tell one entity from another, and groups, which may be unknown."""

import unicodedata
from typing import Any

import numpy as np
import pandas as pd

UNKNOWN = "unknown"  # the group of a row whose cell is empty
_NO_NAMES = frozenset(
    (
        *(
            "",
            "nan",
            "-nan",
            "null",
            "none",
            "nil",
            "na",
            "n/a",
            "<na>",
            "#n/a",
            "#na",
            "nat",
            "\\n",
            "?",
            "-",
            "--",
            ".",
        ),
        *("unknown", "undefined", "missing", "anon", "anonymous", "anonymised", "anonymized"),
    )
)
_LARGEST = 2.0**53  # whole numbers up to here are exact as floats


def is_blank(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is missing, or text of nothing but spaces and characters that show nothing (n,)."""
    empty = raw.isna().to_numpy(bool)
    return np.asarray(empty | _among(raw, frozenset([""])))


def names_nothing(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell names no entity (n,): it is blank, or one of the words that stand for "no value"."""
    return np.asarray(raw.isna().to_numpy(bool) | _among(raw, _NO_NAMES))


def is_plain(raw: "pd.Series[Any]") -> bool:
    """Return whether all cells of a column of objects are text, or all are numbers; missing ones aside."""
    plain = ("string", "integer", "floating", "mixed-integer-float", "decimal", "empty")
    return pd.api.types.infer_dtype(raw, skipna=True) in plain


def is_inexact(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is a float from 2**53 on (n,): two different names may have been rounded to it."""
    if raw.dtype.kind == "f":
        return np.asarray(np.abs(raw.to_numpy(float)) >= _LARGEST)
    if raw.dtype != object:
        return np.zeros(len(raw), bool)
    return np.array([isinstance(cell, float) and abs(cell) >= _LARGEST for cell in raw], bool)


def has_nul(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is text with a NUL character (n,), at which other programs end it."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    return np.asarray(raw.astype(str).str.contains("\0", regex=False).to_numpy(bool))


def groups_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as groups (n,), strings; a blank cell is "unknown"."""
    texts = raw.astype(str).to_numpy(object)
    return np.where(is_blank(raw), UNKNOWN, texts).astype(object)


def _among(raw: "pd.Series[Any]", words: frozenset[str]) -> np.ndarray:
    """Return where a cell is one of the words (n,), whatever its letters' case and the space around it."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    codes, distinct = pd.factorize(raw.astype(str).to_numpy(object), use_na_sentinel=False)
    found = np.array([_shown(str(text)) in words for text in distinct], bool)
    return found[codes] if len(found) else np.zeros(len(raw), bool)


def _shown(text: str) -> str:
    """Return a text in small letters, without outer spaces and without characters that show nothing."""
    if not text.isprintable():
        text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf"))
    return text.strip().casefold()
