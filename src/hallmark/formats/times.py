"""Times as people write them: one rule for every system.

A number counts as seconds, since 1970 (UTC) or since a start of its own, and only where it can be nothing else: numbers
that can be read as dates, days or years are refused. Text is an ISO 8601 date, with or without a time of day, where
either all or none of a column may have an offset from UTC, or an ISO 8601 duration since a start, such as PT90S.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.formats import date_digits, identities

Refuse = Callable[[np.ndarray, str], None]  # raises `InputError` that names the first row where the mask (n,) holds

_DAY = 86_400.0
_LATEST = pd.Timestamp("2200-01-01").timestamp()
_LATEST_SECONDS = pd.Timestamp("2070-01-01").timestamp()  # seconds since 1900 or 1904 would lie beyond
_FIRST_CLOCK = pd.Timestamp("1980-01-01").timestamp()  # no record of a clock's seconds is older
_START = 1_000.0  # seconds: a count that begins so near its start is one, however short
_SPREADSHEET = (10_000.0, 73_050.0)  # days: 1927 to 2099, as spreadsheets count them
_SEVERAL = 5  # different times, from which on a lone number far from them stands out
_MANY = 10  # different times, from which on it stands out at a distance of their range
_FAR = 10  # ranges of fewer times
_STRAY_SHARE = 0.1  # of the different times
_NO_YEARS = (0, 1, 99, 999, 9999, 99_999)
_YEARS = (1_800.0, 2_200.0)
_FILLERS = {2.0**31 - 1: "signed", 2.0**32 - 1: "unsigned"}  # the largest numbers of 32 bits
_BEYOND = ("0001-01-01", "1601-01-01", "9999-12-31")  # what pandas may not read, and programs write for no date
# Where the calendars of Unix and of spreadsheets begin: no dates wherever they stand alone.
_NO_DATES = [pd.Timestamp(text).timestamp() for text in ("1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01")]
# Where those of other programs begin or end, and usual last days: no dates before or after all others.
_ENDS = [
    pd.Timestamp(text).timestamp()
    for text in (
        *("1700-01-01", "1753-01-01", "1904-01-01", "1980-01-01"),
        *("2038-01-19", "2099-12-31", "2100-01-01", "2199-12-31"),
    )
]
_ALONE = 365 * _DAY  # so far from all others, such a date stands for none
_FAR_AWAY = 3_652 * _DAY  # so far from all others, a stray date of any day does
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


def parse(raw: "pd.Series[Any]", refuse: Refuse) -> "pd.Series[Any]":
    """Return a column of times: seconds where all cells are numbers or durations, else dates in UTC (datetime64,
    without an offset).

    A missing cell stays missing. `refuse` is called on whatever is no time, or can't be the seconds that it would be
    taken for.
    """
    known = ~pd.Series(identities.is_blank(raw), raw.index)
    if raw.dtype.kind == "m":
        return pd.Series(raw.dt.total_seconds())
    if isinstance(raw.dtype, pd.DatetimeTZDtype) or raw.dtype.kind == "M":
        return _dates(raw, known, refuse)

    refuse(identities.is_flag(raw), f"is no time: {_CURE}")
    durations = _durations(raw, known)
    if durations is not None:
        return durations
    numbers = pd.to_numeric(raw if known.all() else raw.where(known), errors="coerce")
    if not numbers[known].notna().all():
        if numbers[known].notna().mean() > 0.5:
            refuse((known & numbers.isna()).to_numpy(), _NO_TIME)
        return _dates(raw, known, refuse)
    _require_seconds(numbers.astype(float), known.to_numpy(), refuse)
    return numbers


def seconds(times: "pd.Series[Any]") -> np.ndarray:
    """Return what `parse` returned as seconds (n,), dates as seconds since 1970 (UTC); NaN where it is missing."""
    if times.dtype.kind != "M":
        return times.to_numpy(float)
    return ((times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy(float, na_value=np.nan)


def _durations(raw: "pd.Series[Any]", known: "pd.Series[bool]") -> "pd.Series[float] | None":
    """Return a column of ISO 8601 durations as seconds, or None where a cell is none."""
    if not known.any() or not str(raw[known].iloc[0]).strip().startswith("P"):
        return None
    texts = raw.astype(str).str.strip().where(known)
    if not texts[known].str.fullmatch(_DURATION).all():
        return None
    return pd.Series(pd.to_timedelta(texts).dt.total_seconds())


def _dates(raw: "pd.Series[Any]", known: "pd.Series[bool]", refuse: Refuse) -> "pd.Series[Any]":
    if raw.dtype.kind == "M":
        dates = pd.to_datetime(raw, utc=True)
    else:
        texts = raw.astype(str).str.strip()
        written = texts.where(known & texts.str.match(_DATE))
        dates = pd.to_datetime(written, errors="coerce", format="ISO8601", utc=True)
        beyond = known & dates.isna() & texts.str.startswith(_BEYOND)
        refuse(beyond.to_numpy(), "lies beyond all dates that are read, and may stand for none: leave the row out")
        refuse((known & dates.isna()).to_numpy(), _NO_TIME)
        refuse(
            (known & texts.str.contains(_HALF_AN_OFFSET)).to_numpy(),
            "ends in what may be minutes, or an offset from UTC: write the offset with minutes, such as 12:00-07:00",
        )
        fault = "ends in what is no offset from UTC in full: write it with two digits for the hours, as +02:00, or Z"
        refuse((known & ~texts.str.fullmatch(_ISO)).to_numpy(), fault)
        offset = known & texts.str.extract(f"^{_ISO}$")["offset"].notna()
        if offset.any():
            fault = "has no offset from UTC, which other times of the column have"
            refuse((known & ~offset).to_numpy(), fault)

    early = dates < pd.Timestamp("1700-01-01", tz="UTC")
    refuse(early.to_numpy(bool), "lies before the year 1700, and may stand for no date: leave the row out, or mend it")
    late = dates >= pd.Timestamp("2200-01-01", tz="UTC")
    refuse(late.to_numpy(bool), "lies beyond the year 2200: leave the row out, or mend it")
    dates = dates.dt.tz_localize(None)
    fault = "stands where there is no date, and lies a year or more from all other times: leave the row out"
    refuse(_stands_for_none(dates), fault)
    fault = "lies so far from all other times that it may stand for none: leave the row out, or mend it"
    refuse(_strays_among(dates), fault)
    return dates


def _stands_for_none(dates: "pd.Series[Any]") -> np.ndarray:
    """Return where a date is one that programs write for no date (n,), in any time zone and counted from 0 or 1, far
    from all other dates of the column.
    """
    values = seconds(dates)
    times = np.unique(values[np.isfinite(values)])
    begins = [_is_near(times, day) for day in _NO_DATES]
    ends = [_is_near(times, day) for day in _ENDS]
    suspect = np.any(begins + ends, axis=0)
    suspects, others = times[suspect], times[~suspect]
    if not len(others):  # nothing but days around the first of 1970, say, is read, but not one moment alone
        is_one_day = len(suspects) > 1 and any(near.all() for near in begins + ends)
        return np.isin(values, times[np.any(begins, axis=0) & (not is_one_day)])

    is_alone = _distances(suspects, others) >= _ALONE
    is_inside = (suspects > others[0]) & (suspects < others[-1])
    is_alone &= np.any(begins, axis=0)[suspect] | ~is_inside
    if _are_first_days(others):  # dates of years, among which a first day is one like any other
        is_alone &= _distances(suspects, others) > np.ptp(others)
    return np.isin(values, suspects[is_alone])


def _strays_among(dates: "pd.Series[Any]") -> np.ndarray:
    """Return where a date is one of the few that lie far from all others (n,), by `_strays`, and may stand for none:
    two years away on the first or last day of one, as fillers are, or ten years away.
    """
    values = seconds(dates)
    times = np.unique(values[np.isfinite(values)])
    strays = _strays(times) if len(times) else times
    others = np.setdiff1d(times, strays)
    if not len(strays) or not len(others):
        return np.zeros(len(values), bool)

    distances = _distances(strays, others)
    is_far = distances >= max(_FAR_AWAY, _FAR * np.ptp(others))
    if not _are_first_days(others):
        is_far |= _are_near_new_year(strays) & (distances >= 2 * _ALONE)
    return np.isin(values, strays[is_far])


def _is_near(times: np.ndarray, day: float) -> np.ndarray:
    """Return where times lie on a day, or less than a day away from it (n,); all in seconds since 1970."""
    return np.asarray((times >= day - _DAY) & (times < day + 2 * _DAY))


def _distances(times: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far from the nearest of the others, ascending, each time lies (n,)."""
    places = np.searchsorted(others, times)
    before, after = others[np.maximum(places - 1, 0)], others[np.minimum(places, len(others) - 1)]
    return np.asarray(np.minimum(np.abs(times - before), np.abs(times - after)))


