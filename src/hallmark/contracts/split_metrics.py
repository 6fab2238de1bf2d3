"""The metrics of one split: the model's estimates, as `dvc metrics` and `dvc exp show` read them.

There is a file for validation, by which one may choose, and one for test, by which a model is
judged. A number has as many digits as mean something: two of its standard error.
"""

import json
from math import floor, log10
from pathlib import Path
from typing import Any

import pandas as pd

from hallmark.contracts.findings import MODEL
from hallmark.errors import InputError
from hallmark.files import require

Estimates = dict[str, float | None]  # by metric
_HALF_WIDTH = 1.96  # of a 95 % interval, in standard errors
_SIGNIFICANT = 4  # digits of an estimate without an interval


def of(scorer_table: pd.DataFrame, split: str) -> Estimates:
    """Return the model's rounded estimates on one split, in the table's order; none where it was not measured.

    `scorer_table` has the columns scorer, split, metric, estimate, low and high. An estimate that
    is not known is None.
    """
    rows = scorer_table[(scorer_table["scorer"] == MODEL) & (scorer_table["split"] == split)]
    columns = (rows[name] for name in ("metric", "estimate", "low", "high"))
    return {str(metric): rounded(*numbers) for metric, *numbers in zip(*columns, strict=True)}


def rounded(estimate: float, low: float, high: float) -> float | None:
    """Round an estimate to two digits of its standard error, which is taken from its 95 % limits.

    Without limits, or with equal ones, four digits of the estimate are left. NaN is None.
    """
    if pd.isna(estimate):
        return None
    width = high - low  # NaN where a limit is
    if width > 0:
        decimals = 1 - floor(log10(width / (2 * _HALF_WIDTH)))
        return round(float(estimate), decimals)
    return float(f"{estimate:.{_SIGNIFICANT}g}")


def write(estimates: Estimates, path: Path, *, task: str, split: str) -> None:
    """Write `{task: {split: {metric: estimate}}}` as JSON, so that DVC's column is `task.split.metric`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({task: {split: estimates}}, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path, *, task: str, split: str) -> Estimates:
    """Read what `write` wrote.

    Raises `InputError` where the file is missing, or holds something else.
    """
    text = require(path, "the file of metrics").read_text(encoding="utf-8", errors="replace")
    try:
        content: Any = json.loads(text)
        estimates: Estimates = dict(content[task][split])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} has no metrics of {task} on {split} ({error!r}): run evaluate again") from error
    return estimates
