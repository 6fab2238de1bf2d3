"""The mathematics of evidence: intervals that cover, by entity. See `docs/statistics.md`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """An estimate and its confidence interval. `n` counts entities, not rows; what cannot be estimated is None."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int
