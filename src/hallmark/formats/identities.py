"""Identities: the names of entities (a card, a patient, an item) and of groups in a raw column.

Cells that people read as one name must be equal, and cells that mean "no name" must not count as
one. All masks are (n,) bool, one for each cell of the column.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.slices import UNKNOWN as UNKNOWN  # the group of a row whose cell is empty
from hallmark.formats import no_names, visible_text

_NUMBER_FROM_0 = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
# Fillers below 0: -1, codes of surveys such as -9 and -999, and the integers that a missing float
# is cast to.
_FILLER_BELOW_0 = re.compile(r"[-\u2212]0*(?:[1289]|88+|99+|2147483648|9223372036854775808)(?:\.0*)?", re.ASCII)
_BRACKETS = "()[]{}<>'\"`"
_LARGEST_EXACT = 2.0**53  # whole numbers up to here are exact as floats of 8 bytes
_LARGEST_EXACT_BY_SIZE = {2: 2.0**11, 4: 2.0**24}  # the same for floats of 2 and 4 bytes
_ROUNDED_BY_SPREADSHEETS = 1e11  # from here on they show, and so save, six digits of a whole number
_WRITTEN_NUMBER = re.compile(r"[+-]?(\d+)(?:[.,](\d*))?(?:[eE]([+-]?)(\d+))?", re.ASCII)
_SHORT_EXPONENT = re.compile(r"[1-9][eE]\d+", re.ASCII)


def is_blank(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells are missing, or text of spaces and invisible characters only."""
    is_missing = raw.isna().to_numpy(bool)
    return np.asarray(is_missing | visible_text.holds_of_text(raw, _is_empty))


