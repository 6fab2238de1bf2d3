"""The table of scorers: each metric of each scorer on each split, with its interval."""

from collections.abc import Sequence

import pandas as pd
from rich.progress import Progress

from hallmark.contracts.predictions import MODEL, SCORE, WEIGHT
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval

COLUMNS = ("scorer", "split", "metric", "estimate", "low", "high", "n", "rows")
ScorerRows = dict[tuple[str, str], pd.DataFrame]  # by scorer and split
_READ = ("id", "entity", "label", "prediction", "confidence", "certainty", "mistake")


def rows_by_scorer(table: pd.DataFrame) -> ScorerRows:
    """Return the predictions of each scorer on each split, ordered by id, so that two scorers are paired by position.

    Ids and entities are numbered in their order: every interval sorts entities, and sorting text takes ten times as
    long. Groups and times are left out.
    """
    columns = [name for name in table.columns if name in _READ or name.startswith((SCORE, WEIGHT))]
    numbers = {key: pd.factorize(table[key], sort=True)[0] for key in ("id", "entity")}
    numbered = table[["scorer", "split", *columns]].assign(**numbers)

    return {
        (str(scorer), str(split)): rows.sort_values("id", ignore_index=True)
        for (scorer, split), rows in numbered.groupby(["scorer", "split"], sort=False)
    }


def compare_scorers(
    rows: ScorerRows, metrics: Sequence[str], *, positive: str | None, seed: int, progress: Progress
) -> pd.DataFrame:
    """Return COLUMNS with a row for each scorer, split and metric: 95 % intervals, `n` entities.

    The model is measured on every split, the others on test, and on validation, where the best of them is chosen.
    """
    measured_parts = {key: part for key, part in rows.items() if key[0] == MODEL or key[1] in ("validation", "test")}

    records: list[tuple[object, ...]] = []
    for (scorer, split), part in progress.track(measured_parts.items(), description="measuring"):
        measurement = Measurement(part, metrics, positive=positive, seed=seed)
        for metric, level in measurement.overall.items():
            counted_rows = _count_rows(part, metric)
            records.append((scorer, split, metric, level.estimate, level.low, level.high, level.n, counted_rows))
    return pd.DataFrame(records, columns=list(COLUMNS))


def _count_rows(rows: pd.DataFrame, metric: str) -> int:
    """Return how many rows count for a metric."""
    counts = rows[WEIGHT + metric] > 0 if WEIGHT + metric in rows else rows["prediction"].notna()
    return int(counts.sum())


def interval(compared: pd.DataFrame, scorer: str, split: str, metric: str) -> Interval:
    """Return one row of a table of scorers as it was measured."""
    matches = (compared["scorer"] == scorer) & (compared["split"] == split) & (compared["metric"] == metric)
    row = compared[matches].iloc[0]
    estimate, low, high = (None if pd.isna(row[key]) else float(row[key]) for key in ("estimate", "low", "high"))
    return Interval(estimate, low, high, int(row["n"]))


def model_estimates(compared: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return the model's estimates, {split: {metric: estimate}}: few enough numbers for `dvc metrics diff` to show."""
    rows = compared[compared["scorer"] == MODEL]
    estimates: dict[str, dict[str, float | None]] = {split: {} for split in dict.fromkeys(rows["split"])}
    for split, metric in zip(rows["split"], rows["metric"], strict=True):
        estimates[split][metric] = interval(compared, MODEL, split, metric).estimate
    return estimates
