"""Every usual way to write dates as digits is recognised, and clocks and counts are not taken for one."""

import numpy as np
import pandas as pd
import pytest

from hallmark.formats import date_digits

DAYS = pd.Series(pd.date_range("2001-01-03", "2023-12-31", freq="4321min"))
WRITTEN = {
    **{"YYYYMMDD": "%Y%m%d", "DDMMYYYY": "%d%m%Y", "MMDDYYYY": "%m%d%Y", "YYYYMM": "%Y%m", "YYYYJJJ": "%Y%j"},
    **{"YYMMDD": "%y%m%d", "DDMMYY": "%d%m%y", "MMDDYY": "%m%d%y", "YYMMDDhhmm": "%y%m%d%H%M", "hhmmss": "%H%M%S"},
    **{"YYYYMMDDhhmmss": "%Y%m%d%H%M%S", "YYYYMMDDhh": "%Y%m%d%H", "DDMMYYhhmm": "%d%m%y%H%M", "YYJJJ": "%y%j"},
}


@pytest.mark.parametrize("layout", WRITTEN)
@pytest.mark.parametrize("rows", [20, 1_900])
def test_dates_of_two_decades_are_recognised(layout: str, rows: int) -> None:
    written = DAYS.sample(rows, random_state=rows).dt.strftime(WRITTEN[layout])
    assert date_digits.find_layout(written.astype(float).to_numpy()) is not None
    with_mistakes = [*written.astype(float), 0.0] if layout != "hhmmss" else written.astype(float)
    assert date_digits.find_layout(np.array(with_mistakes)) is not None


def test_clocks_and_counts_are_seldom_taken_for_dates() -> None:
    generator = np.random.default_rng(5)
    taken = 0
    for _ in range(400):
        span = 10 ** generator.uniform(3, 7.5)
        start = generator.choice(np.array([0, generator.integers(1_000_000_000, 1_790_000_000)]))
        seconds = start + np.sort(generator.integers(0, int(span), 50))
        taken += date_digits.find_layout(seconds.astype(float)) is not None
    assert taken <= 4


@pytest.mark.parametrize("step", [1, 5, 10, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 21_600, 43_200, 86_400, 604_800])
@pytest.mark.parametrize("rows", [3, 12, 400])
def test_even_steps_from_0_are_no_dates(step: int, rows: int) -> None:
    assert date_digits.find_layout(np.arange(rows) * float(step)) is None


@pytest.mark.parametrize("filler", [0, 1, 99, 9999, 99_999_999])
def test_a_filler_hides_none_of_a_few_dates(filler: int) -> None:
    assert date_digits.find_layout(np.array([20200913.0, 20201018.0, filler])) == "YYYYMMDD"
    assert date_digits.find_layout(np.array([200913.0, 201130.0, filler])) == "YYMMDD"


def test_an_hour_of_a_clock_is_no_date_of_two_digit_years() -> None:
    clock = np.array([1_609_301_226.0, 1_609_301_230.0])
    assert date_digits.find_layout(clock) is None
    assert date_digits.find_layout(np.array([1_609_301_226.0, 1_701_020_000.0])) == "YYMMDDhhmm"