def names_nothing(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells name no entity: blanks, words for "no value" (`no_names`), and punctuation only.

    Brackets, quotes and question marks around a word are ignored.
    """
    is_missing = raw.isna().to_numpy(bool)
    return np.asarray(is_missing | visible_text.holds_of_text(raw, _is_no_name))


def names_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names, (n,) of strings, that are equal where people read the same.

    Texts lose outer spaces and invisible characters, and are composed (Unicode's NFC). A whole
    number has one spelling, whether it is stored as integer, float or decimal. Otherwise texts stay
    as they are: "007", "7" and "1e5" are three names.
    """
    if raw.dtype.kind in "iu":
        return np.asarray(raw.astype(str).to_numpy(object))
    cells = raw.to_numpy(object)
    is_boolean = is_flag(raw)
    if is_boolean.any():  # in Python, True == 1 and False == 0
        cells = np.where(is_boolean, raw.astype(str).to_numpy(object), cells)
    return _map_distinct(cells, _name)


def entities_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names, as `names_of` does, also without inner invisible characters.

    A zero-width space is removed, say; a character that may change its neighbours, such as a joiner
    between Persian letters, stays (see `twins`).
    """

    def remove_invisible(name: str) -> str:
        visible = visible_text.remove_characters(name, visible_text.changes_nothing)
        return unicodedata.normalize("NFC", visible)

    return _map_distinct(names_of(raw), remove_invisible)


def _map_distinct(cells: np.ndarray, to_text: Callable[[Any], str]) -> np.ndarray:
    """Return the text of each cell (n,); `to_text` is called once for each distinct cell."""
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    texts = np.array([to_text(cell) for cell in distinct], object)
    return texts[codes] if len(texts) else np.zeros(0, object)


def stands_for_none(names: np.ndarray) -> np.ndarray:
    """Return which names (n,) are fillers such as -1, where all other names are numbers from 0 on.

    In any other column such a number may be a name: False for all.
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
    """Return the spellings by `names_of` of a configured value: a whole number also without its ".0"."""
    name = _name(value)
    return {name, _without_decimals(name)}


def twins(names: np.ndarray) -> tuple[dict[str, str], dict[str, str]]:
    """Return pairs of `names` (n,) that are likely to mean the same, as two mappings {name: other name}.

    The first one has whole numbers that occur in two forms ("1.0": "1"). The second has names
    that differ only in case ("P1": "p1"), spaces, quotes, leading zeros or invisible characters.
    """
    distinct = pd.Series(pd.unique(names), dtype=object)
    forms = distinct.map(_comparable_form)
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


def _comparable_form(name: str) -> str:
    """Return a form of a name that is equal for names that are likely to mean the same."""
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
    """Return whether the cells of a column of objects are all text or all numbers, missing ones aside."""
    kind = pd.api.types.infer_dtype(raw, skipna=True)
    return kind in ("string", "integer", "floating", "mixed-integer-float", "decimal", "empty")


def is_inexact(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells are numbers that two different names may have been rounded to.

    These are floats from 2**53 on (2**24 with four bytes), and texts that look like such a float,
    or like a number that a spreadsheet has rounded (`_is_rounded`).
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        inexact_categories = is_inexact(pd.Series(raw.cat.categories))
        # The code of a missing cell is -1.
        return np.append(inexact_categories, False)[raw.cat.codes.to_numpy()]
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
    """Return the number up to which whole numbers are exact as floats of `itemsize` bytes."""
    return _LARGEST_EXACT_BY_SIZE.get(itemsize, _LARGEST_EXACT)


def _is_large_float(cell: Any) -> bool:
    """Return whether a cell is a float so large that the next whole numbers are rounded to it."""
    if not isinstance(cell, float | np.floating):
        return False
    itemsize = cell.itemsize if isinstance(cell, np.floating) else 8
    return abs(float(cell)) >= _largest_exact(itemsize)


def _is_rounded(text: str) -> bool:
    """Return whether a text is a number as programs write a float that may be rounded.

    Such are 9007199254740992.0, 1e+17, 4.53202E+15 and 4.53E11. Digits alone are exact, and 12e4567
    may be an id with the letter E.
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
    """Return whether a text looks like 1e17: a large float of some programs, or an id with an E."""
    return _SHORT_EXPONENT.fullmatch(text) is not None and _LARGEST_EXACT <= float(text) < np.inf


def as_objects(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as objects; floats of two and four bytes keep their type.

    pandas would make them floats of eight bytes, but `is_inexact` needs the size: it decides up to
    which number they are exact.
    """
    if raw.dtype.kind == "f" and getattr(raw.dtype, "itemsize", 8) < 8:
        return pd.Series(list(raw.to_numpy()), raw.index, dtype=object, name=raw.name)
    return raw.astype(object)


def has_nul(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells are text with a NUL character, at which other programs end the text."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    return np.asarray(raw.astype(str).str.contains("\0", regex=False).to_numpy(bool))


def groups_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as groups, (n,) of names (`names_of`); a blank cell is "unknown"."""
    return np.where(is_blank(raw), UNKNOWN, names_of(raw)).astype(object)


def is_flag(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells are true or false, which other libraries take for 1 and 0."""
    if raw.dtype != object or is_plain(raw):
        return np.full(len(raw), raw.dtype == bool)
    return np.array([isinstance(cell, bool | np.bool_) for cell in raw], bool)


def _is_empty(text: str) -> bool:
    """Return whether a text shows nothing."""
    return not visible_text.trim(text).strip(visible_text.BLANKS)


def _is_no_name(text: str) -> bool:
    """Return whether a text means "no value": by a word of `no_names`, or as punctuation only."""

    def is_dropped(letter: str, _: str) -> bool:
        return visible_text.is_invisible(letter) or letter in visible_text.BLANKS

    visible = visible_text.remove_characters(text, is_dropped)
    spaced = " ".join(re.split(r"[\s_-]+", visible.casefold()))
    phrase = re.sub(r"\s*/\s*", "/", spaced).strip()  # n / a becomes n/a
    if phrase[:1].isdecimal():
        return phrase in no_names.NUMBERS

    bare_phrase = phrase.strip(_BRACKETS + "* ").rstrip("?!. ").removesuffix(".0")
    words = bare_phrase.split()
    if phrase in no_names.WORDS or bare_phrase in no_names.WORDS:
        return True
    if len(words) > 1 and words[0] in no_names.NO and no_names.WHO.issuperset(words[1:]):
        return True
    if len(set(words)) == 1 and words[0] in no_names.REPEATED:
        return True
    return all(unicodedata.category(letter).startswith(("P", "Z")) for letter in phrase)


def _name(cell: Any) -> str:
    """Return the name that one cell holds, see `names_of`."""
    if isinstance(cell, str):
        text = visible_text.trim(cell)
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell.is_finite() and cell == cell.to_integral_value() else str(cell)
    if isinstance(cell, float | np.floating) and cell == cell // 1:
        return str(int(cell))
    return str(cell)
