"""Who or what a row is about: names that tell one entity from another, and groups, which may be unknown."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import no_names, visible_text

UNKNOWN = "unknown"  # the group of a row whose cell is empty
_NUMBER_FROM_0 = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
# Below 0: -1, codes of surveys such as -9 and -999, and what a missing float becomes as a whole number.
_FILLER_BELOW_0 = re.compile(r"[-\u2212]0*(?:[1289]|88+|99+|2147483648|9223372036854775808)(?:\.0*)?", re.ASCII)
_BRACKETS = "()[]{}<>'\"`"
_LARGEST_EXACT = 2.0**53  # whole numbers up to here are exact as floats
_LARGEST_EXACT_BY_SIZE = {2: 2.0**11, 4: 2.0**24}  # the same, of floats of 2 and 4 bytes
_ROUNDED_BY_SPREADSHEETS = 1e11  # from here on, they show six digits of a whole number and save what they show
_WRITTEN_NUMBER = re.compile(r"[+-]?(\d+)(?:[.,](\d*))?(?:[eE]([+-]?)(\d+))?", re.ASCII)
_SHORT_EXPONENT = re.compile(r"[1-9][eE]\d+", re.ASCII)


def is_blank(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is missing, or text of nothing but spaces and characters that show nothing (n,)."""
    is_missing = raw.isna().to_numpy(bool)
    return np.asarray(is_missing | visible_text.holds_of_text(raw, _is_empty))


