"""Units of time: what a column of numbers may mean if it is declared as times, but can't be seconds."""

import numpy as np
import pandas as pd

from hallmark.formats import date_digits

_DAY = 86_400.0  # seconds
# In seconds since 1970.
_LATEST = pd.Timestamp("2200-01-01").timestamp()
# Today's seconds since 1900 or 1904 are beyond it.
_LATEST_SECONDS = pd.Timestamp("2070-01-01").timestamp()
FIRST_CLOCK = pd.Timestamp("1980-01-01").timestamp()  # no record by a clock is older
_MAX_START = 1_000.0  # seconds: a count of seconds that begins below it is one, however short
_SPREADSHEET_DAYS = (10_000.0, 73_050.0)  # days since 1900, as spreadsheets count: 1927 to 2099
_YEARS = (1_800.0, 2_200.0)


def are_years(times: np.ndarray) -> bool:
    """Return whether all numbers (n,) are whole and can be years: 1800 to 2200."""
    first, last = _YEARS
    return bool(times.min() >= first and times.max() <= last and (times == np.floor(times)).all())


def other_meaning(values: np.ndarray) -> str | None:
    """Return what else than seconds the numbers (n,) may mean, in words; None where they can be seconds."""
    low = float(values.min())
    high = float(values.max())
    if low >= _YEARS[0] and high <= _YEARS[1]:
        return "years"
    layout = date_digits.find_layout(values)
    if layout is not None:
        return f"dates or times of day written as {layout}"
    return _likely_unit(low, high)


def _likely_unit(low: float, high: float) -> str | None:
    """Return the likely unit of numbers from `low` to `high`, or None where seconds are plausible."""
    if high >= _LATEST_SECONDS:
        if high < _LATEST:
            return "seconds since 1900 or 1904, or no time: as seconds since 1970, it lies beyond the year 2070"
        for factor, unit in ((1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")):
            if high < _LATEST * factor:
                return f"{unit} since 1970"
        return "no time, beyond the year 2200 in every unit"
    if low >= _SPREADSHEET_DAYS[0] and high <= _SPREADSHEET_DAYS[1]:
        return (
            "days since 1970, or since the first day of a spreadsheet; seconds of a day must be durations, and of a "
            "count subtract the first, so that it begins at 0"
        )
    if high >= FIRST_CLOCK or low <= max(high - low, _MAX_START):
        return None
    for size, unit in ((_DAY, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if low * size >= FIRST_CLOCK and high * size < _LATEST:
            return f"{unit} since 1970, or since the first day of a spreadsheet"
    return "a count that begins at no start, or days since one long ago: subtract the first, so that it begins at 0"
