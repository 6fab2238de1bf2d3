"""The table of scorers: each metric of each scorer on each split, with its interval."""

from collections.abc import Sequence

import pandas as pd
from rich.progress import Progress

from hallmark.contracts.predictions import MODEL, SCORE, WEIGHT
from hallmark.metrics import Measurement
from hallmark.metrics.statistics import Interval

COLUMNS = ("scorer", "split", "metric", "estimate", "low", "high", "n", "rows")
ScorerRows = dict[tuple[str, str], pd.DataFrame]  # predictions by scorer and split
_READ = ("id", "entity", "label", "prediction", "confidence", "certainty", "mistake")


def rows_by_scorer(table: pd.DataFrame) -> ScorerRows:
    """Return the predictions of each scorer on each split, sorted by id: rows of two scorers correspond by position.

    Ids and entities become integers in their sorted order: every interval sorts entities, and text
    sorts ten times as slowly. Groups and times are left out, since nothing here reads them.
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
    """Return a table of `COLUMNS` with a row for each scorer, split and metric.

    `low` and `high` are 95 % limits, `n` counts entities and `rows` the rows that count for the
    metric. The model is measured on every split, the others on validation, where the best of them
    is chosen, and on test.
    """
    compared_keys = [(scorer, split) for scorer, split in rows if scorer == MODEL or split in ("validation", "test")]

    records: list[tuple[object, ...]] = []
    for scorer, split in progress.track(compared_keys, description="measuring"):
        scorer_rows = rows[scorer, split]
        measurement = Measurement(scorer_rows, metrics, positive=positive, seed=seed)
        for metric, value in measurement.overall.items():
            n_rows = _count_rows(scorer_rows, metric)
            records.append((scorer, split, metric, value.estimate, value.low, value.high, value.n, n_rows))
    return pd.DataFrame(records, columns=list(COLUMNS))


def _count_rows(rows: pd.DataFrame, metric: str) -> int:
    """Return how many rows count for a metric: those with a weight or, without weights, those with a prediction."""
    counts = rows[WEIGHT + metric] > 0 if WEIGHT + metric in rows else rows["prediction"].notna()
    return int(counts.sum())


def interval(scorer_table: pd.DataFrame, scorer: str, split: str, metric: str) -> Interval:
    """Return the measured value of one scorer, split and metric from a table of scorers."""
    is_scorer = (scorer_table["scorer"] == scorer) & (scorer_table["split"] == split)
    row = scorer_table[is_scorer & (scorer_table["metric"] == metric)].iloc[0]
    return Interval(
        estimate=_number(row["estimate"]), low=_number(row["low"]), high=_number(row["high"]), n=int(row["n"])
    )


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
