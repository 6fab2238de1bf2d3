"""Who or what a row is about: names that tell one entity from another, and groups, which may be unknown."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import no_names

UNKNOWN = "unknown"  # the group of a row whose cell is empty
_NUMBER_OF_ONE = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
# Below 0: -1, codes of surveys such as -9 and -999, and what a missing float becomes as a whole number.
_NUMBER_OF_NONE = re.compile(r"[-\u2212]0*(?:[1289]|88+|99+|2147483648|9223372036854775808)(?:\.0*)?", re.ASCII)
_INVISIBLE = ("Cc", "Cf")
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Characters that show nothing but may change what stands beside them: joiners, variation selectors, tags of flags.
_SHAPING = frozenset(
    map(chr, (0x034F, 0x200C, 0x200D, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
) | frozenset(map(chr, range(0xE0020, 0xE0080)))
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are shown as a space
_BRACKETS = "()[]{}<>'\"`"
_LARGEST = 2.0**53  # whole numbers up to here are exact as floats
_LARGEST_OF = {2: 2.0**11, 4: 2.0**24}  # the same, of floats of 2 and 4 bytes
_SHORTENED = 1e11  # from here on, spreadsheets show six digits of a whole number and save what they show
_NUMBER = re.compile(r"[+-]?(\d+)(?:[.,](\d*))?(?:[eE]([+-]?)(\d+))?", re.ASCII)
_SHORT = re.compile(r"[1-9][eE]\d+", re.ASCII)


def is_blank(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is missing, or text of nothing but spaces and characters that show nothing (n,)."""
    empty = raw.isna().to_numpy(bool)
    return np.asarray(empty | _where(raw, _is_empty))


