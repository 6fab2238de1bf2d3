"""Statistics with confidence limits that allow for rows of one entity being alike.

See `docs/statistics.md`.

Letters in shapes: n rows, G entities of the whole table (also those without rows in a subset).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence limits, each None where it can't be estimated.

    `n` counts entities, not rows.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
