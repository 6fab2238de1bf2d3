"""Names and texts as SQL has them, whatever their characters."""

from collections.abc import Iterable

ROW = "__row"  # the column of a database's tables that has the number of the row


def quoted(name: str) -> str:
    """Return a name of a column or table."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Return names, separated by commas."""
    return ", ".join(map(quoted, names))


def literal(text: str) -> str:
    """Return a text."""
    return "'" + text.replace("'", "''") + "'"
