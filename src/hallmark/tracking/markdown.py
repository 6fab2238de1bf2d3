"""Markdown that is safe to show: values of data or configuration are text in it, never markup."""

import html
import re
from collections.abc import Sequence
from typing import Any

from hallmark.errors import printable

_MARKUP = re.compile(r"([\\`*_\[\]|~#!$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)  # bare addresses become links, too


def escape(value: Any) -> str:
    """Return `value` as one line of text without any Markdown, HTML or link."""
    line = printable(" ".join(str(value).split()))
    return _MARKUP.sub(r"\\\1", html.escape(line, quote=False))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; the cells are Markdown already."""
    return ["", f"| {' | '.join(header)} |", "|---" * len(header) + "|", *(f"| {' | '.join(r)} |" for r in rows), ""]
