"""Dates and times of day that are written as bare digits, such as 13092020.

They look like any other number, and would count as seconds, so that a column of them is recognised.
"""

from itertools import pairwise

import numpy as np

# Y year, M month, D day of the month, J day of the year, h hour, m minute, s second. The first one
# that fits a column is reported.
_LAYOUTS = (
    *("YYYYMMDD", "DDMMYYYY", "MMDDYYYY", "YYYYDDMM", "YYYYMMDDhhmmss", "YYYYMMDDhhmm", "DDMMYYYYhhmmss"),
    *("DDMMYYYYhhmm", "MMDDYYYYhhmmss", "MMDDYYYYhhmm", "YYYYMMDDhh", "YYYYMM", "YYYYJJJ", "MMYYYY", "JJJYYYY"),
    *("YYMMDDhhmmss", "DDMMYYhhmmss", "MMDDYYhhmmss", "YYMMDDhhmm", "DDMMYYhhmm", "MMDDYYhhmm", "YYMMDDhh"),
    *("YYMMDD", "DDMMYY", "MMDDYY", "hhmmss", "YYJJJ", "YYMM", "hhmm"),
)
_LOOSE_LAYOUTS = ("hhmmss", "YYJJJ", "hhmm")  # which a tenth or more of all numbers fit
# First and last value.
_RANGES = {"M": (1, 12), "J": (1, 366), "h": (0, 23), "m": (0, 59), "s": (0, 59)}
_YEAR_RANGES = {2: (0, 99), 4: (1900, 2200)}  # by digits
_DAYS_OF_MONTHS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_FIRST_INEXACT = 1e15  # numbers of up to 15 digits are exact as floats
_MIN_NUMBERS = 5  # distinct numbers; of fewer, all must be dates
_MIN_LOOSE_NUMBERS = 10  # distinct numbers that a loose layout needs
_FILLERS = (0, 1, *(10**digits - 1 for digits in range(2, 15)))  # mean "no date": 99, 9999 …
_CLOCK = (1e9, 2.1e9)  # seconds since 1970: 2001 to 2036
_HOUR = 3_600  # seconds
# Fraction of the distinct numbers that must be dates, in a layout that few other numbers fit.
_MIN_SHARE = 0.75
_MIN_LOOSE_SHARE = 0.95  # the same in a loose layout
_MIXED_LENGTHS = (8, 6, 10)  # digits; numbers of more are no plausible seconds anyway
_MAX_EARLY_TIME = 1_000  # hhmmss: few times of day lie before 00:10:00, where counts begin


def find_layout(values: np.ndarray) -> str | None:
    """Return the layout, such as YYYYMMDD, in which numbers (n,) are likely dates or times of day, or None.

    Leading zeros may be lost, as where a table has made the number 1022020 of 01022020. In most
    layouts it suffices that three quarters of the distinct numbers are dates, so that a 0 or a
    mistake among them doesn't hide the dates. In layouts that a tenth or more of all numbers fit by
    chance, such as hhmmss, nearly all must be.
    """
    distinct = np.unique(values[np.isfinite(values)])
    is_whole = (distinct == np.floor(distinct)) & (distinct >= 0) & (distinct < _FIRST_INEXACT)
    whole_numbers = distinct[is_whole].astype(np.int64)
    if not len(whole_numbers) or len(whole_numbers) < _MIN_SHARE * len(distinct):
        return None

    for layout in _LAYOUTS:
        if _fits(layout, whole_numbers, len(distinct)):
            return layout
    return _find_mixed_layouts(whole_numbers, len(distinct))


def _find_mixed_layouts(numbers: np.ndarray, n_distinct: int) -> str | None:
    """Return the layouts of one length that the numbers fit together, as "DDMMYYYY or MMDDYYYY", or None.

    So dates look where files of two countries were joined. `numbers` (ascending) are the whole ones
    of `n_distinct` different numbers.
    """
    if n_distinct < _MIN_NUMBERS:
        return None
    for length in _MIXED_LENGTHS:
        layouts = [layout for layout in _LAYOUTS if len(layout) == length and layout not in _LOOSE_LAYOUTS]
        is_date = {layout: _is_date(numbers, layout) for layout in layouts}
        is_any_date = np.any(list(is_date.values()), axis=0)

        most_are_dates = is_any_date.sum() >= _MIN_SHARE * n_distinct
        if most_are_dates and numbers[is_any_date].max() >= 10 ** (length - 2):
            return " or ".join(layout for layout in layouts if is_date[layout].any())
    return None


def _fits(layout: str, numbers: np.ndarray, n_distinct: int) -> bool:
    """Return whether so many numbers are dates in a layout that they are hardly anything else.

    `numbers` (ascending) are the whole ones of `n_distinct` different numbers. Those that programs
    write for "no date" (`_FILLERS`) are not counted, so that they don't hide dates.
    """
    is_date = _is_date(numbers, layout)
    dates = numbers[is_date]
    if dates.max(initial=0) < 10 ** (len(layout) - 2):
        return False  # the largest has two leading zeros: small counts
    if _is_clock(layout, dates):
        return False

    n_counted = n_distinct
    has_long_year = "YYYY" in layout
    if n_distinct < _MIN_NUMBERS:
        is_filler = np.isin(numbers, _FILLERS)
        n_fillers = int(is_filler.sum())
        if has_long_year or n_distinct - n_fillers > 1:
            n_counted -= n_fillers
            is_date = is_date & ~is_filler
    elif has_long_year and numbers[0] == 0:
        n_counted -= 1  # the 0 means "no date", and is none in such a layout
    share = is_date.sum() / n_counted if n_counted else 0.0

    if layout == "hhmmss" and n_counted < _MIN_LOOSE_NUMBERS:
        return bool(share == 1 and numbers.min() > _MAX_EARLY_TIME)
    if layout in _LOOSE_LAYOUTS:
        return bool(share >= _MIN_LOOSE_SHARE and n_counted >= _MIN_LOOSE_NUMBERS)
    if n_counted < _MIN_NUMBERS:
        return bool(share == 1 and (layout != "YYMM" or n_counted > 2))
    return bool(share >= _MIN_SHARE)


def _is_clock(layout: str, dates: np.ndarray) -> bool:
    """Return whether dates (n,) with two-digit years are rather a clock's seconds since 1970.

    They are where all lie within one hour of the years 2001 to 2036.
    """
    if len(layout) != 10 or "YYYY" in layout:
        return False
    first, last = _CLOCK
    return bool(dates.min() >= first and dates.max() <= min(last, dates.min() + _HOUR))


def _is_date(numbers: np.ndarray, layout: str) -> np.ndarray:
    """Return which whole numbers (n,) are dates or times of day in a layout, (n,) bool.

    Shorter numbers are read as if leading zeros were lost.
    """
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
        low, high = _YEAR_RANGES[end - start] if field == "Y" else _RANGES[field]
        is_date = is_date & (values >= low) & (values <= high)

    if days is not None and months is not None:
        last_days = _DAYS_OF_MONTHS[np.clip(months, 1, 12) - 1]
        is_date = is_date & (days >= 1) & (days <= last_days)
    return np.asarray(is_date)


def _field_boundaries(layout: str) -> list[int]:
    """Return where the fields of a layout begin, and its length: [0, 4, 6, 8] for YYYYMMDD."""
    begins = [place for place in range(1, len(layout)) if layout[place] != layout[place - 1]]
    return [0, *begins, len(layout)]
