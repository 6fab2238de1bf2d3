"""The predictions contract: a table with one row per scored example and scorer.

Metrics, bias and drift read it.

Columns:

scorer: "model", or a baseline's name.
id, split, entity, label, group.<name>: Those of the example; `time` too where it has one.
prediction: The answer, as text.
confidence: The probability of the positive label where the decision names one, else as `certainty`.
certainty: The probability that the prediction is right.
mistake: Whether the prediction is wrong. These two only where an answer is either right or wrong.
predicted.<name>, true.<name>: For each number that the answer consists of, in its own unit.
item.1, item.2, …, probability.1, probability.2, …: Where the answer is a ranking, its first items,
    each a position in the catalogue, with their probabilities; `true.item` is the one that was
    right.
score.<metric>, weight.<metric>: For each metric that is a weighted mean over rows. A row of weight
    0 does not count in that metric.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pyarrow import ArrowException

from hallmark.contracts.findings import MODEL as MODEL  # the name of the model among the scorers
from hallmark.errors import InputError
from hallmark.files import require

RULE = "rule"  # the scorer that learns nothing: a fixed rule
REQUIRED = ("scorer", "id", "split")
SCORE, WEIGHT = "score.", "weight."
PREDICTED, TRUE = "predicted.", "true."
ITEM, PROBABILITY = "item.", "probability."


def write(predictions: pd.DataFrame, path: Path) -> None:
    """Write the table as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(path, index=False)


def read(path: Path) -> pd.DataFrame:
    """Read the table.

    Raises `InputError` where it is missing, half-written, or lacks a column that it must have.
    """
    return read_table(path, "predictions", required=REQUIRED)


def read_table(path: Path, content: str, *, required: Sequence[str]) -> pd.DataFrame:
    """Read a Parquet table that evaluate wrote.

    Raises `InputError` where it is missing, half-written, or lacks a `required` column; `content`
    names its rows in the error, in the plural: "predictions".
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
    """Return a scorer's rows on one split, sorted by id: row i is the same example for all scorers."""
    rows = predictions[(predictions["scorer"] == scorer) & (predictions["split"] == split)]
    return rows.sort_values("id", ignore_index=True)
