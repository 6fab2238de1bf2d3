"""Names of a raw table's columns."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hallmark.errors import InputError


def require_unique(names: Sequence[str], path: Path) -> None:
    """Raise `InputError` where two columns of the file have one name, outer spaces aside."""
    counts = Counter(name.strip() for name in names)
    repeated = sorted(name for name, count in counts.items() if count > 1)
    if repeated:
        raise InputError(f"{path} has the column {repeated[0]!r} {counts[repeated[0]]} times: rename all but one")
