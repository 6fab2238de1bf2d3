"""The kind of value that each field of a finding holds in JSON."""

from math import isfinite
from types import NoneType
from typing import Any

_TEXT = ((str,), "text")
_NUMBER = ((int, float, NoneType), "a number or null")
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
    """Raise `ValueError` where the value of the field `name` is of another kind, or a number that is not finite."""
    kinds, words = KINDS[name]
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}, must be {words}")
    if kinds is _NUMBER[0] and not _is_finite(value):
        raise ValueError(f"{name} is {value!r}, must be finite, or null where nothing could be estimated")

    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(f"{name} is {value!r}, must be {words}")


def _is_finite(value: Any) -> bool:
    """JSON's 1e999 is read as infinite, and a whole number may be too large for a float."""
    try:
        return value is None or isfinite(value)
    except OverflowError:
        return False
