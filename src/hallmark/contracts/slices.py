"""Slices: the examples that share the value of a group, or of several: {"age": "under 35", "region": "east"}."""

import json
from collections.abc import Mapping

AND = " & "


def slice_name(values: Mapping[str, str]) -> str:
    """Return a slice as people read it: "sex=f", or "sex=f & age=old".

    No two slices share a name: a group or a value that could be mistaken for more than one part stands in quotation
    marks.
    """
    return AND.join(f"{_quoted(group, '=')}={_quoted(value)}" for group, value in values.items())


def _quoted(text: str, *also: str) -> str:
    """Return `text`, in quotation marks where it holds what divides a name: " & ", or one of `also`."""
    dividers = (AND, *also)
    is_ambiguous = text.startswith('"') or any(divider in text for divider in dividers)
    return json.dumps(text, ensure_ascii=False) if is_ambiguous else text
