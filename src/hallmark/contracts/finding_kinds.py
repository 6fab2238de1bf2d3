"""The type of value that each field of a finding has, in Python and in JSON."""

from collections.abc import Mapping
from math import isfinite, isnan
from types import NoneType
from typing import Any

_TEXT = ((str,), "text")
_NUMBER = ((int, float, NoneType), "a number or null")

# By field: the types of its value, and how an error names them. JSON has no tuples, it has lists.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "check": _TEXT,
    "metric": _TEXT,
    "slice": ((Mapping,), "texts by group"),
    "groups": ((list, tuple), "a list of texts"),
    "column": _TEXT,
    "label": _TEXT,
    "scorer": _TEXT,
    "against": _TEXT,
    "case": _TEXT,
    "estimate": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "n": ((int,), "a whole number"),
    "requirement": _TEXT,
    "verdict": _TEXT,
    "needed": ((int, NoneType), "a whole number or null"),
    "reason": _TEXT,
}


def require_kind(name: str, value: Any) -> None:
    """Raise `ValueError` where the value of the field `name` has another type than KINDS gives.

    Keys and values of an object and items of a list must be texts; a number must not be NaN.
    """
    types, description = KINDS[name]
    if not isinstance(value, types) or isinstance(value, bool):  # to Python, true and false are integers
        raise ValueError(f"{name} is {value!r}, must be {description}")
    if isinstance(value, float) and isnan(value):
        raise ValueError(f"{name} is {value!r}, must be a number, or None where nothing could be estimated")

    parts: list[Any] = []
    if isinstance(value, Mapping):
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        parts = [*value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(f"{name} is {value!r}, must be {description}")


def require_finite(name: str, value: Any) -> None:
    """Raise `ValueError` where the JSON value of the field `name` is an infinite number.

    JSON's 1e999 is read as infinite, and a whole number can be too large for a float.
    """
    if KINDS[name] != _NUMBER or value is None:
        return
    try:
        is_finite = isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise ValueError(f"{name} is {value!r}, must be finite, or null where nothing could be estimated")
