"""Numbers count as seconds only where they can be that, and dates agree on whether they have an offset."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import times

START = 1_600_000_000  # 2020-09-13T12:26:40Z


def parse(values: Any) -> "pd.Series[Any]":
    raw = values if isinstance(values, pd.Series) else pd.Series(values)

    def refuse(bad: np.ndarray, fault: str) -> None:
        if bad.any():
            raise InputError(f"row {int(bad.argmax()) + 1}: {raw.iloc[int(bad.argmax())]} {fault}")

    return times.parse(raw, refuse)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([START * 1000, START * 1000 + 3_600_000], "milliseconds since 1970"),
        ([str(START * 1000)] * 2, "milliseconds since 1970"),
        ([START * 10**6, START * 10**6 + 5], "microseconds"),
        ([START * 10**9, START * 10**9 + 5], "nanoseconds"),
        ([20200913, 20201018], "dates written as YYYYMMDD"),
        (["20200913", "20201018"], "dates written as YYYYMMDD"),
        ([202009, 202112], "dates written as YYYYMM"),
        ([20200913122640, 20201018000000], "dates written as YYYYMMDDhhmmss"),
        ([202009131226, 202010180000], "dates written as YYYYMMDDhhmm"),
        ([1998, 2020, 2021], "years"),
        ([18_262, 18_500], "days since 1970"),
        ([43_831.5, 44_196.25], "days since 1970, or since the first day of a spreadsheet"),
        ([438_288, 440_000], "hours since 1970"),
        ([26_297_280, 26_400_000], "minutes since 1970"),
        ([3_000_000, 3_000_100], "a count that begins at no start"),
        ([1e18, 1e19], "no time"),
    ],
)
def test_numbers_that_are_no_seconds_are_refused_with_their_likely_unit(values: list[Any], unit: str) -> None:
    with pytest.raises(
        InputError, match=rf"row \d: .* is no plausible number of seconds: the column looks like {unit}"
    ):
        parse(values)


def test_zeros_among_seconds_since_1970_are_refused() -> None:
    with pytest.raises(InputError, match=r"row 2: 0 counts as seconds since 1970 and lies before 1980"):
        parse([START, 0, START + 60])


@pytest.mark.parametrize(
    "values",
    [
        [START, START + 3_600.5],
        [874_724_710, 893_286_638],  # MovieLens 100k
        [0.0, 0.05, 0.1],
        [5, 5, 5],
        [0, 15_552_000],  # half a year of a simulation
        [86_400, 864_000],
        list(range(14)),
    ],
)
def test_seconds_are_read_as_they_are(values: list[float]) -> None:
    assert times.seconds(parse(values)).tolist() == values
    assert times.seconds(parse([str(value) for value in values])).tolist() == values


def test_dates_become_seconds_since_1970_in_utc() -> None:
    written = ["2020-09-13T14:26:40+02:00", "2020-09-13 12:26:40Z", "20200913T122640Z", "2020-09-13T12:26:40+0000"]
    assert times.seconds(parse(written)).tolist() == [START] * 4
    assert times.seconds(parse(["2020-09-13", "1850-01-01"]))[0] == START - 44_800
    typed = pd.Series(pd.to_datetime(["2020-09-13T12:26:40"]))
    assert times.seconds(parse(typed)).tolist() == [START]
    assert times.seconds(parse(typed.dt.tz_localize("Europe/Berlin"))).tolist() == [START - 7200]
    assert times.seconds(parse(typed.astype(object))).tolist() == [START]
    assert times.seconds(parse(pd.Series(pd.to_timedelta([90], unit="s")))).tolist() == [90]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2020-09-13T12:26:40+02:00", "2020-09-13T12:26:40"], "row 2: .* has no offset from UTC"),
        (["2020-09-13T12:26:40Z", "2020-09-13"], "row 2: .* has no offset from UTC"),
        (["2020-09-13", "2020"], "row 2: 2020 is neither a number of seconds nor an ISO date"),
        (["2020-09-13", "now"], "row 2: now is neither"),
        (["13.09.2020", "14.09.2020"], "row 1: .* is neither"),
        (["09/13/2020"], "row 1: .* is neither"),
        ([str(START), str(START), "soon"], "row 3: soon is neither"),
        (["2020-09-13", "9999-12-31"], "row 2: .* is neither"),
        (["2020-09-13", "2222-12-31"], "row 2: .* lies beyond the year 2200"),
        ([True, False], "row 1: True is no time"),
        ([START, True], "row 2: True is no time"),
        ([START, float("inf")], "row 2: inf is no finite number"),
        ([START, -5], "row 2: .* is a negative time"),
    ],
)
def test_what_is_no_time_is_refused(values: list[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse(pd.Series(values, dtype=object))
