"""Times in raw data, read by one rule for every system.

- Numbers are seconds, since 1970 (UTC) or since a start of their own. Numbers that can also be
  dates, days or years are refused.
- Texts are ISO 8601 dates, with or without a time of day; all or none of a column have an offset
  from UTC. Or they are ISO 8601 durations since a start, such as PT90S.
"""

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import identities, time_units

# Takes a mask (n,) and a fault, and raises `InputError` that names the first row where the mask
# holds.
Refuse = Callable[[np.ndarray, str], None]

_DAY = 86_400.0  # seconds
_FEW = 5  # distinct times; among so few there is no stray, unless it is a filler of years
_MANY = 10  # distinct times; among more than these, a stray is one range away from the others
_FAR = 10  # among fewer, a stray is ten ranges away from the others
_STRAY_SHARE = 0.1  # largest fraction of the distinct times that can be strays
_NO_YEARS = (0, 1, 99, 999, 9999, 99_999)  # written for "no year"
_LARGEST_INTEGERS = {2.0**31 - 1: "signed", 2.0**32 - 1: "unsigned"}  # of 32 bits
# Written for "no date", and beyond pandas' range.
_UNREAD_DATES = ("0001-01-01", "1601-01-01", "9999-12-31")
# First days of the calendars of Unix and of spreadsheets, in seconds since 1970. A date there, far
# from all others, means "no date".
_BEGINNINGS = [pd.Timestamp(text).timestamp() for text in ("1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01")]
# First and last days of the calendars of other programs, and usual "last" days. A date there means
# "no date" only before or after all others, and far from them.
_ENDS = [
    pd.Timestamp(text).timestamp()
    for text in (
        *("1700-01-01", "1753-01-01", "1904-01-01", "1980-01-01"),
        *("2038-01-19", "2099-12-31", "2100-01-01", "2199-12-31"),
    )
]
_YEAR_AWAY = 365 * _DAY  # least distance of such a day from all other dates
_TEN_YEARS_AWAY = 3_652 * _DAY  # least distance of a stray date of any day
# pandas also takes "now", "today", and a bare year.
_DATE = r"(?:\d{4}-\d{2}(?:-\d{2})?(?:$|[T ])|\d{8}(?:$|T))"
# A date, a time of day and an offset from UTC; pandas applies offsets of one digit too, as +2:00.
_ISO = (
    r"(?:\d{4}-\d{2}(?:-\d{2})?|\d{8})"
    r"(?:[T ] *(?:\d{1,2}(?::\d{1,2}){0,2}|\d{4}|\d{6})(?:\.\d+)?(?P<offset> *(?:Z|[+-]\d\d(?::?\d\d)?))?)?"
)
# 12-07: 12:07, or 12 o'clock seven hours west of UTC.
_AMBIGUOUS_OFFSET = r"[T ]\d\d?(?::?\d\d)?-\d\d$"
# No months: they differ in length.
_DURATION = r"P(?=\d|T\d)(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
_NO_TIME = "is neither a number of seconds nor an ISO date (ISO 8601)"
_CURE = "write ISO 8601 dates, such as 2020-09-13T12:26:40, or durations since a start, such as PT90S for 90 seconds"


