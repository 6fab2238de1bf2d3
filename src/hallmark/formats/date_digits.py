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
_LOOSE = ("hhmmss", "YYJJJ", "hhmm")  # a tenth or more of all numbers fit
_RANGES = {"M": (1, 12), "J": (1, 366), "h": (0, 23), "m": (0, 59), "s": (0, 59)}
_YEARS = {2: (0, 99), 4: (1900, 2200)}
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_LARGEST = 1e15  # 15 digits are exact as floats
_FEW = 5  # different numbers: fewer are dates only if all can be
_MANY = 10
_FILLERS = (0, 1, *(10**digits - 1 for digits in range(2, 15)))  # stand for no date: 99, 9999 …
_CLOCK = (1e9, 2.1e9)  # seconds since 1970: 2001 to 2036
_HOUR = 3_600
_SHARE = 0.75  # of many numbers that can be dates, in a layout that few other numbers fit
_LARGE_SHARE = 0.95  # the same, in a loose layout
_MIXED_LENGTHS = (8, 6, 10)  # digits; more are no plausible seconds anyway
_FIRST_MINUTES = 1_000  # hhmmss: few times of day lie before 00:10:00, where counts begin


def layout_of(values: np.ndarray) -> str | None:
    """Return the layout, such as YYYYMMDD, of dates or times of day that numbers (n,) can be read as, or None.

    A leading zero may be lost, as where a table has made a number of 01022020. In most layouts three quarters of the
    different numbers suffice, so that a 0 or a mistake among dates hides none of them; where a tenth or more of all
    numbers would fit, as times of day, nearly all must.
    """
    known = np.unique(values[np.isfinite(values)])
    whole = known[(known == np.floor(known)) & (known >= 0) & (known < _LARGEST)].astype(np.int64)
    if not len(whole) or len(whole) < _SHARE * len(known):
        return None
    layout = next((layout for layout in _LAYOUTS if _fits(layout, whole, len(known))), None)
    return layout or _mixed(whole, len(known))


def _mixed(numbers: np.ndarray, count: int) -> str | None:
    """Return the layouts of one length that numbers fit together, as where files of two countries were joined."""
    for length in _MIXED_LENGTHS if count >= _FEW else ():
        layouts = [layout for layout in _LAYOUTS if len(layout) == length and layout not in _LOOSE]
        fitting = {layout: _dates(layout, numbers) for layout in layouts}
        together = np.any(list(fitting.values()), axis=0)
        if together.sum() >= _SHARE * count and numbers[together].max() >= 10 ** (length - 2):
            return " or ".join(layout for layout in layouts if fitting[layout].any())
    return None


def _fits(layout: str, numbers: np.ndarray, count: int) -> bool:
    """Return whether so many of `count` different numbers are dates in a layout that they are hardly anything else; the
    numbers ascend.
    """
    fitting = _dates(layout, numbers)
    if numbers[fitting].max(initial=0) < 10 ** (len(layout) - 2):
        return False  # two leading zeros or more: a small count

    if _is_a_clock(layout, numbers[fitting]):
        return False

    if count < _FEW:
        stands_for_none = np.isin(numbers, _FILLERS)
        if "YYYY" in layout or count - stands_for_none.sum() > 1:
            count -= int(stands_for_none.sum())
            fitting = fitting & ~stands_for_none
    elif "YYYY" in layout and numbers[0] == 0:
        count -= 1  # a 0 stands for no date
    share = fitting.sum() / count if count else 0.0
    if layout == "hhmmss" and count < _MANY:
        return bool(share == 1 and numbers.min() > _FIRST_MINUTES)
    if layout in _LOOSE:
        return bool(share >= _LARGE_SHARE and count >= _MANY)
    if count < _FEW:
        return bool(share == 1 and (layout != "YYMM" or count > 2))
    return bool(share >= _SHARE)


def _is_a_clock(layout: str, dates: np.ndarray) -> bool:
    """Return whether dates (n,) of two-digit years are rather one hour, or less, of a clock's seconds since 1970."""
    is_short = len(layout) == 10 and "YYYY" not in layout
    return bool(is_short and dates.min() >= _CLOCK[0] and dates.max() <= min(_CLOCK[1], dates.min() + _HOUR))


def _dates(layout: str, numbers: np.ndarray) -> np.ndarray:
    """Return which numbers (n,) are dates in a layout (n,), with leading zeros as needed."""
    fitting = numbers < 10 ** len(layout)
    days, months = None, None
    starts = [0, *(place for place in range(1, len(layout)) if layout[place] != layout[place - 1]), len(layout)]
    for start, end in pairwise(starts):
        part = numbers // 10 ** (len(layout) - end) % 10 ** (end - start)
        if layout[start] == "D":
            days = part
            continue
        if layout[start] == "M":
            months = part
        low, high = _YEARS[end - start] if layout[start] == "Y" else _RANGES[layout[start]]
        fitting = fitting & (part >= low) & (part <= high)

    if days is not None and months is not None:
        fitting = fitting & (days >= 1) & (days <= _DAYS[np.clip(months, 1, 12) - 1])
    return np.asarray(fitting)
