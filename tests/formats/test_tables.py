"""Text tables as they come: any separator, encodings, without a header line; and one sentence for each fault."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.folders import discover

NAMED = {"separator": "::", "columns": ["user", "item"]}


@pytest.mark.parametrize(
    ("file", "content", "how"),
    [
        ("a.csv", "user,item\n1,Amélie\n2,\n", {}),
        ("a.dat", "1::Amélie\n2::\n", NAMED),
        ("a.data", "1\tAmélie\n2\t\n", NAMED | {"separator": "\t"}),
        ("a.user", "1|Amélie\n2|\n", NAMED | {"separator": "|", "encoding": "latin-1"}),
    ],
)
def test_the_same_table_in_every_dress(tmp_path: Path, file: str, content: str, how: dict[str, Any]) -> None:
    (tmp_path / file).write_text(content, encoding=how.get("encoding", "utf-8"))
    table = tables.load(discover(tmp_path), file, **how)
    assert list(table.frame.columns) == ["user", "item"]
    assert table.texts("user").tolist() == ["1", "2"]
    assert table.frame["item"].iloc[0] == "Amélie"
    with pytest.raises(InputError, match=rf"{file}, column 'item', row 2: the empty cell has no value"):
        table.texts("item")


@pytest.mark.parametrize(
    ("content", "how", "sentence"),
    [
        (b"1::2::3\n", NAMED, r"a\.dat has 3 columns, the configuration names 2: \['user', 'item'\]"),
        (b"1::2\n1::2::3\n", NAMED, r"a\.dat, row 2 \(line 2\): 3 cells where the configuration names 2"),
        (b"1::Am\xe9lie\n", NAMED, r"a\.dat, line 1: byte \d, 0xe9, is no utf-8 text"),
        (b"1|Am\xe9lie\n", NAMED | {"separator": "|"}, r"a\.dat, line 1: byte \d, 0xe9, is no utf-8 text"),
        (b"1::2\n", NAMED | {"encoding": "latin-17"}, r"a\.dat cannot be read: unknown encoding: latin-17"),
        (b"", NAMED, r"a\.dat is empty"),
    ],
)
def test_faults(tmp_path: Path, content: bytes, how: dict[str, Any], sentence: str) -> None:
    (tmp_path / "a.dat").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        tables.load(discover(tmp_path), "a.dat", **how)


def test_groups_have_the_names_that_are_given_or_those_of_the_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sex,job\nF,clerk\nM,\n", encoding="utf-8")
    table = tables.load(discover(tmp_path), "a.csv")
    key = "prepare.reading.groups.sex"
    assert table.named_groups("sex", {"F": "women", "M": "men"}, key).tolist() == ["women", "men"]
    assert table.named_groups("job", {}, "prepare.reading.groups.job").tolist() == ["clerk", "unknown"]
    with pytest.raises(InputError, match=f"row 2: the value 'M' is none of the values that {re.escape(key)} names"):
        table.named_groups("sex", {"F": "women"}, key)


def test_values_that_are_not_declared_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("kind,x\nA,1\nA ,2\na,3\nB,4\n", encoding="utf-8")
    table = tables.load(discover(tmp_path), "a.csv")
    assert table.categories("kind", ["A", "B"], "the key").tolist() == ["A", "A", "a", "B"]
    assert "1 of 4 rows hold values that the key doesn't name ('a')" in capsys.readouterr().err
    with pytest.raises(
        InputError, match=r"column 'kind', row 1: the value 'A' is none of the values that the key names"
    ):
        table.categories("kind", ["b", "c"], "the key")
    assert tables.Table(table.frame, table.file).categories("kind", ["A ", "B"], "the key").tolist()[:2] == ["A ", "A "]


@pytest.mark.parametrize(
    "cell", ["2e308", "1e39", "-1e39", "1,5", "1 000", "1_000", "0x10", "True", "5%", "\u0661", "Infinity"]
)
def test_what_is_no_number_that_a_network_takes_is_refused(tmp_path: Path, cell: str) -> None:
    (tmp_path / "a.csv").write_text(f"x;y\n1e3;1\n{cell};2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"column 'x', row 2: the value .* is (no finite number|larger than)"):
        tables.load(discover(tmp_path), "a.csv", separator=";").numbers("x")


@pytest.mark.parametrize("declared", [["1", "2"], ["1.0", "2.0"]])
def test_numbers_are_the_values_that_are_declared_in_either_form(declared: list[str]) -> None:
    for cells in ([1.0, 2.0], [1, 2], ["1.0", "2.0"] if declared[0] == "1.0" else ["1", "2"]):
        table = tables.Table(pd.DataFrame({"kind": cells}), Path("a.parquet"))
        assert table.categories("kind", declared, "the key").tolist() == declared


@pytest.mark.parametrize("declared", [["1", "1.0"], ["1.0", "1"]])
def test_a_declared_value_that_is_written_exactly_so_counts(declared: list[str]) -> None:
    table = tables.Table(pd.DataFrame({"kind": ["1", "1.0"]}), Path("a.csv"))
    assert table.categories("kind", declared, "the key").tolist() == ["1", "1.0"]
