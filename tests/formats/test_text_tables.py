"""Text tables: a line is a row, and no value moves to another column or row without a word."""

import gzip
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import text_tables


def read(tmp_path: Path, content: str | bytes, **how: Any) -> pd.DataFrame:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return text_tables.read(path, **how)


@pytest.mark.parametrize(
    ("content", "how", "said"),
    [
        (
            "a,b\n1,2,\n3,4,\n",
            {},
            r"row 1 \(line 2\): 3 cells where the header has 2 \(each row ends in a separator\); 1 more",
        ),
        ("a\tb\n1\t2\t\n", {"separator": "\t"}, r"row 1 \(line 2\): 3 cells where the header has 2 \(each row ends"),
        ("1::2::\n", {"separator": "::", "columns": ["a", "b"]}, r"has 3 columns, the configuration names 2"),
        ("a,b\n1,2\n3\n", {}, r"row 2 \(line 3\): 1 cells where the header has 2"),
        ("a,b\n1,2\n\n3,4\n", {}, r"row 2 \(line 3\): 1 cells where the header has 2"),
        ("a,b\n1,2\n3,4,5\n", {}, r"row 2 \(line 3\): 3 cells where the header has 2"),
        ("1::2\n1::2::3\n", {"separator": "::", "columns": ["a", "b"]}, r"row 2 \(line 2\): 3 cells where the conf"),
        ("a,b,a,a\n1,2,3,4\n", {}, r"has the column 'a' 3 times"),
        ("a,b,a \n1,2,3\n", {}, r"has the column 'a' 2 times"),
        ("1,2\n", {"columns": ["a", "a"]}, r"has the column 'a' 2 times"),
        ("a,b\n1,no\0rth\n2,x\n", {}, r"line 2: there are NUL bytes, 1 in all"),
        (
            'a,b\n1,"Alive\n2,x\n',
            {},
            r"row 1 \(line 2\): a quote opens a cell and is not closed on its line.*'1,\"Alive'",
        ),
        ('a,b\n1,"one\ntwo"\n', {}, r"row 1 \(line 2\): a quote opens a cell"),
        ('a,b\n1,"one"two\n', {}, r"row 1 \(line 2\): .*text follows the quote that closes"),
        ('a,"b\n1,2\n', {}, r"the header: a quote is not closed"),
        ('"a"\t"b"\n"1"\t"2"\n', {"separator": "\t"}, r"quotes its cells"),
        ('"1"\tx\n"2"\ty\n', {"separator": "\t", "columns": ["a", "b"]}, r"column 'a': every cell stands in quotes"),
        ("a,b\n1,2\n", {"separator": ""}, r"separates no cells"),
        ("a,b\n", {}, r"is empty: it has no rows"),
        ("\n\n", {}, r"is empty"),
        ("a,b\n1,2\n".encode("utf-16"), {}, r"line 1: byte 1, 0xff, is no utf-8 text"),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, r"line 1: there are NUL bytes"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), {"encoding": "latin-1"}, r"is packed by gzip \(\.gz\), and no text"),
        (b"PK\x03\x04", {}, r"is a zip, or a spreadsheet"),
        ("a,b\n1,Köln\n", {"encoding": "latin-1"}, r"is UTF-8, and not latin-1"),
        (b"\xef\xbb\xbfa,b\n1,2\n", {"encoding": "cp1252"}, r"is UTF-8, and not cp1252"),
        ("a,b\n1,2\n", {"encoding": "no such"}, r"unknown encoding: no such"),
        ('a,b\r\n1,"one\r\ntwo"\r\n', {}, r"row 1 \(line 2\): a quote opens a cell"),
    ],
)
def test_what_would_be_read_wrongly_is_refused(
    tmp_path: Path, content: str | bytes, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=rf"a\.csv.*{said}"):
        read(tmp_path, content, **how)


