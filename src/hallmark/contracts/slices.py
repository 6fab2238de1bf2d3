"""Slices: all examples with one value of a group, or of several, {"age": "under 35", "sex": "f"}."""

import json
from collections.abc import Mapping

AND = " & "
UNKNOWN = "unknown"  # the value of a group where a row's cell is empty


def slice_name(values: Mapping[str, str]) -> str:
    """Return the name of the slice with these values by group: "sex=f", or "sex=f & age=old".

    Different slices have different names: a group or a value that contains " & ", and a group that
    contains "=", are in quotation marks.
    """
    return AND.join(f"{_quote(group, AND, '=')}={_quote(value, AND)}" for group, value in values.items())


def _quote(text: str, *separators: str) -> str:
    """Return `text`, as a JSON string where it contains a separator or begins with a quote."""
    is_ambiguous = text.startswith('"') or any(separator in text for separator in separators)
    return json.dumps(text, ensure_ascii=False) if is_ambiguous else text
