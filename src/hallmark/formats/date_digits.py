"""Dates and times of day that are written as bare digits, such as 13092020, and so look like any other number."""

from itertools import pairwise

import numpy as np

# Y year, M month, D day of the month, J day of the year, h hour, m minute, s second; the first that fits is named.
_LAYOUTS = (
    *("YYYYMMDD", "DDMMYYYY", "MMDDYYYY", "YYYYDDMM", "YYYYMMDDhhmmss", "YYYYMMDDhhmm", "DDMMYYYYhhmmss"),
    *("DDMMYYYYhhmm", "MMDDYYYYhhmmss", "MMDDYYYYhhmm", "YYYYMMDDhh", "YYYYMM", "YYYYJJJ", "MMYYYY", "JJJYYYY"),
    *("YYMMDDhhmmss", "DDMMYYhhmmss", "MMDDYYhhmmss", "YYMMDDhhmm", "DDMMYYhhmm", "MMDDYYhhmm", "YYMMDDhh"),
    *("YYMMDD", "DDMMYY", "MMDDYY", "hhmmss", "YYJJJ", "YYMM", "hhmm"),
)
_LOOSE_LAYOUTS = ("hhmmss", "YYJJJ", "hhmm")  # a tenth or more of all numbers fit
_RANGES = {"M": (1, 12), "J": (1, 366), "h": (0, 23), "m": (0, 59), "s": (0, 59)}
_YEARS = {2: (0, 99), 4: (1900, 2200)}  # by digits
_DAYS_OF_MONTHS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_LARGEST = 1e15  # 15 digits are exact as floats
_FEW = 5  # different numbers: fewer are dates only if all can be
_MANY = 10  # different numbers, which a loose layout needs
_FILLERS = (0, 1, *(10**digits - 1 for digits in range(2, 15)))  # stand for no date: 99, 9999 …
_CLOCK = (1e9, 2.1e9)  # seconds since 1970: 2001 to 2036
_HOUR = 3_600  # seconds
_MIN_SHARE = 0.75  # of many numbers that can be dates, in a layout that few other numbers fit
_MIN_LOOSE_SHARE = 0.95  # the same, in a loose layout
_MIXED_LENGTHS = (8, 6, 10)  # digits; more are no plausible seconds anyway
_FIRST_MINUTES = 1_000  # hhmmss: few times of day lie before 00:10:00, where counts begin


def find_layout(values: np.ndarray) -> str | None:
    """Return the layout, such as YYYYMMDD, of dates or times of day that numbers (n,) can be read as, or None.

    A leading zero may be lost, as where a table has made a number of 01022020. In most layouts three quarters of the
    different numbers suffice, so that a 0 or a mistake among dates hides none of them; where a tenth or more of all
    numbers would fit, as times of day, nearly all must.
    """
    distinct = np.unique(values[np.isfinite(values)])
    is_readable = (distinct == np.floor(distinct)) & (distinct >= 0) & (distinct < _LARGEST)
    numbers = distinct[is_readable].astype(np.int64)
    if not len(numbers) or len(numbers) < _MIN_SHARE * len(distinct):
        return None

    for layout in _LAYOUTS:
        if _fits(layout, numbers, len(distinct)):
            return layout
    return _mixed_layouts(numbers, len(distinct))


def _mixed_layouts(numbers: np.ndarray, count: int) -> str | None:
    """Return the layouts of one length that numbers fit together, as where files of two countries were joined.

    `numbers` are the whole ones of `count` different numbers.
    """
    if count < _FEW:
        return None
    for length in _MIXED_LENGTHS:
        layouts = [layout for layout in _LAYOUTS if len(layout) == length and layout not in _LOOSE_LAYOUTS]
        is_date = {layout: _is_date(numbers, layout) for layout in layouts}
        is_any_date = np.any(list(is_date.values()), axis=0)

        most_are_dates = is_any_date.sum() >= _MIN_SHARE * count
        if most_are_dates and numbers[is_any_date].max() >= 10 ** (length - 2):
            return " or ".join(layout for layout in layouts if is_date[layout].any())
    return None


def _fits(layout: str, numbers: np.ndarray, count: int) -> bool:
    """Return whether so many of `count` different numbers are dates in a layout that they are hardly anything else.

    `numbers`, ascending, are the whole ones of them.
    """
    is_date = _is_date(numbers, layout)
    dates = numbers[is_date]
    if dates.max(initial=0) < 10 ** (len(layout) - 2):
        return False  # two leading zeros or more: a small count
    if _is_a_clock(layout, dates):
        return False

    has_long_year = "YYYY" in layout
    if count < _FEW:
        is_filler = np.isin(numbers, _FILLERS)
        fillers = int(is_filler.sum())
        if has_long_year or count - fillers > 1:
            count -= fillers
            is_date = is_date & ~is_filler
    elif has_long_year and numbers[0] == 0:
        count -= 1  # a 0 stands for no date
    share = is_date.sum() / count if count else 0.0

    if layout == "hhmmss" and count < _MANY:
        return bool(share == 1 and numbers.min() > _FIRST_MINUTES)
    if layout in _LOOSE_LAYOUTS:
        return bool(share >= _MIN_LOOSE_SHARE and count >= _MANY)
    if count < _FEW:
        return bool(share == 1 and (layout != "YYMM" or count > 2))
    return bool(share >= _MIN_SHARE)


def _is_a_clock(layout: str, dates: np.ndarray) -> bool:
    """Return whether dates (n,) of two-digit years are rather one hour, or less, of a clock's seconds since 1970."""
    if len(layout) != 10 or "YYYY" in layout:
        return False
    first, last = _CLOCK
    return bool(dates.min() >= first and dates.max() <= min(last, dates.min() + _HOUR))


def _is_date(numbers: np.ndarray, layout: str) -> np.ndarray:
    """Return where numbers are dates or times of day in a layout (n,), with leading zeros as needed."""
    is_date = numbers < 10 ** len(layout)
    days = None
    months = None
    for start, end in pairwise(_field_boundaries(layout)):
        field = layout[start]
        values = numbers // 10 ** (len(layout) - end) % 10 ** (end - start)
        if field == "D":
            days = values  # whose range depends on the month
            continue
        if field == "M":
            months = values
        low, high = _YEARS[end - start] if field == "Y" else _RANGES[field]
        is_date = is_date & (values >= low) & (values <= high)

    if days is not None and months is not None:
        last_days = _DAYS_OF_MONTHS[np.clip(months, 1, 12) - 1]
        is_date = is_date & (days >= 1) & (days <= last_days)
    return np.asarray(is_date)


def _field_boundaries(layout: str) -> list[int]:
    """Return where the fields of a layout begin, and its end: [0, 4, 6, 8] of YYYYMMDD."""
    inner = [place for place in range(1, len(layout)) if layout[place] != layout[place - 1]]
    return [0, *inner, len(layout)]