def _are_near_new_year(times: np.ndarray) -> np.ndarray:
    """Return where times lie on the first day of a year, or less than a day away from it (n,)."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    return np.asarray((days.dayofyear <= 2) | ((days.month == 12) & (days.day == 31)))


def _are_first_days(times: np.ndarray) -> bool:
    """Return whether times are years, written as their first days."""
    days = pd.DatetimeIndex(pd.to_datetime(times, unit="s"))
    return len(times) > 1 and bool(((days.dayofyear == 1) & (days == days.normalize())).all())


def _require_seconds(numbers: "pd.Series[float]", known: np.ndarray, refuse: Refuse) -> None:
    """Call `refuse` where numbers can't be seconds since 1970, or since a start of their own."""
    values = numbers.to_numpy(float)
    refuse(known & ~np.isfinite(values), "is no finite number")
    refuse(known & (values < 0), f"is a negative time: where it stands for no time, leave the row out; else {_CURE}")
    if not known.any():
        return
    if len(np.unique(values[known])) > 1:
        for filler, kind in _FILLERS.items():
            fault = f"is the largest {kind} number of 32 bits, which stands for no time: leave the row out"
            refuse(known & (values == filler), fault)

    low, high = values[known].min(), values[known].max()
    unit = _other_meaning(values[known])
    if unit:
        refuse(known & (values == high), f"would count as seconds, but the column looks like {unit}: {_CURE}")
    if low < _FIRST_CLOCK <= high:
        fault = (
            "counts as seconds since 1970 and lies before 1980, but other times of the column lie later: where a 0 "
            f"stands for no time, leave these rows out; else {_CURE}"
        )
        refuse(known & (values < _FIRST_CLOCK), fault)

    strays = _strays(np.unique(values[known]))
    others = values[known & ~np.isin(values, strays)]
    unit = _other_meaning(others) if len(strays) else None
    if unit:
        fault = f"stands far from all other times, which look like {unit}: where it stands for no time, leave the row"
        refuse(known & np.isin(values, strays), f"{fault} out; else {_CURE}")


