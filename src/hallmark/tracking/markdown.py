"""Markdown that is safe to show: what comes from data or configuration is text there, never markup."""

import html
import re
from collections.abc import Sequence
from typing import Any

from hallmark.errors import printable

_MARKUP = re.compile(r"([\\`*_\[\]|~#!$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)  # bare addresses become links, too


def escape(value: Any) -> str:
    """Return one line of text that neither Markdown nor HTML takes for markup, and of which no part is a link."""
    line = printable(" ".join(str(value).split()))
    return _MARKUP.sub(r"\\\1", html.escape(line, quote=False))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table; the cells are Markdown already."""
    return ["", f"| {' | '.join(header)} |", "|---" * len(header) + "|", *(f"| {' | '.join(r)} |" for r in rows), ""]
