"""CSV files hold any text: none of it is a formula in a spreadsheet, and all of it comes back."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hallmark import spreadsheets

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff201",
    "'=1",
    "''=1",
    "'-",
    "-",
    "--1",
    "+",
    "=",
    "-1-1",
    "- 1",
]
TEXTS = ["a", "'", "'a", "it's", "", " =1", "a=1", "1-2", "😀", 'a"b', "a,b", "a\nb", ">50K", "$5% to $10%"]
NUMBERS = ["-1.5", "+3", "-2e-7", "-inf", "-.5", "1", "0.25"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_marked_as_text(tmp_path: Path, text: str) -> None:
    spreadsheets.write(pd.DataFrame({text: [text], "n": [-1]}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        head, row = csv.reader(file)
    assert head == ["'" + text, "n"]
    assert row == ["'" + text, "-1"]


@pytest.mark.parametrize("text", [*TEXTS, *NUMBERS])
def test_any_other_text_stands_as_it_is(tmp_path: Path, text: str) -> None:
    spreadsheets.write(pd.DataFrame({"value": [text, "x"]}), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["value"] == text


def test_everything_comes_back(tmp_path: Path) -> None:
    texts = [*FORMULAS, *TEXTS, *NUMBERS]
    frame = pd.DataFrame({"=name": texts, "number": np.linspace(-3, 3, len(texts)), "count": range(len(texts))})
    spreadsheets.write(frame, tmp_path / "folder" / "a.csv")
    again = spreadsheets.read(tmp_path / "folder" / "a.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(again.astype({"=name": object}), frame)


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"gap": [-0.5, np.nan, 0.25], "n": [-3, 4, 5], "name": ["a", None, "b"]})
    spreadsheets.write(frame, tmp_path / "a.csv")
    frame.to_csv(tmp_path / "plain.csv", index=False)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
