"""From predictions to numbers with intervals: a tidy table of every scorer, split and metric."""

from collections.abc import Sequence

import pandas as pd
from rich.progress import Progress

from hallmark.contracts import predictions
from hallmark.contracts.predictions import MODEL, WEIGHT
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval

Slices = dict[tuple[str, str], pd.DataFrame]  # by scorer and split
_READ = ("id", "entity", "label", "prediction", "confidence", "certainty", "mistake")
COLUMNS = ("scorer", "split", "metric", "estimate", "low", "high", "n", "rows")


def slices(table: pd.DataFrame) -> Slices:
    """Return the predictions of each scorer on each split, ordered by id, so that two scorers are paired by position.

    Ids and entities are numbered in their order: every interval sorts entities, and sorting text takes ten times as
    long. Groups and times are left out.
    """
    kept = [c for c in table.columns if c in _READ or c.startswith((predictions.SCORE, predictions.WEIGHT))]
    numbered = {key: pd.factorize(table[key], sort=True)[0] for key in ("id", "entity")}
    parts = table[["scorer", "split", *kept]].assign(**numbered).groupby(["scorer", "split"], sort=False)
    return {(str(scorer), str(split)): rows.sort_values("id", ignore_index=True) for (scorer, split), rows in parts}


def comparison(
    rows: Slices, metrics: Sequence[str], *, positive: str | None, seed: int, progress: Progress
) -> pd.DataFrame:
    """Return COLUMNS with a row for each scorer, split and metric: 95 % intervals, `n` entities.

    The model is measured on every split, the others on test, and on validation, where the best of them is chosen.
    """
    wanted = {key: part for key, part in rows.items() if key[0] == MODEL or key[1] in ("validation", "test")}
    records: list[tuple[object, ...]] = []
    for (scorer, split), part in progress.track(wanted.items(), description="measuring"):
        measurement = Measurement(part, metrics, positive=positive, seed=seed)
        for metric, found in measurement.overall.items():
            counts = part[WEIGHT + metric] > 0 if WEIGHT + metric in part else part["prediction"].notna()
            counted = int(counts.sum())
            records.append((scorer, split, metric, found.estimate, found.low, found.high, found.n, counted))
    return pd.DataFrame(records, columns=list(COLUMNS))


def interval(compared: pd.DataFrame, scorer: str, split: str, metric: str) -> Interval:
    """Return one row of a comparison as it was measured."""
    at = (compared["scorer"] == scorer) & (compared["split"] == split) & (compared["metric"] == metric)
    row = compared[at].iloc[0]
    estimate, low, high = (None if pd.isna(row[key]) else float(row[key]) for key in ("estimate", "low", "high"))
    return Interval(estimate, low, high, int(row["n"]))


def summary(compared: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return the model's estimates, {split: {metric: estimate}}: few enough numbers for `dvc metrics diff` to show."""
    rows = compared[compared["scorer"] == MODEL]
    found: dict[str, dict[str, float | None]] = {split: {} for split in dict.fromkeys(rows["split"])}
    for split, metric in zip(rows["split"], rows["metric"], strict=True):
        found[split][metric] = interval(compared, MODEL, split, metric).estimate
    return found
