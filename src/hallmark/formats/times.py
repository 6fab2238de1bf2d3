"""Times as people write them: one rule for every system.

A number counts as seconds, since 1970 (UTC) or since a start of its own, and only where it can be that; text must be an
ISO 8601 date, with or without a time of day, and either all or none of a column may have an offset from UTC.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import identities

Refuse = Callable[[np.ndarray, str], None]  # raises `InputError` that names the first row where the mask (n,) holds

_DAY = 86_400.0
_LATEST = pd.Timestamp("2200-01-01").timestamp()
_FIRST_CLOCK = pd.Timestamp("1980-01-01").timestamp()  # no record of a clock's seconds is older
_START = 1_000.0  # seconds: a count that begins so near its start is one, however short
_DATE = r"(?:\d{4}-\d{2}(?:-\d{2})?(?:$|[T ])|\d{8}(?:$|T))"  # pandas also takes "now", "today", and a bare year
_OFFSET = r"[T ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$"  # from UTC, at the end of an ISO 8601 time of day
_NO_TIME = "is neither a number of seconds nor an ISO date (ISO 8601)"
_CURE = "write ISO 8601 dates, such as 2020-09-13T12:26:40, or seconds"


def parse(raw: "pd.Series[Any]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of times: seconds where all cells are numbers, else dates in UTC (datetime64, without an offset).

    A missing cell stays missing. `refuse` is called on whatever is no time, or can't be the seconds that it would be
    taken for.
    """
    known = ~pd.Series(identities.is_blank(raw), raw.index)
    if raw.dtype.kind == "m":
        return pd.Series(raw.dt.total_seconds())
    if isinstance(raw.dtype, pd.DatetimeTZDtype) or raw.dtype.kind == "M":
        return _dates(raw, known, refuse)

    refuse(_is_flag(raw), f"is no time: {_CURE}")
    numbers = pd.to_numeric(raw if known.all() else raw.where(known), errors="coerce")
    if not numbers[known].notna().all():
        if numbers[known].notna().mean() > 0.5:
            refuse((known & numbers.isna()).to_numpy(), _NO_TIME)
        return _dates(raw, known, refuse)
    _require_seconds(numbers.astype(float), known.to_numpy(), refuse)
    return numbers


def _is_flag(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is true or false (n,), which pandas would turn into 1 and 0."""
    if raw.dtype != object or identities.is_plain(raw):
        return np.full(len(raw), raw.dtype.kind == "b")
    return np.array([isinstance(cell, bool | np.bool_) for cell in raw], bool)


def seconds(times: "pd.Series[Any]") -> np.ndarray:
    """Return what `parse` returned as seconds (n,), dates as seconds since 1970 (UTC); NaN where it is missing."""
    if times.dtype.kind != "M":
        return times.to_numpy(float)
    return ((times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy(float, na_value=np.nan)


def _dates(raw: "pd.Series[Any]", known: "pd.Series[bool]", refuse: Refuse) -> "pd.Series[Any]":
    if raw.dtype.kind == "M":
        dates = pd.to_datetime(raw, utc=True)
    else:
        texts = raw.astype(str).str.strip()
        written = texts.where(known & texts.str.match(_DATE))
        dates = pd.to_datetime(written, errors="coerce", format="ISO8601", utc=True)
        refuse((known & dates.isna()).to_numpy(), _NO_TIME)
        offset = known & texts.str.contains(_OFFSET)
        if offset.any():
            fault = "has no offset from UTC, which other times of the column have"
            refuse((known & ~offset).to_numpy(), fault)

    late = dates >= pd.Timestamp("2200-01-01", tz="UTC")
    refuse(late.to_numpy(bool), "lies beyond the year 2200: leave the cell out, or mend it")
    return dates.dt.tz_localize(None)


def _require_seconds(numbers: "pd.Series[float]", known: np.ndarray, refuse: Refuse) -> None:
    """Call `refuse` where numbers can't be seconds since 1970, or since a start of their own."""
    values = numbers.to_numpy(float)
    refuse(known & ~np.isfinite(values), "is no finite number")
    refuse(known & (values < 0), "is a negative time")
    if not known.any():
        return

    low, high = values[known].min(), values[known].max()
    unit = _likely_date(values[known]) or _likely_unit(low, high)
    if unit:
        culprit = known & (values == (high if high >= _LATEST else low))
        refuse(culprit, f"is no plausible number of seconds: the column looks like {unit}; {_CURE}")
    if low < _FIRST_CLOCK <= high:
        fault = (
            "counts as seconds since 1970 and lies before 1980, but other times of the column lie later: where a 0 "
            f"stands for no time, leave these rows out; else {_CURE}"
        )
        refuse(known & (values < _FIRST_CLOCK), fault)


def _likely_date(values: np.ndarray) -> str | None:
    """Return how dates are written as whole numbers, where all values can be read so."""
    if not (values == np.floor(values)).all() or values.max() >= 1e15:
        return None
    texts = pd.Series(values.astype(np.int64).astype(str))
    if values.min() >= 1800 and values.max() <= 2200:
        return "years"
    patterns = {6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
    names = {6: "YYYYMM", 8: "YYYYMMDD", 10: "YYYYMMDDhh", 12: "YYYYMMDDhhmm", 14: "YYYYMMDDhhmmss"}
    width = len(texts.iloc[0])
    if width not in patterns or not (texts.str.len() == width).all():
        return None
    years = texts.str[:4].astype(int)
    if years.min() < 1900 or years.max() > 2200 or (width == 10 and years.min() < 1990):
        return None
    dates = pd.to_datetime(texts, format=patterns[width], errors="coerce")
    return f"dates written as {names[width]}" if dates.notna().all() else None


def _likely_unit(low: float, high: float) -> str | None:
    """Return the unit that implausible seconds are likely to be in, or None where they are plausible."""
    if high >= _LATEST:
        for factor, unit in ((1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")):
            if high < _LATEST * factor:
                return f"{unit} since 1970"
        return "no time, beyond the year 2200 in every unit"
    if high >= _FIRST_CLOCK or low <= max(high - low, _START):
        return None
    for size, unit in ((_DAY, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if low * size >= _FIRST_CLOCK and high * size < _LATEST:
            return f"{unit} since 1970, or since the first day of a spreadsheet"
    return "a count that begins at no start: subtract the first time, so that it begins at 0"
