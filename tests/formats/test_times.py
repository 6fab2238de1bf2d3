"""Numbers count as seconds only where they can be that, and dates agree on whether they have an offset."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallmark.errors import InputError
from hallmark.formats import times

START = 1_600_000_000  # 2020-09-13T12:26:40Z


def parse(values: Any) -> "pd.Series[Any]":
    raw = values if isinstance(values, pd.Series) else pd.Series(values)

    def refuse(bad: np.ndarray, fault: str) -> None:
        if bad.any():
            raise InputError(f"row {int(bad.argmax()) + 1}: {raw.iloc[int(bad.argmax())]} {fault}")

    return times.parse_times(raw, refuse)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([START * 1000, START * 1000 + 3_600_000], "milliseconds since 1970"),
        ([str(START * 1000)] * 2, "milliseconds since 1970"),
        ([START * 10**6, START * 10**6 + 5], "microseconds"),
        ([START * 10**9, START * 10**9 + 5], "nanoseconds"),
        ([20200913, 20201018], "dates or times of day written as YYYYMMDD"),
        (["20200913", "20201018"], "dates or times of day written as YYYYMMDD"),
        ([202009, 202112], "dates or times of day written as YYYYMM"),
        ([20200913122640, 20201018000000], "dates or times of day written as YYYYMMDDhhmmss"),
        ([202009131226, 202010180000], "dates or times of day written as YYYYMMDDhhmm"),
        ([1998, 2020, 2021], "years"),
        ([18_262, 18_500], "days since 1970"),
        ([43_831.5, 44_196.25], "days since 1970, or since the first day of a spreadsheet"),
        ([10_958, 23_950, 40_179], "days since 1970, or since the first day of a spreadsheet"),
        ([2_459_105.5, 2_459_470.5, 2_440_588.0], "a count that begins at no start, or days since one long ago"),
        ([59_105.5, 59_470.0], "days since 1970"),
        ([13092020, 1022021, 31121999], "dates or times of day written as DDMMYYYY"),
        (["13092020", "01022021", "31121999"], "dates or times of day written as DDMMYYYY"),
        ([9132020, 12312021, 2281999], "dates or times of day written as MMDDYYYY"),
        ([13092020, 1022021, 31121999, 24122003, 0], "dates or times of day written as DDMMYYYY"),
        (
            [13092020, 1022021, 20210130, 19991231, 31121999, 20030415],
            "dates or times of day written as YYYYMMDD or DD",
        ),
        ([20200913, 0], "dates or times of day written as YYYYMMDD"),
        ([200913, 10203, 231130], "dates or times of day written as YYMMDD"),
        ([130920, 10221, 311299], "dates or times of day written as DDMMYY"),
        ([2009131226, 2101020000, 102030405], "dates or times of day written as YYMMDDhhmm"),
        ([1309801226, 2812991800], "dates or times of day written as DDMMYYhhmm"),
        ([202009, 199912, 202101], "dates or times of day written as YYYYMM"),
        ([122640, 235959, 90000], "dates or times of day written as hhmmss"),
        (
            [hour * 10_000 + minute * 100 for hour in range(24) for minute in (0, 30)],
            "dates or times of day written as",
        ),
        ([2020257, 1999001, 2021365], "dates or times of day written as YYYYJJJ"),
        ([1800, 2100], "years"),
        ([2020.5, 2021.25], "years"),
        ([2_208_988_800 + START, 2_208_988_800 + START + 5], "seconds since 1900 or 1904"),
        ([438_288, 440_000], "hours since 1970"),
        ([26_297_280, 26_400_000], "minutes since 1970"),
        ([3_000_000, 3_000_100], "a count that begins at no start"),
        ([1e18, 1e19], "no time"),
    ],
)
def test_numbers_that_are_not_surely_seconds_are_refused_with_their_likely_unit(values: list[Any], unit: str) -> None:
    with pytest.raises(InputError, match=rf"row \d+: .* would count as seconds, but the column looks like {unit}"):
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
        [21_600.0 * step for step in range(40)],
        [60.0 * step for step in range(1_440)],
        [0, 0.5, 1_799, 1_800, 2_100, 2_500],
        [1_610_000_000 + 86_400 * step for step in range(60)],
    ],
)
def test_seconds_are_read_as_they_are(values: list[float]) -> None:
    assert times.to_seconds(parse(values)).tolist() == values
    assert times.to_seconds(parse([str(value) for value in values])).tolist() == values


def test_a_lone_0_before_dates_as_numbers_is_refused() -> None:
    with pytest.raises(InputError, match=r"row 3: 0 stands far from all other times, which look like days since 1970"):
        parse([43_831, 43_840, 0, 43_850, 43_860, 43_870])


@pytest.mark.parametrize("filler", [2**31 - 1, 2**32 - 1])
def test_the_largest_numbers_of_32_bits_are_no_times(filler: int) -> None:
    with pytest.raises(InputError, match=rf"row 2: {filler} is the largest"):
        parse([START, filler, START + 1])


@pytest.mark.parametrize("values", [["PT1800S", "PT1H", "P1DT0.5S"], ["PT0S", "PT30M", "PT20210101S"]])
def test_durations_are_the_way_out_for_counts_that_look_like_dates(values: list[str]) -> None:
    seconds = {
        "PT1800S": 1_800,
        "PT1H": 3_600,
        "P1DT0.5S": 86_400.5,
        "PT0S": 0,
        "PT30M": 1_800,
        "PT20210101S": 20210101,
    }
    assert times.to_seconds(parse(values)).tolist() == [seconds[value] for value in values]


@pytest.mark.parametrize("filler", ["1970-01-01", "1970-01-01T00:00:00", "1900-01-01", "1899-12-30"])
def test_a_date_that_programs_write_for_none_is_refused_far_from_all_others(filler: str) -> None:
    dates = ["2020-09-13", filler, "2021-01-01"]
    for values in (dates, pd.Series(pd.to_datetime(dates, format="ISO8601"))):
        with pytest.raises(InputError, match=r"row 2: .* stands where there is no date"):
            parse(values)


HOURS = pd.date_range("2020-01-01", periods=200, freq="h").astype(str).tolist()


@pytest.mark.parametrize(
    "filler",
    [
        *("1970-01-01 01:00:00", "1969-12-31 19:00:00", "1970-01-01T05:30:00", "1970-01-01 00:00:00.001"),
        *("1969-12-31 10:00", "1970-01-01 14:00", "1970-01-02", "1753-01-01", "1752-12-31 23:00", "1900-01-02"),
        *("1904-01-01", "1980-01-01", "2038-01-19 03:14:07", "2099-12-31", "2100-01-01", "2199-12-31", "1700-01-01"),
        *("2099-12-31 23:59:59", "2000-01-01", "1999-12-31", "2001-01-01", "1850-01-01", "2009-06-03", "1858-11-17"),
    ],
)
@pytest.mark.parametrize("is_typed", [False, True])
def test_a_filler_in_any_time_zone_is_refused_among_dates_of_one_year(filler: str, is_typed: bool) -> None:
    values: Any = [*HOURS, *[filler] * 5]
    if is_typed:
        values = pd.Series(pd.to_datetime(values, format="ISO8601"))
    with pytest.raises(
        InputError, match=r"row 201: .*(stands where there is no date|lies so far from all other times)"
    ):
        parse(values)


@pytest.mark.parametrize(
    "values",
    [
        [*HOURS, "2017-06-03", "2020-03-01", "2019-01-01"],  # three others, none of them far or lone
        [*HOURS, "2012-06-03"],
        [f"{year}-01-01" for year in [*range(2010, 2021), 1995]],  # years
        ["1890-01-01", "1900-01-01", "1904-01-01", "1970-01-01", "2000-01-01"],
        ["1978-05-04", "1980-01-01", "1983-02-03"],
        ["1969-12-31 19:00", "1969-12-31 20:00", "1970-01-01 02:00"],
        [f"1970-01-01 {hour:02}:00" for hour in range(24)],
        [f"1970-0{month}-01" for month in range(1, 9)],
        ["2018-12-31", "2020-03-01", "2021-01-01"],
        pd.date_range("1950-01-01", "2010-01-01", periods=300).astype(str).tolist(),
    ],
)
def test_honest_dates_are_read_wherever_they_lie(values: list[str]) -> None:
    expected = (pd.to_datetime(pd.Series(values), format="ISO8601") - pd.Timestamp(0)).dt.total_seconds()
    assert times.to_seconds(parse(values)).tolist() == expected.tolist()


def test_a_first_day_stands_for_none_far_from_other_first_days_only() -> None:
    with pytest.raises(InputError, match=r"row 4: 1900-01-01 stands where there is no date"):
        parse(["2018-01-01", "2019-01-01", "2020-01-01", "1900-01-01"])


def test_many_dates_around_1970_are_read_in_time_proportional_to_them() -> None:
    values = pd.Series(pd.date_range("1970-01-01", periods=200_000, freq="2s"))
    assert times.to_seconds(parse(values)).tolist() == [2.0 * row for row in range(200_000)]


def test_dates_before_all_records_are_refused_whatever_their_type() -> None:
    typed = pd.Series(np.array(["2020-01-01", "0001-01-01"], "datetime64[us]"))
    with pytest.raises(InputError, match="row 2: .* lies before the year 1700"):
        parse(typed)


def test_the_same_dates_are_read_among_their_neighbours() -> None:
    assert times.to_seconds(parse(["1969-12-31", "1970-01-01", "1970-01-02"])).tolist() == [-86_400, 0, 86_400]


def test_dates_become_seconds_since_1970_in_utc() -> None:
    written = ["2020-09-13T14:26:40+02:00", "2020-09-13 12:26:40Z", "20200913T122640Z", "2020-09-13T12:26:40+0000"]
    written += ["2020-09-13 05:26:40-07", "2020-09-13T12:26:40.000 +00:00", "2020-09-13 8:26:40-0400"]
    assert times.to_seconds(parse(written)).tolist() == [START] * 7
    assert times.to_seconds(parse(["2020-09-13", "1850-01-01"]))[0] == START - 44_800
    typed = pd.Series(pd.to_datetime(["2020-09-13T12:26:40"]))
    assert times.to_seconds(parse(typed)).tolist() == [START]
    assert times.to_seconds(parse(typed.dt.tz_localize("Europe/Berlin"))).tolist() == [START - 7200]
    assert times.to_seconds(parse(typed.astype(object))).tolist() == [START]
    assert times.to_seconds(parse(pd.Series(pd.to_timedelta([90], unit="s")))).tolist() == [90]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2020-09-13T12:26:40+02:00", "2020-09-13T12:26:40"], "row 2: .* has no offset from UTC"),
        (["2020-09-13T12:26:40Z", "2020-09-13"], "row 2: .* has no offset from UTC"),
        (["2020-09-13T12-07"], "row 1: .* ends in what may be minutes, or an offset from UTC"),
        (["2020-09-13 12:26-07"], "row 1: .* ends in what may be minutes, or an offset from UTC"),
        (["2020-09-13T1:05-07"], "row 1: .* ends in what may be minutes, or an offset from UTC"),
        *(
            ([f"2020-09-13{time}", "2020-09-13T12:26:40"], f"row 1: 2020-09-13{re.escape(time)} (ends in|is neither)")
            for time in ("T12:26:40+2:00", "T12:26+1", "T12:26-7", "T12-7", "T12:26:40 -7:00", "T12:26:40+02:0", "T")
        ),
        (["20200913T1226-7"], "row 1: .* (ends in|is neither)"),
        (["2020-09-13", "2020"], "row 2: 2020 is neither a number of seconds nor an ISO date"),
        (["2020-09-13", "now"], "row 2: now is neither"),
        (["13.09.2020", "14.09.2020"], "row 1: .* is neither"),
        (["09/13/2020"], "row 1: .* is neither"),
        ([str(START), str(START), "soon"], "row 3: soon is neither"),
        (["2020-09-13", "9999-12-31"], "row 2: .* may stand for none"),
        (["2020-09-13", "0001-01-01T00:00:00"], "row 2: .* may stand for none"),
        (["PT5S", "P1M"], "row 1: PT5S is neither"),
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


MEANINGS = {
    "years": [*range(1950, 2024)],
    "days since 1970, or since the first day of a spreadsheet": [*range(40_179, 45_600, 7)],
    "a count that begins at no start": [2_455_000.5 + day for day in range(0, 4_000, 9)],
    "hours since 1970": [*range(438_288, 470_000, 50)],
    "minutes since 1970": [*range(26_297_280, 27_000_000, 999)],
}


@pytest.mark.parametrize("filler", [0, 1, 99, 9999, 99_999])
@pytest.mark.parametrize("unit", MEANINGS)
@pytest.mark.parametrize("rows", [12, 60])
def test_one_filler_hides_no_other_meaning(unit: str, filler: int, rows: int) -> None:
    others = np.random.default_rng(rows).choice(MEANINGS[unit], rows, replace=False).tolist()
    with pytest.raises(
        InputError, match=rf"(row 3: {filler}(\.0)? stands far from all .*|the column) looks? like {unit}"
    ):
        parse([*others[:2], filler, *others[2:]])


@pytest.mark.parametrize("filler", [0, 1, 99, 9999])
def test_one_filler_hides_no_few_years(filler: int) -> None:
    with pytest.raises(InputError, match=f"row 2: {filler} stands far from all other times, which look like years"):
        parse([2019, filler, 2020])


@given(st.integers(2, 500), st.sampled_from([0.5, 1, 7, 30, 60, 900, 3_600, 86_400]))
def test_counts_from_0_are_seconds(rows: int, step: float) -> None:
    values = [step * row for row in range(rows)]
    assert times.to_seconds(parse(values)).tolist() == values


@given(st.lists(st.floats(0.001, 30), min_size=20, max_size=200))
def test_seconds_since_a_start_are_read_as_they_are(gaps: list[float]) -> None:
    values = [0.0, *np.cumsum(gaps).tolist()]
    assert times.to_seconds(parse(values)).tolist() == values
