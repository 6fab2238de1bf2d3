"""Times as people write them: one rule for every system.

A number counts as seconds, since 1970 (UTC) or since a start of its own, and only where it can be nothing else: numbers
that can be read as dates, days or years are refused. Text is an ISO 8601 date, with or without a time of day, where
either all or none of a column may have an offset from UTC, or an ISO 8601 duration since a start, such as PT90S.
"""

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import identities, time_units

# Takes a mask (n,) and a fault, and raises `InputError` that names the first row where the mask holds.
Refuse = Callable[[np.ndarray, str], None]

_DAY = 86_400.0  # seconds
_SEVERAL = 5  # different times, from which on a lone number far from them stands out
_MANY = 10  # different times, from which on it stands out at a distance of their range
_FAR = 10  # ranges of all others, at which a stray among fewer times lies
_STRAY_SHARE = 0.1  # of the different times
_NO_YEARS = (0, 1, 99, 999, 9999, 99_999)  # stand for no year
_LARGEST_INTEGERS = {2.0**31 - 1: "signed", 2.0**32 - 1: "unsigned"}  # the largest numbers of 32 bits
_UNREAD_DATES = ("0001-01-01", "1601-01-01", "9999-12-31")  # what pandas may not read, and programs write for no date
# Where the calendars of Unix and of spreadsheets begin: no dates wherever they stand alone.
_BEGINNINGS = [pd.Timestamp(text).timestamp() for text in ("1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01")]
# Where those of other programs begin or end, and usual last days: no dates before or after all others.
_ENDS = [
    pd.Timestamp(text).timestamp()
    for text in (
        *("1700-01-01", "1753-01-01", "1904-01-01", "1980-01-01"),
        *("2038-01-19", "2099-12-31", "2100-01-01", "2199-12-31"),
    )
]
_YEAR_AWAY = 365 * _DAY  # so far from all others, such a date stands for none
_TEN_YEARS_AWAY = 3_652 * _DAY  # so far from all others, a stray date of any day does
_DATE = r"(?:\d{4}-\d{2}(?:-\d{2})?(?:$|[T ])|\d{8}(?:$|T))"  # pandas also takes "now", "today", and a bare year
# A date, a time of day and an offset from UTC; pandas applies offsets of one digit too, as +2:00.
_ISO = (
    r"(?:\d{4}-\d{2}(?:-\d{2})?|\d{8})"
    r"(?:[T ] *(?:\d{1,2}(?::\d{1,2}){0,2}|\d{4}|\d{6})(?:\.\d+)?(?P<offset> *(?:Z|[+-]\d\d(?::?\d\d)?))?)?"
)
_HALF_AN_OFFSET = r"[T ]\d\d?(?::?\d\d)?-\d\d$"  # 12-07: 12:07, or 12 o'clock seven hours west of UTC
_DURATION = r"P(?=\d|T\d)(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"  # no months: they differ in length
_NO_TIME = "is neither a number of seconds nor an ISO date (ISO 8601)"
_CURE = "write ISO 8601 dates, such as 2020-09-13T12:26:40, or durations since a start, such as PT90S for 90 seconds"