def names_nothing(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell names no entity (n,): it is blank, is one of the words that stand for "no value", whatever
    brackets, quotes and question marks stand around it, or holds nothing but punctuation.
    """
    is_missing = raw.isna().to_numpy(bool)
    return np.asarray(is_missing | visible_text.holds_of_text(raw, _is_no_name))


def names_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names (n,), strings that are equal where people read the same.

    Texts lose the space around them, and characters that show nothing there, and are composed (Unicode's NFC); a whole
    number is written alike whether it is stored as an integer, a float or a decimal. Texts stay as written otherwise:
    "007", "7" and "1e5" are three names.
    """
    if raw.dtype.kind in "iu":
        return np.asarray(raw.astype(str).to_numpy(object))
    cells = raw.to_numpy(object)
    is_boolean = is_flag(raw)
    if is_boolean.any():  # which are equal to 1 and 0 in Python
        cells = np.where(is_boolean, raw.astype(str).to_numpy(object), cells)
    return _map_distinct(cells, _name)


def entities_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names (n,) as `names_of` does, also without characters inside that show nothing, such as a
    zero-width space. Those that may change their neighbours (a joiner among Persian letters) stay: see `twins`.
    """

    def visible(name: str) -> str:
        return unicodedata.normalize("NFC", visible_text.remove_characters(name, visible_text.changes_nothing))

    return _map_distinct(names_of(raw), visible)


def _map_distinct(cells: np.ndarray, to_text: Callable[[Any], str]) -> np.ndarray:
    """Return the text of each cell (n,); `to_text` is called once for each different one."""
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    texts = np.array([to_text(cell) for cell in distinct], object)
    return texts[codes] if len(texts) else np.zeros(0, object)


def stands_for_none(names: np.ndarray) -> np.ndarray:
    """Return where a name is a number below 0 that programs write for none, as -1 (n,), and all others are numbers
    from 0 on.
    """
    distinct = {str(name) for name in pd.unique(names)}
    fillers = {name for name in distinct if _FILLER_BELOW_0.fullmatch(name)}
    others = distinct - fillers
    if not fillers or not others:
        return np.zeros(len(names), bool)
    if not all(_NUMBER_FROM_0.fullmatch(name) for name in others):
        return np.zeros(len(names), bool)
    return np.isin(names.astype(str), list(fillers))


def spellings(value: str) -> set[str]:
    """Return how `names_of` may write a value that the configuration names: a whole number also without its ".0"."""
    name = _name(value)
    return {name, _without_decimals(name)}


def twins(names: np.ndarray) -> tuple[dict[str, str], dict[str, str]]:
    """Return names (n,) that are likely to mean another one, each with that one: first those that are the same whole
    number in two forms ("1.0", "1"), then those that differ in capital letters ("p1", "P1"), spaces, quotes, leading
    zeros or characters that show nothing alone.
    """
    distinct = pd.Series(pd.unique(names), dtype=object)
    forms = distinct.map(_form)
    is_shared = forms.duplicated(keep=False)

    same_number: dict[str, str] = {}
    alike: dict[str, str] = {}
    for _, group in distinct[is_shared].groupby(forms[is_shared]):
        shortest, *others = sorted(group, key=lambda name: (len(name), name))
        for name in others:
            whole_number = _without_decimals(name)
            if whole_number != name and whole_number in set(group):
                same_number[name] = whole_number
            else:
                alike[name] = shortest
    return same_number, alike


def _form(name: str) -> str:
    """Return what is equal of names that are likely to mean the same."""
    visible = visible_text.remove_characters(name, lambda letter, _: visible_text.is_invisible(letter))
    unquoted = _without_decimals(visible).casefold().strip("'\"`")
    form = " ".join(unquoted.split())
    if form.isdecimal():
        return form.lstrip("0") or form
    return form


def _without_decimals(name: str) -> str:
    """Return "1" of "1.0", and any other name as it is."""
    whole, point, decimals = name.partition(".")
    is_whole_number = point and not decimals.strip("0") and whole.lstrip("+-").isdecimal()
    return whole if is_whole_number else name


def is_plain(raw: "pd.Series[Any]") -> bool:
    """Return whether all cells of a column of objects are text, or all are numbers; missing ones aside."""
    kind = pd.api.types.infer_dtype(raw, skipna=True)
    return kind in ("string", "integer", "floating", "mixed-integer-float", "decimal", "empty")


def is_inexact(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is a float from 2**53 on (n,), or 2**24 of four bytes, or text as programs write such a
    float, or as spreadsheets round a number (`_is_rounded`): two different names may have been rounded to it.
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        inexact_categories = is_inexact(pd.Series(raw.cat.categories))
        return np.append(inexact_categories, False)[raw.cat.codes.to_numpy()]  # the code of a missing cell is -1
    if raw.dtype.kind == "f":
        itemsize = getattr(raw.dtype, "itemsize", 8)
        return np.asarray(np.abs(raw.to_numpy(float)) >= _largest_exact(itemsize))
    if raw.dtype.kind in "iubmM":
        return np.zeros(len(raw), bool)

    is_large_float = np.array([_is_large_float(cell) for cell in raw], bool)
    is_text = np.array([isinstance(cell, str) for cell in raw], bool)
    is_rounded = visible_text.holds_of_text(raw, _is_rounded)
    has_short_exponent = visible_text.holds_of_text(raw, _has_short_exponent) & is_text
    if has_short_exponent.any() and pd.to_numeric(raw, errors="coerce").notna().all():
        is_rounded |= has_short_exponent
    return np.asarray(is_large_float | (is_text & is_rounded))


def _largest_exact(itemsize: int) -> float:
    """Return the number up to which floats of so many bytes hold whole numbers exactly."""
    return _LARGEST_EXACT_BY_SIZE.get(itemsize, _LARGEST_EXACT)


def _is_large_float(cell: Any) -> bool:
    """Return whether a cell is a float so large that whole numbers beside it are rounded to it."""
    if not isinstance(cell, float | np.floating):
        return False
    itemsize = cell.itemsize if isinstance(cell, np.floating) else 8
    return abs(float(cell)) >= _largest_exact(itemsize)


def _is_rounded(text: str) -> bool:
    """Return whether a text is a number as programs write a float that may be rounded: 9007199254740992.0, 1e+17,
    4.53202E+15 or 4.53E11. Digits alone are exact, and so is what may be an id of digits and an E, as 12e4567.
    """
    match = _WRITTEN_NUMBER.fullmatch(visible_text.trim(text))
    if match is None:
        return False
    whole, decimals, sign, exponent = match.groups()
    if exponent is None:
        has_zero_decimals = decimals is not None and not decimals.strip("0")
        return has_zero_decimals and float(whole) >= _LARGEST_EXACT

    value = float(f"{whole}.{decimals or 0}e{sign}{exponent}")
    if decimals is not None:
        return len(exponent) > 1 or value >= _LARGEST_EXACT
    return sign == "+" and value >= _ROUNDED_BY_SPREADSHEETS


def _has_short_exponent(text: str) -> bool:
    """Return whether a text is 1e17, which some programs write for a float, or an id of digits and an E."""
    return _SHORT_EXPONENT.fullmatch(text) is not None and _LARGEST_EXACT <= float(text) < np.inf


def as_objects(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as objects, in which floats of two and four bytes stay so, which says up to where they are exact
    (`is_inexact`); pandas would make them floats of eight.
    """
    if raw.dtype.kind == "f" and getattr(raw.dtype, "itemsize", 8) < 8:
        return pd.Series(list(raw.to_numpy()), raw.index, dtype=object, name=raw.name)
    return raw.astype(object)


def has_nul(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is text with a NUL character (n,), at which other programs end it."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    return np.asarray(raw.astype(str).str.contains("\0", regex=False).to_numpy(bool))


def groups_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as groups (n,), names as `names_of` makes them; a blank cell is "unknown"."""
    return np.where(is_blank(raw), UNKNOWN, names_of(raw)).astype(object)


def is_flag(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is true or false (n,), which other libraries take for 1 and 0."""
    if raw.dtype != object or is_plain(raw):
        return np.full(len(raw), raw.dtype == bool)
    return np.array([isinstance(cell, bool | np.bool_) for cell in raw], bool)


def _is_empty(text: str) -> bool:
    return not visible_text.trim(text).strip(visible_text.BLANKS)


def _is_no_name(text: str) -> bool:
    def is_dropped(letter: str, _: str) -> bool:
        return visible_text.is_invisible(letter) or letter in visible_text.BLANKS

    visible = visible_text.remove_characters(text, is_dropped)
    spaced = " ".join(re.split(r"[\s_-]+", visible.casefold()))
    phrase = re.sub(r"\s*/\s*", "/", spaced).strip()
    if phrase[:1].isdecimal():
        return phrase in no_names.NUMBERS

    bare = phrase.strip(_BRACKETS + "* ").rstrip("?!. ").removesuffix(".0")
    words = bare.split()
    if phrase in no_names.WORDS or bare in no_names.WORDS:
        return True
    if len(words) > 1 and words[0] in no_names.NO and no_names.WHO.issuperset(words[1:]):
        return True
    if len(set(words)) == 1 and words[0] in no_names.REPEATED:
        return True
    return all(unicodedata.category(letter).startswith(("P", "Z")) for letter in phrase)


def _name(cell: Any) -> str:
    if isinstance(cell, str):
        text = visible_text.trim(cell)
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell.is_finite() and cell == cell.to_integral_value() else str(cell)
    if isinstance(cell, float | np.floating) and cell == cell // 1:
        return str(int(cell))
    return str(cell)
