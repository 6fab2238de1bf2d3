"""The predictions contract: one row for each scored example and scorer; every metric, group, drift and figure reads it.

Columns: `scorer` ("model", or a baseline's name), `id`, `split`, `entity`, `time` (optional), `group.<name>`, `label`,
`prediction` (text), `confidence` (the probability of the positive label where the decision names one, else that the
prediction is right), `certainty` (the probability that the prediction is right) and `mistake` (whether it is wrong),
where an answer can be right or wrong, and `score.<metric>` with `weight.<metric>` for every metric that is a weighted
mean. A row of weight 0 says nothing of that metric.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pyarrow import ArrowException

from hallmark.contracts.findings import MODEL as MODEL  # the name of the model among the scorers
from hallmark.errors import InputError
from hallmark.files import require

RULE = "rule"  # the name of the fixed rule among the scorers: it learns nothing
REQUIRED = ("scorer", "id", "split")
SCORE, WEIGHT = "score.", "weight."


def write(predictions: pd.DataFrame, path: Path) -> None:
    """Write the table as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(path, index=False)


def read(path: Path) -> pd.DataFrame:
    """Read the table. Raises `InputError` where it is missing, half-written, or lacks a column that it must have."""
    return read_table(path, "predictions", required=REQUIRED)


def read_table(path: Path, content: str, *, required: Sequence[str]) -> pd.DataFrame:
    """Read a Parquet table that evaluate wrote; `content` says in the plural what its rows are.

    Raises `InputError` where it is missing, half-written, or lacks a `required` column.
    """
    require(path, f"the {content} table")
    try:
        table = pd.read_parquet(path)
    except (ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is no whole table of {content} ({reason}): run evaluate again") from error

    missing_columns = [name for name in required if name not in table]
    if missing_columns:
        raise InputError(f"{path} lacks the columns {', '.join(missing_columns)}: run evaluate again")
    return table


def of(predictions: pd.DataFrame, scorer: str = MODEL, split: str = "test") -> pd.DataFrame:
    """Return the rows of one scorer on one split, ordered by id, so that two scorers are paired by position."""
    rows = predictions[(predictions["scorer"] == scorer) & (predictions["split"] == split)]
    return rows.sort_values("id", ignore_index=True)
