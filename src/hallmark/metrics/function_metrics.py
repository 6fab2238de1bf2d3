"""Any smooth function of predictions as a metric, with an interval."""

import inspect
import reprlib
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.metrics.metric import RANGES, ROUNDING, Metric, PreparedMetric
from hallmark.metrics.prediction_table import PredictionTable
from hallmark.metrics.statistics.influence import Estimate, InfluenceEstimate
from hallmark.metrics.statistics.intervals import UNKNOWN, Limits, hall_limits, score_limits
from hallmark.metrics.statistics.jackknife import block_jackknife, divide_entities


@dataclass(frozen=True, kw_only=True)
class FunctionMetric(Metric):
    """A function of predictions as a metric.

    Its interval is that of a jackknife over at most 200 blocks of entities. The blocks of a table
    follow from its ids and the seed: other names of the entities, or another order of the rows,
    change no limit.

    For smooth functions such as an F-score or a correlation; `statistics.jackknife` says for which
    functions it isn't valid. The function is called up to 201 times for each slice.

    function: Takes any subset of the predictions' rows, and returns the metric; NaN where these
        rows have none, such as a recall without a positive row.
    columns: The columns of the predictions that it reads; it gets no others.
    key: Of the configuration that names the function, for errors; "" where none does.
    """

    function: Callable[[pd.DataFrame], float]
    columns: tuple[str, ...] = ("label", "prediction")
    key: str = ""

    def is_given_by(self, columns: Collection[str], _positive: str | None, /) -> bool:
        return set(self.columns) <= set(columns)

    def prepare(self, table: PredictionTable) -> "PreparedFunction":
        return PreparedFunction(self, table)

    def value_of(self, rows: pd.DataFrame) -> float:
        """Return the function's value of some rows, or NaN where they have none.

        A value outside the support by a rounding error is moved to the support's bound.

        Raises `InputError` where the function raises an exception, or returns anything but a finite
        number of the support, or NaN.
        """
        try:
            value = self.function(rows)
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(
                f"{self.noun} failed on {len(rows)} rows{_place_of_error(self.function, error)} with {reason} "
                f"(the function gets the columns {', '.join(self.columns)}): mend it, and let it return "
                "float('nan') where rows have no value"
            ) from error

        is_number = isinstance(value, Real) and not isinstance(value, bool)
        number = _as_float(value) if is_number else float("inf")
        if np.isnan(number):
            return number

        lowest, highest = RANGES[self.support]
        is_in_range = lowest - ROUNDING <= number <= highest + ROUNDING
        if not np.isfinite(number) or not is_in_range:
            raise InputError(
                f"{self.noun} returned {_shown(value)} for {len(rows)} rows{_place(self.function)}: "
                f"{self._cure(is_number=is_number, is_finite=bool(np.isfinite(number)))}"
            )
        return min(max(number, lowest), highest)

    @property
    def noun(self) -> str:
        """How errors name the metric: by its key, or by its name where no configuration names it."""
        return self.key or f"metric {self.name!r}"

    def _cure(self, *, is_number: bool, is_finite: bool) -> str:
        """Return what a function must do instead, or its configuration."""
        if not is_number or not is_finite:
            return "it must return one finite number, or float('nan') where rows have no value"
        range_text = "from 0 to 1" if self.support == "share" else "0 or more"
        return f"its support, {self.support}, is {range_text}; return such a value, or give it another support"


class PreparedFunction(PreparedMetric):
    """A function metric of one table."""

    metric: FunctionMetric

    def __init__(self, metric: FunctionMetric, table: PredictionTable) -> None:
        missing_columns = [name for name in metric.columns if name not in table.rows]
        if missing_columns:
            raise InputError(f"{metric.noun} reads {missing_columns[0]!r}, which the predictions have no column of")

        self.metric = metric
        self.rows = table.rows[list(metric.columns)]
        self.has_prediction = table.has_prediction()
        self.codes = table.codes
        self.block_of_entity = divide_entities(table.entities_by_id(), seed=table.seed)

    def estimate(self, weights: np.ndarray) -> InfluenceEstimate | None:
        """Estimate the metric on the rows whose weight (n,) is above 0.

        A function knows no other weights than 0 and 1.

        Returns None where no row with a prediction has weight, or the function gives NaN. Raises
        `InputError` as `FunctionMetric.value_of` does.
        """
        return block_jackknife(
            lambda rows: self.metric.value_of(self.rows.take(rows)),
            (weights > 0) & self.has_prediction,
            self.codes,
            block_of_entity=self.block_of_entity,
        )

    def limits(self, estimate: Estimate, confidence: float) -> Limits:
        """Return Wilson's limits for a metric between 0 and 1, else Hall's.

        Unknown where the function gives NaN once a block is left out: then the variance is NaN.
        """
        if np.isnan(estimate.variance):
            return UNKNOWN
        method = score_limits if self.metric.support == "share" else hall_limits
        return method(estimate, confidence)


def _as_float(number: Any) -> float:
    """Return a real number as a float, infinite where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def _shown(value: Any) -> str:
    """Return a value as a short text, with its type where it is no float."""
    if isinstance(value, float):
        return repr(float(value))  # NumPy's floats have a repr with their type
    text = " ".join(reprlib.repr(value).split())
    return f"{text} ({type(value).__name__})"


def _place(function: Callable[..., Any]) -> str:
    """Return where a function is defined, as " (f1 in own.py, line 3)"; "" where that isn't known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return ""
    return f" ({code.co_name} in {_relative(code.co_filename)}, line {code.co_firstlineno})"


def _place_of_error(function: Callable[..., Any], error: Exception) -> str:
    """Return where in the function's own file an exception came from, as " (f1 in own.py, line 5)".

    That is the last call in this file; where the exception came from no line of it, the place of
    the function.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    if not own_frames:
        return _place(function)
    return f" ({own_frames[-1].name} in {_relative(own_frames[-1].filename)}, line {own_frames[-1].lineno})"


def _relative(file: str) -> str:
    """Return the path of a file, from the working directory where it lies there."""
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else file