@pytest.mark.parametrize(
    ("content", "how", "rows"),
    [
        ('a,b\n1,"x, y"\n2,"say ""hi"""\n', {}, [["1", "x, y"], ["2", 'say "hi"']]),
        ('a,b\n1,6" pipe\n', {}, [["1", '6" pipe']]),
        ('a;b\n1;"x; y"\n', {"separator": ";"}, [["1", "x; y"]]),
        ('a\tb\n1\t"Alive\n2\tx"y\n', {"separator": "\t"}, [["1", '"Alive'], ["2", 'x"y']]),
        (
            '1|"Alive"|\n2|x|y\n',
            {"separator": "|", "columns": ["a", "b", "c"]},
            [["1", '"Alive"', None], ["2", "x", "y"]],
        ),
        ("\ufeffa,b\r\n1,2\r\n\r\n", {}, [["1", "2"]]),
        ("a,b\r1,2\r", {}, [["1", "2"]]),
        ("a\n1\n\n2\n", {}, [["1"], [None], ["2"]]),
        ("a,b\n1,x\x0by\u2028z\n", {}, [["1", "x\x0by\u2028z"]]),
        ("a,b\n1,2\n".encode("utf-16"), {"encoding": "utf-16"}, [["1", "2"]]),
    ],
)
def test_what_is_right_is_read(
    tmp_path: Path, content: str | bytes, how: dict[str, Any], rows: list[list[Any]]
) -> None:
    frame = read(tmp_path, content, **how)
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == rows


@pytest.mark.parametrize("separator", ["€", "§", "→", "::", "|", "."])
def test_a_separator_of_any_kind_is_one(tmp_path: Path, separator: str) -> None:
    frame = read(tmp_path, f"a{separator}b\n1{separator}x y\n2{separator}z\n", separator=separator)
    assert frame.to_dict("list") == {"a": ["1", "2"], "b": ["x y", "z"]}


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf_8", "U8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, encoding: str) -> None:
    frame = read(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n", encoding=encoding)
    assert list(frame) == ["a", "b"]


def test_utf_16_and_latin_1_are_read_where_they_are_declared(tmp_path: Path) -> None:
    content = "a,b\n007,Köln\n1e5,1.0\n9007199254740993,TRUE\n"
    cells = {"a": ["007", "1e5", "9007199254740993"], "b": ["Köln", "1.0", "TRUE"]}
    assert read(tmp_path, content.encode("utf-16"), encoding="utf-16").to_dict("list") == cells
    assert read(tmp_path, content.encode("latin-1"), encoding="latin-1").to_dict("list") == cells


def test_a_table_of_many_columns_is_read_in_time_proportional_to_them(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(40_000)]
    begin = time.process_time()
    with pytest.raises(InputError, match="has the column 'c7' 2 times"):
        read(tmp_path, ",".join([*names, "c7"]) + "\n" + ",".join("1" * 40_001) + "\n")
    assert time.process_time() - begin < 2  # counting each name anew takes 15 s


@pytest.mark.parametrize(
    "header",
    [
        *("user,item", " User , ITEM", '"user","item"', "movie_user,Item", "userId,movieId", "item,user", "U-SER,x"),
        *("# who,what", "user:token,item:token", ",movieId", "userId,"),
    ],
)
def test_declared_columns_of_a_file_that_has_a_header_are_refused(tmp_path: Path, header: str) -> None:
    for rows in ("1,2\n", "1,2\n3,4\n5,\n", f"1,2\n{header}\n3,4\n"):
        with pytest.raises(InputError, match=r"a\.csv begins with what looks like a header line"):
            read(tmp_path, f"{header}\n{rows}", columns=["user", "item"])
    assert len(read(tmp_path, "1,2\n3,4\n", columns=["user", "item"])) == 2


def test_a_header_over_ids_with_digits_and_over_a_declared_title_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"A{number},Film {number},Drama\n" for number in range(12))
    for header in ("code,name,kind", "movieId,title,genres", "code,label,Genre"):
        with pytest.raises(InputError, match="looks like a header line"):
            read(tmp_path, f"{header}\n{rows}", columns=["item", "title", "genre"])


@pytest.mark.parametrize(
    "rows",
    [
        ["anna,heat", "bob,alien", "item,x"],
        ["u1,Item", "u2,Item", "u3,Other"],  # a value like any other: it comes again
        ["1,Heat", "2,1917", "3,300"],  # the first row has a number, as no header line has
        ["NA,x", "3,y", "4,z"],
        ["?,?", "3,4", "5,6"],
        ["a1,late", "a2,", "a3,7", "a4,", "a5,"],
        ["Main Street,a", "Elm 5,b", "Oak 7,c"],
        ["only,row"],
    ],
)
def test_a_first_row_of_values_is_read(tmp_path: Path, rows: list[str]) -> None:
    frame = read(tmp_path, "\n".join(rows) + "\n", columns=["user", "item"])
    assert frame.fillna("").agg(",".join, axis=1).tolist() == rows
