"""The episodes contract: one row for each scorer and episode, with the metrics that are of an episode, such as return.

An episode is a run in which a scorer acts, such as a policy that drives a simulated robot. It is no example: it has no
label and no prediction, so it stands in a table of its own beside the predictions. A system's diagnostics measure it.

Columns: `scorer`, `id`, `split`, `entity`, `group.<name>`, and `score.<metric>` with `weight.<metric>`, as in the
predictions table. The table has no rows where diagnostics measure no episodes.
"""

from pathlib import Path

import pandas as pd

from hallmark.contracts.predictions import WEIGHT, read_table
from hallmark.errors import InputError

REQUIRED = ("scorer", "id", "split", "entity")


def none() -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame(columns=list(REQUIRED), dtype=object)


def write(episodes: pd.DataFrame, path: Path) -> None:
    """Write the table as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    episodes.to_parquet(path, index=False)


def read(path: Path) -> pd.DataFrame:
    """Read the table. Raises `InputError` where it is missing, half-written, or lacks a column that it must have."""
    return read_table(path, "episodes", required=REQUIRED)


def with_episodes(predictions: pd.DataFrame, episodes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both tables as one, to measure metrics of examples and of episodes together, by entity.

    The episodes stand last. A row has weight 0 in the metrics of the other table, and an episode has no prediction.
    Raises `InputError` where an episode is of a scorer that made no predictions.
    """
    if episodes.empty:
        return predictions

    unknown_scorers = sorted(set(episodes["scorer"]) - set(predictions["scorer"]))
    if unknown_scorers:
        raise InputError(f"the episodes are of {unknown_scorers[0]!r}, which is none of the scorers")

    rows = pd.concat([predictions, episodes], ignore_index=True)
    weights = [column for column in rows.columns if column.startswith(WEIGHT)]
    return rows.fillna(dict.fromkeys(weights, 0.0))