def names_nothing(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell names no entity (n,): it is blank, is one of the words that stand for "no value", whatever
    brackets, quotes and question marks stand around it, or holds nothing but punctuation.
    """
    return np.asarray(raw.isna().to_numpy(bool) | _where(raw, _is_no_name))


def names_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names (n,), strings that are equal where people read the same.

    Texts lose the space around them, and characters that show nothing there, and are composed (Unicode's NFC); a whole
    number is written alike whether it is stored as an integer, a float or a decimal. Texts stay as written otherwise:
    "007", "7" and "1e5" are three names.
    """
    if raw.dtype.kind in "iu":
        return np.asarray(raw.astype(str).to_numpy(object))
    cells = raw.to_numpy(object)
    flags = is_flag(raw)
    if flags.any():  # which are equal to 1 and 0 in Python
        cells = np.where(flags, raw.astype(str).to_numpy(object), cells)
    codes, distinct = pd.factorize(cells, use_na_sentinel=False)
    names = np.array([_name(cell) for cell in distinct], object)
    return names[codes] if len(names) else np.zeros(0, object)


def entities_of(raw: "pd.Series[Any]") -> np.ndarray:
    """Return a column as names (n,) as `names_of` does, also without characters inside that show nothing, such as a
    zero-width space. Those that may change their neighbours (a joiner among Persian letters) stay: see `twins`.
    """
    codes, distinct = pd.factorize(names_of(raw), use_na_sentinel=False)
    names = [unicodedata.normalize("NFC", _without(name, _changes_nothing)) for name in distinct]
    return np.array(names, object)[codes] if names else np.zeros(0, object)


def stands_for_none(names: np.ndarray) -> np.ndarray:
    """Return where a name is a number below 0 that programs write for none, as -1 (n,), and all others are numbers
    from 0 on.
    """
    distinct = [str(name) for name in pd.unique(names)]
    fillers = [name for name in distinct if _NUMBER_OF_NONE.fullmatch(name)]
    others = set(distinct).difference(fillers)
    if not fillers or not others or not all(_NUMBER_OF_ONE.fullmatch(name) for name in others):
        return np.zeros(len(names), bool)
    return np.isin(names.astype(str), fillers)


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
    same_number: dict[str, str] = {}
    alike: dict[str, str] = {}
    repeated = forms.duplicated(keep=False)
    for _, group in distinct[repeated].groupby(forms[repeated]):
        first, *others = sorted(group, key=lambda name: (len(name), name))
        for name in others:
            without_zeros = _without_decimals(name)
            if without_zeros != name and without_zeros in set(group):
                same_number[name] = without_zeros
            else:
                alike[name] = first
    return same_number, alike


def _form(name: str) -> str:
    """Return what is equal of names that are likely to mean the same."""
    visible = _without(name, lambda letter, _: _is_unseen(letter))
    form = " ".join(_without_decimals(visible).casefold().strip("'\"`").split())
    return form.lstrip("0") or form if form.isdecimal() else form


def _without_decimals(name: str) -> str:
    """Return "1" of "1.0", and any other name as it is."""
    whole, point, decimals = name.partition(".")
    return whole if point and not decimals.strip("0") and whole.lstrip("+-").isdecimal() else name


def is_plain(raw: "pd.Series[Any]") -> bool:
    """Return whether all cells of a column of objects are text, or all are numbers; missing ones aside."""
    plain = ("string", "integer", "floating", "mixed-integer-float", "decimal", "empty")
    return pd.api.types.infer_dtype(raw, skipna=True) in plain


def is_inexact(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is a float from 2**53 on (n,), or 2**24 of four bytes, or text as programs write such a
    float, or as spreadsheets round a number (`_is_rounded`): two different names may have been rounded to it.
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        inexact = is_inexact(pd.Series(raw.cat.categories))
        return np.append(inexact, False)[raw.cat.codes.to_numpy()]  # the code of a missing cell is -1
    if raw.dtype.kind == "f":
        largest = _LARGEST_OF.get(getattr(raw.dtype, "itemsize", 8), _LARGEST)
        return np.asarray(np.abs(raw.to_numpy(float)) >= largest)
    if raw.dtype.kind in "iubmM":
        return np.zeros(len(raw), bool)

    is_float = np.array([isinstance(cell, float | np.floating) and _is_beyond(cell) for cell in raw], bool)
    is_text = np.array([isinstance(cell, str) for cell in raw], bool)
    rounded = _where(raw, _is_rounded)
    short = _where(raw, _is_short_exponent) & is_text
    if short.any() and pd.to_numeric(raw, errors="coerce").notna().all():
        rounded |= short
    return np.asarray(is_float | (is_text & rounded))


def _is_beyond(number: "float | np.floating[Any]") -> bool:
    """Return whether a float is so large that whole numbers beside it are rounded to it."""
    itemsize = number.itemsize if isinstance(number, np.floating) else 8
    return abs(float(number)) >= _LARGEST_OF.get(itemsize, _LARGEST)


def _is_rounded(text: str) -> bool:
    """Return whether a text is a number as programs write a float that may be rounded: 9007199254740992.0, 1e+17,
    4.53202E+15 or 4.53E11. Digits alone are exact, and so is what may be an id of digits and an E, as 12e4567.
    """
    match = _NUMBER.fullmatch(_trimmed(text))
    if match is None:
        return False
    whole, decimals, sign, exponent = match.groups()
    if exponent is None:
        return decimals is not None and not decimals.strip("0") and float(whole) >= _LARGEST
    value = float(f"{whole}.{decimals or 0}e{sign}{exponent}")
    if decimals is not None:
        return len(exponent) > 1 or value >= _LARGEST
    return sign == "+" and value >= _SHORTENED


def _is_short_exponent(text: str) -> bool:
    """Return whether a text is 1e17, which some programs write for a float, or an id of digits and an E."""
    return _SHORT.fullmatch(text) is not None and _LARGEST <= float(text) < np.inf


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


def _where(raw: "pd.Series[Any]", holds: Callable[[str], bool]) -> np.ndarray:
    """Return where something holds of a cell's text (n,); of numbers and times it holds nowhere."""
    if raw.dtype.kind in "iufbmM":
        return np.zeros(len(raw), bool)
    codes, distinct = pd.factorize(raw.astype(str).to_numpy(object), use_na_sentinel=False)
    holding = np.array([holds(str(text)) for text in distinct], bool)
    return holding[codes] if len(holding) else np.zeros(len(raw), bool)


def _is_empty(text: str) -> bool:
    return not _trimmed(text).strip(_BLANKS)


def _is_no_name(text: str) -> bool:
    visible = _without(text, lambda letter, _: _is_unseen(letter) or letter in _BLANKS)
    shown = re.sub(r"\s*/\s*", "/", " ".join(re.split(r"[\s_-]+", visible.casefold())).strip())
    if shown[:1].isdecimal():
        return shown in no_names.NUMBERS

    bare = shown.strip(_BRACKETS + "* ").rstrip("?!. ").removesuffix(".0")
    words = bare.split()
    return (
        shown in no_names.WORDS
        or bare in no_names.WORDS
        or (len(words) > 1 and words[0] in no_names.NO and no_names.WHO.issuperset(words[1:]))
        or (len(set(words)) == 1 and words[0] in no_names.REPEATED)
        or all(unicodedata.category(letter).startswith(("P", "Z")) for letter in shown)
    )


def _without(text: str, is_dropped: Callable[[str, str], bool]) -> str:
    """Return a text without the characters of which, and of the one before, `is_dropped` holds."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter for before, letter in zip(" " + text, text, strict=False) if not is_dropped(letter, before))


def _is_unseen(letter: str) -> bool:
    """Return whether a character shows nothing, not even a space."""
    if letter in _SHAPING:
        return True
    return unicodedata.category(letter) in _INVISIBLE and letter not in _VISIBLE_FORMATS and not letter.isspace()


def _changes_nothing(letter: str, before: str) -> bool:
    """Return whether a character shows nothing, and changes nothing of the one `before`: Latin letters have no forms
    that hang on their neighbours, as Arabic and Indic ones and pictures do.
    """
    if letter in _SHAPING:
        return before.isascii() or unicodedata.name(before, "").startswith("LATIN ")
    return _is_unseen(letter)


def _name(cell: Any) -> str:
    if isinstance(cell, str):
        text = _trimmed(cell)
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(cell, Decimal):
        return str(int(cell)) if cell.is_finite() and cell == cell.to_integral_value() else str(cell)
    if isinstance(cell, float | np.floating) and cell == cell // 1:
        return str(int(cell))
    return str(cell)


def _trimmed(text: str) -> str:
    """Return a text without outer spaces, and without characters there that show nothing."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    while text and unicodedata.category(text[0]) in _INVISIBLE:
        text = text[1:].lstrip()
    while text and unicodedata.category(text[-1]) in _INVISIBLE:
        text = text[:-1].rstrip()
    return text