def parse_times(raw: "pd.Series[Any]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of times: seconds where all cells are numbers or durations, else dates in UTC (datetime64,
    without an offset).

    A missing cell stays missing. `refuse` is called on whatever is no time, or can't be the seconds that it would be
    taken for.
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
    """Return what `parse_times` returned as seconds (n,), dates as seconds since 1970 (UTC); a missing time is NaN."""
    if times.dtype.kind != "M":
        return times.to_numpy(float)
    since_1970 = (times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    return since_1970.to_numpy(float, na_value=np.nan)


def is_time(raw: "pd.Series[Any]") -> np.ndarray:
    """Return where a cell is a date, a time or a span of time (n,), which pandas would turn into nanoseconds."""
    if raw.dtype.kind in "mM":
        return np.ones(len(raw), bool)
    if raw.dtype != object or identities.is_plain(raw):
        return np.zeros(len(raw), bool)
    kinds = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
    return np.array([isinstance(cell, kinds) for cell in raw], bool)


def _parse_durations(raw: "pd.Series[Any]", is_given: "pd.Series[bool]") -> "pd.Series[float] | None":
    """Return a column of ISO 8601 durations as seconds, or None where a cell is none."""
    if not is_given.any() or not str(raw[is_given].iloc[0]).strip().startswith("P"):
        return None
    texts = raw.astype(str).str.strip().where(is_given)
    if not texts[is_given].str.fullmatch(_DURATION).all():
        return None
    return pd.Series(pd.to_timedelta(texts).dt.total_seconds())


def _parse_dates(raw: "pd.Series[Any]", is_given: "pd.Series[bool]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of ISO 8601 dates as datetime64 in UTC; calls `refuse` on texts that are none in full."""
    texts = raw.astype(str).str.strip()
    candidates = texts.where(is_given & texts.str.match(_DATE))
    dates = pd.to_datetime(candidates, errors="coerce", format="ISO8601", utc=True)
    is_unread = is_given & dates.isna()

    is_beyond = is_unread & texts.str.startswith(_UNREAD_DATES)
    refuse(is_beyond.to_numpy(), "lies beyond all dates that are read, and may stand for none: leave the row out")
    refuse(is_unread.to_numpy(), _NO_TIME)
    refuse(
        (is_given & texts.str.contains(_HALF_AN_OFFSET)).to_numpy(),
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
    """Return dates in UTC without their offset; calls `refuse` on those that are likely to stand for no date."""
    is_early = dates < pd.Timestamp("1700-01-01", tz="UTC")
    refuse(
        is_early.to_numpy(bool), "lies before the year 1700, and may stand for no date: leave the row out, or mend it"
    )
    is_late = dates >= pd.Timestamp("2200-01-01", tz="UTC")
    refuse(is_late.to_numpy(bool), "lies beyond the year 2200: leave the row out, or mend it")

    dates = dates.dt.tz_localize(None)
    refuse(
        _stands_for_none(dates),
        "stands where there is no date, and lies a year or more from all other times: leave the row out",
    )
    refuse(
        _is_stray_date(dates),
        "lies so far from all other times that it may stand for none: leave the row out, or mend it",
    )
    return dates


def _stands_for_none(dates: "pd.Series[Any]") -> np.ndarray:
    """Return where a date is one that programs write for no date (n,), in any time zone and counted from 0 or 1, far
    from all other dates of the column.
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
        # Nothing but days around the first of 1970, say, is read, but not one moment alone.
        is_one_day = len(suspects) > 1 and any(is_near.all() for is_near in near_beginnings + near_ends)
        return np.isin(values, times[is_near_beginning & (not is_one_day)])

    distances = _distances(suspects, others)
    is_inside = (suspects > others[0]) & (suspects < others[-1])
    is_alone = (distances >= _YEAR_AWAY) & (is_near_beginning[is_suspect] | ~is_inside)
    if _are_first_days(others):  # dates of years, among which a first day is one like any other
        is_alone &= distances > np.ptp(others)
    return np.isin(values, suspects[is_alone])


def _is_stray_date(dates: "pd.Series[Any]") -> np.ndarray:
    """Return where a date is one of the few that lie far from all others (n,), by `_strays`, and may stand for none:
    two years away on the first or last day of one, as fillers are, or ten years away.
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
    """Return where times lie on a day, or less than a day away from it (n,); all in seconds since 1970."""
    return np.asarray((times >= day - _DAY) & (times < day + 2 * _DAY))


def _distances(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far from the nearest of the others, ascending, each time lies (n,)."""
    places = np.searchsorted(others, times)
    before = others[np.maximum(places - 1, 0)]
    after = others[np.minimum(places, len(others) - 1)]
    return np.asarray(np.minimum(np.abs(times - before), np.abs(times - after)))


def _is_near_new_year(times: np.ndarray) -> np.ndarray:
    """Return where times lie on the first day of a year, or less than a day away from it (n,)."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    is_last_day = (days.month == 12) & (days.day == 31)
    return np.asarray((days.dayofyear <= 2) | is_last_day)


def _are_first_days(times: np.ndarray) -> bool:
    """Return whether times are years, written as their first days."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    is_first_day = (days.dayofyear == 1) & (days == days.normalize())
    return len(times) > 1 and bool(is_first_day.all())


def _require_seconds(numbers: "pd.Series[float]", is_given: np.ndarray, refuse: Refuse) -> None:
    """Call `refuse` where numbers can't be seconds since 1970, or since a start of their own."""
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
    """Return the few of different times (n,), ascending, that lie far from all others, as a filler or a mistake does:
    of six to ten one, of more two, or a tenth.
    """
    years = times[~np.isin(times, _NO_YEARS)]
    has_one_filler = len(times) - len(years) == 1 and len(years) > 1
    if has_one_filler and time_units.are_years(years) and years[0] > _FAR * np.ptp(years):
        return np.setdiff1d(times, years)
    if len(times) <= _SEVERAL:
        return times[:0]

    low, high = np.quantile(times, [_STRAY_SHARE, 1 - _STRAY_SHARE])
    middle = times[(times >= low) & (times <= high)]
    is_many = len(times) > _MANY
    reach = np.ptp(middle) * (1 if is_many else _FAR)
    strays = times[(times < middle[0] - reach) | (times > middle[-1] + reach)]

    most_strays = max(2 if is_many else 1, _STRAY_SHARE * len(times))
    return strays if len(strays) <= most_strays else times[:0]
