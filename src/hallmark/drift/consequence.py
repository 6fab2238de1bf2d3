"""What the change did to the model: its headline metric on the recent window against the test split."""

import pandas as pd

from hallmark import metrics
from hallmark.contracts.findings import Finding


def error(
    predictions: pd.DataFrame, metric: str, *, positive: str | None, confidence: float = 0.95, seed: int
) -> Finding:
    """Return the metric on the recent window minus that on the test split (> 0: better than when it was tested).

    `predictions` are the model's rows. The two splits share no entity, so the limits are those of independent samples.
    Rows without a label count for nothing; where no recent row has one, nothing is estimated.
    """
    rows = predictions[predictions["split"].isin(("test", "recent"))]
    rows = rows[rows["label"].notna()] if "label" in rows else rows
    members = {"recent": (rows["split"] == "recent").to_numpy()}
    gap = metrics.gaps(rows, members, [metric], positive=positive, confidence=confidence, seed=seed)[metric, "recent"]
    label, unit = metrics.METRICS[metric].label, metrics.METRICS[metric].unit
    why = f"{label} on the recent window against the test split, in {unit}; above 0 it got better."
    if gap.estimate is None:
        why = f"{label} could not be compared: the recent window or the test split has no rows that count."
    return Finding.from_interval("drift.error", gap, metric=metric, why=why)
