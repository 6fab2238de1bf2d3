"""Performance change: the model's metric on the recent window compared with that on the test split."""

import pandas as pd

from hallmark.contracts.findings import Finding
from hallmark.metrics import METRICS, Measurement


def performance_finding(
    predictions: pd.DataFrame, metric: str, *, positive: str | None, confidence: float = 0.95, seed: int
) -> Finding:
    """Return the difference of a metric between recent window and test split, > 0 where the recent window is better.

    `predictions` are the model's rows. The two splits share no entity, so the limits are those of
    independent samples. Where the predictions have labels, rows without one are left out; if no
    recent row has one, there is no estimate.
    """
    rows = predictions[predictions["split"].isin(("test", "recent"))]
    if "label" in rows:
        rows = rows[rows["label"].notna()]

    recent = {"recent": (rows["split"] == "recent").to_numpy()}
    measurement = Measurement(rows, [metric], slices=recent, positive=positive, seed=seed)
    gap = measurement.difference(confidence=confidence)[metric, "recent"]

    label = METRICS[metric].label
    reason = f"{label} on the recent window against the test split, in {METRICS[metric].unit}; above 0 it got better."
    if gap.estimate is None:
        reason = f"{label} could not be compared: the recent window or the test split has no rows that count."
    return Finding.from_interval("drift.error", gap, metric=metric, reason=reason)