def parse_times(raw: "pd.Series[Any]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of times: seconds, or dates in UTC (datetime64 without an offset).

    Seconds are numbers where all cells are numbers or durations. A missing cell stays missing.
    `refuse` is called on cells that are no time, and on numbers that are likely no seconds.
    """
    is_given = ~pd.Series(identities.is_blank(raw), raw.index)
    if raw.dtype.kind == "m":
        return pd.Series(raw.dt.total_seconds())
    if isinstance(raw.dtype, pd.DatetimeTZDtype) or raw.dtype.kind == "M":
        return _require_plausible_dates(pd.to_datetime(raw, utc=True), refuse)

    refuse(identities.is_flag(raw), f"is no time: {_CURE}")
    durations = _parse_durations(raw, is_given)
    if durations is not None:
        return durations

    numbers = pd.to_numeric(raw if is_given.all() else raw.where(is_given), errors="coerce")
    is_number = numbers[is_given].notna()
    if is_number.all():
        _require_seconds(numbers.astype(float), is_given.to_numpy(), refuse)
        return numbers
    if is_number.mean() > 0.5:
        refuse((is_given & numbers.isna()).to_numpy(), _NO_TIME)
    return _require_plausible_dates(_parse_dates(raw, is_given, refuse), refuse)


def to_seconds(times: "pd.Series[Any]") -> np.ndarray:
    """Return times of `parse_times` as float seconds (n,), NaN where missing, dates since 1970 (UTC)."""
    if times.dtype.kind != "M":
        return times.to_numpy(float)
    since_1970 = (times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    return since_1970.to_numpy(float, na_value=np.nan)


def is_time(raw: "pd.Series[Any]") -> np.ndarray:
    """Return which cells are dates, times or spans of time, (n,) bool.

    As numbers, pandas would make nanoseconds of them.
    """
    if raw.dtype.kind in "mM":
        return np.ones(len(raw), bool)
    if raw.dtype != object or identities.is_plain(raw):
        return np.zeros(len(raw), bool)
    kinds = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
    return np.array([isinstance(cell, kinds) for cell in raw], bool)


def _parse_durations(raw: "pd.Series[Any]", is_given: "pd.Series[bool]") -> "pd.Series[float] | None":
    """Return a column of ISO 8601 durations as seconds, or None where a given cell is no duration."""
    if not is_given.any() or not str(raw[is_given].iloc[0]).strip().startswith("P"):
        return None
    texts = raw.astype(str).str.strip().where(is_given)
    if not texts[is_given].str.fullmatch(_DURATION).all():
        return None
    return pd.Series(pd.to_timedelta(texts).dt.total_seconds())


def _parse_dates(raw: "pd.Series[Any]", is_given: "pd.Series[bool]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of ISO 8601 dates as datetime64 in UTC; calls `refuse` on every other text."""
    texts = raw.astype(str).str.strip()
    candidates = texts.where(is_given & texts.str.match(_DATE))
    dates = pd.to_datetime(candidates, errors="coerce", format="ISO8601", utc=True)
    is_unread = is_given & dates.isna()

    is_beyond = is_unread & texts.str.startswith(_UNREAD_DATES)
    refuse(is_beyond.to_numpy(), "lies beyond all dates that are read, and may stand for none: leave the row out")
    refuse(is_unread.to_numpy(), _NO_TIME)
    refuse(
        (is_given & texts.str.contains(_AMBIGUOUS_OFFSET)).to_numpy(),
        "ends in what may be minutes, or an offset from UTC: write the offset with minutes, such as 12:00-07:00",
    )
    refuse(
        (is_given & ~texts.str.fullmatch(_ISO)).to_numpy(),
        "ends in what is no offset from UTC in full: write it with two digits for the hours, as +02:00, or Z",
    )

    has_offset = is_given & texts.str.extract(f"^{_ISO}$")["offset"].notna()
    if has_offset.any():
        refuse((is_given & ~has_offset).to_numpy(), "has no offset from UTC, which other times of the column have")
    return dates


def _require_plausible_dates(dates: "pd.Series[Any]", refuse: Refuse) -> "pd.Series[Any]":
    """Return dates in UTC without their offset; calls `refuse` on dates that likely mean "no date"."""
    is_early = dates < pd.Timestamp("1700-01-01", tz="UTC")
    refuse(
        is_early.to_numpy(bool), "lies before the year 1700, and may stand for no date: leave the row out, or mend it"
    )
    is_late = dates >= pd.Timestamp("2200-01-01", tz="UTC")
    refuse(is_late.to_numpy(bool), "lies beyond the year 2200: leave the row out, or mend it")

    dates = dates.dt.tz_localize(None)
    refuse(
        _is_filler_date(dates),
        "stands where there is no date, and lies a year or more from all other times: leave the row out",
    )
    refuse(
        _is_stray_date(dates),
        "lies so far from all other times that it may stand for none: leave the row out, or mend it",
    )
    return dates


def _is_filler_date(dates: "pd.Series[Any]") -> np.ndarray:
    """Return which dates are days that programs write for "no date", far from all other dates, (n,) bool.

    A day less than a day away counts as the same: time zones differ, and programs count from 0 or
    1.
    """
    values = to_seconds(dates)
    times = np.unique(values[np.isfinite(values)])
    near_beginnings = [_is_near(times, day) for day in _BEGINNINGS]
    near_ends = [_is_near(times, day) for day in _ENDS]
    is_near_beginning = np.any(near_beginnings, axis=0)
    is_suspect = is_near_beginning | np.any(near_ends, axis=0)
    suspects = times[is_suspect]
    others = times[~is_suspect]

    if not len(others):
        # Several times around one such day, say the first of 1970, are data; a single moment is a
        # filler.
        is_one_day = len(suspects) > 1 and any(is_near.all() for is_near in near_beginnings + near_ends)
        return np.isin(values, times[is_near_beginning & (not is_one_day)])

    distances = _distances(suspects, others)
    is_inside = (suspects > others[0]) & (suspects < others[-1])
    is_alone = (distances >= _YEAR_AWAY) & (is_near_beginning[is_suspect] | ~is_inside)
    if _are_first_days(others):  # years written as dates: a first day is normal among them
        is_alone &= distances > np.ptp(others)
    return np.isin(values, suspects[is_alone])


def _is_stray_date(dates: "pd.Series[Any]") -> np.ndarray:
    """Return which dates are strays (`_strays`) that may mean "no date", (n,) bool.

    These are strays at least two years from all other dates on the first or last day of a year, as
    fillers are, and strays at least ten years (or ten ranges) away on any day.
    """
    values = to_seconds(dates)
    times = np.unique(values[np.isfinite(values)])
    strays = _strays(times) if len(times) else times
    others = np.setdiff1d(times, strays)
    if not len(strays) or not len(others):
        return np.zeros(len(values), bool)

    distances = _distances(strays, others)
    is_far = distances >= max(_TEN_YEARS_AWAY, _FAR * np.ptp(others))
    if not _are_first_days(others):
        is_far |= _is_near_new_year(strays) & (distances >= 2 * _YEAR_AWAY)
    return np.isin(values, strays[is_far])


def _is_near(times: np.ndarray, day: float) -> np.ndarray:
    """Return which times (n,) are on a day or less than a day away from it, (n,) bool.

    `day` is the begin of the day; all are in seconds since 1970.
    """
    return np.asarray((times >= day - _DAY) & (times < day + 2 * _DAY))


def _distances(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance of each time (n,) from the nearest of `others` (ascending), in their unit."""
    places = np.searchsorted(others, times)
    before = others[np.maximum(places - 1, 0)]
    after = others[np.minimum(places, len(others) - 1)]
    return np.asarray(np.minimum(np.abs(times - before), np.abs(times - after)))


def _is_near_new_year(times: np.ndarray) -> np.ndarray:
    """Return which times (n,), in seconds since 1970, are on January 1 or less than a day away from it."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    is_last_day = (days.month == 12) & (days.day == 31)
    return np.asarray((days.dayofyear <= 2) | is_last_day)


def _are_first_days(times: np.ndarray) -> bool:
    """Return whether times (n,), in seconds since 1970, are years written as their first days."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    is_first_day = (days.dayofyear == 1) & (days == days.normalize())
    return len(times) > 1 and bool(is_first_day.all())


def _require_seconds(numbers: "pd.Series[float]", is_given: np.ndarray, refuse: Refuse) -> None:
    """Call `refuse` on numbers that can't be seconds, since 1970 or since a start of their own."""
    values = numbers.to_numpy(float)
    refuse(is_given & ~np.isfinite(values), "is no finite number")
    refuse(is_given & (values < 0), f"is a negative time: where it stands for no time, leave the row out; else {_CURE}")
    if not is_given.any():
        return

    given_values = values[is_given]
    if len(np.unique(given_values)) > 1:
        for largest, kind in _LARGEST_INTEGERS.items():
            fault = f"is the largest {kind} number of 32 bits, which stands for no time: leave the row out"
            refuse(is_given & (values == largest), fault)

    low = given_values.min()
    high = given_values.max()
    other_meaning = time_units.other_meaning(given_values)
    if other_meaning:
        fault = f"would count as seconds, but the column looks like {other_meaning}: {_CURE}"
        refuse(is_given & (values == high), fault)
    if low < time_units.FIRST_CLOCK <= high:
        fault = (
            "counts as seconds since 1970 and lies before 1980, but other times of the column lie later: where a 0 "
            f"stands for no time, leave these rows out; else {_CURE}"
        )
        refuse(is_given & (values < time_units.FIRST_CLOCK), fault)

    is_stray = np.isin(values, _strays(np.unique(given_values)))
    if is_stray.any():
        other_meaning = time_units.other_meaning(values[is_given & ~is_stray])
        if other_meaning:
            fault = f"stands far from all other times, which look like {other_meaning}: where it stands for no time"
            refuse(is_given & is_stray, f"{fault}, leave the row out; else {_CURE}")


def _strays(times: np.ndarray) -> np.ndarray:
    """Return the few of `times` that are far from all others, as fillers and mistakes are; ascending.

    `times` (n,) are distinct and ascending. Of 6 to 10 times, at most one is a stray; of more, at
    most two or a tenth. Among years, one number for "no year" is a stray, too.
    """
    years = times[~np.isin(times, _NO_YEARS)]
    has_one_filler = len(times) - len(years) == 1 and len(years) > 1
    if has_one_filler and time_units.are_years(years) and years[0] > _FAR * np.ptp(years):
        return np.setdiff1d(times, years)
    if len(times) <= _FEW:
        return times[:0]

    low, high = np.quantile(times, [_STRAY_SHARE, 1 - _STRAY_SHARE])
    middle = times[(times >= low) & (times <= high)]
    is_many = len(times) > _MANY
    reach = np.ptp(middle) * (1 if is_many else _FAR)
    strays = times[(times < middle[0] - reach) | (times > middle[-1] + reach)]

    most_strays = max(2 if is_many else 1, _STRAY_SHARE * len(times))
    return strays if len(strays) <= most_strays else times[:0]