def _strays(times: np.ndarray) -> np.ndarray:
    """Return the few of different times (n,), ascending, that lie far from all others, as a filler or a mistake does:
    of six to ten one, of more two, or a tenth.
    """
    years = times[~np.isin(times, _NO_YEARS)]
    if len(times) - len(years) == 1 < len(years) and _are_years(years) and years[0] > _FAR * np.ptp(years):
        return np.setdiff1d(times, years)
    if len(times) <= _SEVERAL:
        return times[:0]

    low, high = np.quantile(times, [_STRAY_SHARE, 1 - _STRAY_SHARE])
    middle = times[(times >= low) & (times <= high)]
    is_many = len(times) > _MANY
    reach = np.ptp(middle) * (1 if is_many else _FAR)
    strays = times[(times < middle[0] - reach) | (times > middle[-1] + reach)]
    most = max(2 if is_many else 1, _STRAY_SHARE * len(times))
    return strays if len(strays) <= most else times[:0]


def _are_years(times: np.ndarray) -> bool:
    return bool(times.min() >= _YEARS[0] and times.max() <= _YEARS[1] and (times == np.floor(times)).all())


def _other_meaning(values: np.ndarray) -> str | None:
    """Return what numbers (n,) are that are not, or not only, seconds; None where nothing speaks against seconds."""
    low, high = float(values.min()), float(values.max())
    if low >= _YEARS[0] and high <= _YEARS[1]:
        return "years"
    layout = date_digits.layout_of(values)
    if layout is not None:
        return f"dates or times of day written as {layout}"
    return _likely_unit(low, high)


def _likely_unit(low: float, high: float) -> str | None:
    """Return the unit that implausible seconds are likely to be in, or None where they are plausible."""
    if high >= _LATEST_SECONDS:
        if high < _LATEST:
            return "seconds since 1900 or 1904, or no time: as seconds since 1970, it lies beyond the year 2070"
        for factor, unit in ((1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")):
            if high < _LATEST * factor:
                return f"{unit} since 1970"
        return "no time, beyond the year 2200 in every unit"
    if low >= _SPREADSHEET[0] and high <= _SPREADSHEET[1]:
        return (
            "days since 1970, or since the first day of a spreadsheet; seconds of a day must be durations, and of a "
            "count subtract the first, so that it begins at 0"
        )
    if high >= _FIRST_CLOCK or low <= max(high - low, _START):
        return None
    for size, unit in ((_DAY, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if low * size >= _FIRST_CLOCK and high * size < _LATEST:
            return f"{unit} since 1970, or since the first day of a spreadsheet"
    return "a count that begins at no start, or days since one long ago: subtract the first, so that it begins at 0"
