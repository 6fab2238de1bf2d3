"""The episodes contract: a table with one row per scorer and episode.

An episode is a run in which a scorer acts, such as a policy that drives a simulated robot; a
system's diagnostics measure its metrics, such as the return. It has no label and no prediction:
that is why episodes are a table of their own beside the predictions.

Columns: `scorer`, `id`, `split`, `entity`, `group.<name>`, and `score.<metric>` with
`weight.<metric>`, as in the predictions contract. The table is empty where a system has no
episodes.
"""

from pathlib import Path

import pandas as pd

from hallmark.contracts.predictions import WEIGHT, read_table
from hallmark.errors import InputError

REQUIRED = ("scorer", "id", "split", "entity")


def none() -> pd.DataFrame:
    """Return an empty table of episodes."""
    return pd.DataFrame(columns=list(REQUIRED), dtype=object)


def write(episodes: pd.DataFrame, path: Path) -> None:
    """Write the table as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    episodes.to_parquet(path, index=False)


def read(path: Path) -> pd.DataFrame:
    """Read the table.

    Raises `InputError` where it is missing, half-written, or lacks a column that it must have.
    """
    return read_table(path, "episodes", required=REQUIRED)


def with_episodes(predictions: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Return one table of predictions, then episodes, so that a `Measurement` covers metrics of both.

    A row has weight 0 in the metrics that only the other table has. The prediction of an episode is
    missing. Raises `InputError` where an episode is of a scorer that has no predictions.
    """
    if episodes.empty:
        return predictions

    unknown_scorers = sorted(set(episodes["scorer"]) - set(predictions["scorer"]))
    if unknown_scorers:
        raise InputError(f"the episodes are of {unknown_scorers[0]!r}, which is none of the scorers")

    rows = pd.concat([predictions, episodes], ignore_index=True)
    weights = [column for column in rows.columns if column.startswith(WEIGHT)]
    return rows.fillna(dict.fromkeys(weights, 0.0))
