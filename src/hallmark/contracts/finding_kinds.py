"""The type of value that each field of a finding has in JSON."""

from math import isfinite
from types import NoneType
from typing import Any

_TEXT = ((str,), "text")
_NUMBER = ((int, float, NoneType), "a number or null")

# By field: the Python types of its JSON value, and how an error names them.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "check": _TEXT,
    "metric": _TEXT,
    "slice": ((dict,), "texts by group"),
    "groups": ((list,), "a list of texts"),
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
    """Raise `ValueError` where the JSON value of the field `name` has another type than KINDS gives.

    Keys and values of an object and items of a list must be texts; a number must be finite.
    """
    types, description = KINDS[name]
    if not isinstance(value, types) or isinstance(value, bool):  # to Python, true and false are integers
        raise ValueError(f"{name} is {value!r}, must be {description}")
    if types == _NUMBER[0] and not _is_finite(value):
        raise ValueError(f"{name} is {value!r}, must be finite, or null where nothing could be estimated")

    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, list):
        parts = value
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(f"{name} is {value!r}, must be {description}")


def _is_finite(value: Any) -> bool:
    """Return whether a number is finite as a float; None counts as finite.

    JSON's 1e999 is read as infinite, and a whole number can be too large for a float.
    """
    try:
        return value is None or isfinite(value)
    except OverflowError:
        return False
