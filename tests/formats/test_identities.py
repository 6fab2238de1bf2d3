"""Rows without a name are never one and the same somebody; an empty group is "unknown"."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.errors import InputError
from hallmark.formats import identities, tables
from hallmark.formats.folders import discover
from hallmark.formats.tables import Table


@pytest.mark.parametrize(
    "nobody",
    [
        *(
            "",
            " ",
            "\t",
            "\u00a0",
            "\u200b",
            "NULL",
            "null",
            "None",
            "N/A",
            "n/a",
            "#N/A",
            "nan",
            "NaN",
            "NA",
            " None ",
        ),
        *("-", "?", "unknown", "ANONYMOUS", None, np.nan, pd.NA, pd.NaT),
        *(
            "n.a.",
            "(null)",
            "<None>",
            "[nil]",
            "'none'",
            "Unknown?",
            "—",
            "\u2013",
            "...",
            "***",
            "not available",
            "#REF!",
        ),
        *("\\N", "(n/a)", "(none) ", "\ufeff"),
        *("guest", "Guest User", "unassigned", "n/d", "Not recorded", "not_recorded", "NOT-AVAILABLE", "unidentified"),
        *(
            "None given",
            "no_user",
            "no id",
            "Unknown Patient",
            "null null",
            "NaN.0",
            "N.N.",
            "k. A.",
            "TBD",
            "INVALID",
            "nobody",
        ),
        *(
            "unbekannt",
            "Keine Angabe",
            "desconocido",
            "未知",
            "n\u200bull",
            "N / A",
            "*guest*",
            "[UNK]",
            "\u3164",
            "\u2800",
            "not  recorded",
        ),
        *("00000000-0000-0000-0000-000000000000", "-1.#IND", "#N/A N/A"),
    ],
)
def test_a_cell_that_names_nobody_is_refused_with_its_row(nobody: Any) -> None:
    table = Table(pd.DataFrame({"client": pd.Series(["c1", nobody, "c2", nobody], dtype=object)}), Path("a.csv"))
    with pytest.raises(
        InputError, match=r"a\.csv, column 'client', row 2: .* (has no value|names nobody).*1 more rows"
    ):
        table.identities("client")
    with pytest.raises(InputError, match=r"column 'client', row 2"):
        table.unique_identities("client")


HONEST = [
    "Nan Goldin",
    "Noel",
    "n",
    "NAS",
    "7",
    "007",
    "-1",
    "A-1",
    "#1",
    "(1)",
    "$",
    "+",
    "🙂",
    "Null Island",
    "guest 12",
    "Guest House",
    "unknown_7",
    "Na Na",
    "ND",
    "Knowles",
    "00000000-0000-0000-0000-000000000001",
    "1e5",
    "x.0",
]


def test_honest_names_are_read_as_they_stand() -> None:
    table = Table(pd.DataFrame({"client": pd.Series(HONEST, dtype=object)}), Path("a.csv"))
    assert table.identities("client").tolist() == HONEST


@pytest.mark.parametrize(
    "same",
    [
        ["P1", "P1 ", "\tP1", "\u00a0P1", "P1\u200b", "\ufeffP1"],
        ["Müller", "Mu\u0308ller"],
        ["1", 1, 1.0, np.float64(1), np.int32(1), Decimal("1.00"), " 1"],
    ],
)
def test_what_reads_the_same_is_one_entity(same: list[Any]) -> None:
    table = Table(pd.DataFrame({"client": pd.Series([*same, "other"], dtype=object)}), Path("a.csv"))
    assert set(table.identities("client")) == {same[0], "other"}
    assert set(table.named_groups("client", {}, "key")) == {same[0], "other"}
    with pytest.raises(InputError, match="row 2: the value .* stands there twice"):
        table.unique_identities("client")


@pytest.mark.parametrize(
    ("hidden", "plain"),
    [
        *(("a\u200bb", "ab"), ("a\u00adb", "ab"), ("\u202aP1\u202c", "P1"), ("a\u2060b", "ab"), ("a\x07b", "ab")),
        *(("a\u200db", "ab"), ("Mü\u200cller", "Müller"), ("P1\ufe0f", "P1"), ("e\u200b\u0301", "é")),
        ("\u0645\u200b\u06cc", "\u0645\u06cc"),
    ],
)
def test_what_shows_nothing_inside_a_name_makes_no_second_entity(hidden: str, plain: str) -> None:
    table = Table(pd.DataFrame({"client": [plain, hidden, "x"]}), Path("a.csv"))
    assert table.identities("client").tolist() == [plain, plain, "x"]
    with pytest.raises(InputError, match="row 2: the value .* stands there twice"):
        table.unique_identities("client")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0645\u06cc\u062e\u0648\u0627\u0646", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0646"),  # Persian
        ("\u0915\u094d\u0937", "\u0915\u094d\u200d\u0937"),  # Devanagari
        ("\U0001f468\U0001f469", "\U0001f468\u200d\U0001f469"),  # two people, a couple
        ("\u845b", "\u845b\U000e0100"),  # a variant of a Chinese character
    ],
)
def test_joiners_that_change_their_neighbours_stay_and_are_said(
    one: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table(pd.DataFrame({"client": [one, other, "x"]}), Path("a.csv"))
    assert table.identities("client").tolist() == [one, other, "x"]
    log = capsys.readouterr().err
    assert log.count("note:") == 1
    assert repr(one) in log
    assert repr(other) in log


@pytest.mark.parametrize(
    "cells",
    [
        *(
            ["3", "-1", "4", "-1"],
            ["3", "-1.0", "4"],
            ["0", "-9", "-999", "7"],
            ["3.0", "-1.0"],
            ["3", "-01"],
            ["3", "\u22121"],
        ),
        *([3, -1, 4], [3.0, -1.0, 4.0], [2**40, -(2**63), 5], pd.Series([3, -1, 4.0, "5"], dtype=object)),
    ],
)
def test_a_number_below_0_among_others_stands_for_none(cells: Any) -> None:
    table = Table(pd.DataFrame({"user": cells}), Path("a.csv"))
    for names in (table.identities, table.unique_identities):
        with pytest.raises(
            InputError, match=r"column 'user', row 2: the value '[-\u2212].* is below 0, as what stands for none"
        ):
            names("user")


@pytest.mark.parametrize(
    "cells", [["-1", "a", "b"], [-1, -5, 3], [-1, -1], ["-1"], [-8123, 5, 9], ["-1", "-2", "x1"], [-3, 2], [0, 1, 2]]
)
def test_numbers_below_0_are_names_where_they_may_be(cells: list[Any]) -> None:
    table = Table(pd.DataFrame({"user": cells}), Path("a.csv"))
    assert table.identities("user").tolist() == [str(cell) for cell in cells]


def test_a_number_written_in_two_forms_is_refused() -> None:
    table = Table(pd.DataFrame({"client": ["1", "2.0", "2", "1.5"]}), Path("a.csv"))
    with pytest.raises(
        InputError, match=r"column 'client', row 2: the value '2\.0' is a number that also stands there"
    ):
        table.identities("client")
    alone = Table(pd.DataFrame({"client": ["1.0", "2.0", "1.5"]}), Path("a.csv"))
    assert alone.identities("client").tolist() == ["1.0", "2.0", "1.5"]


@pytest.mark.parametrize(
    ("one", "other"), [("P1", "p1"), ("7", "007"), ("straße", "STRASSE"), ("A B", "A  b"), ("p", "'p'")]
)
def test_names_that_look_alike_are_said_once(one: str, other: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(pd.DataFrame({"client": [one, other, "x"]}), Path("a.csv"))
    assert table.identities("client").tolist() == [one, other, "x"]
    table.identities("client")
    log = capsys.readouterr().err
    assert log.count("note:") == 1
    assert repr(one) in log
    assert repr(other) in log


def test_true_and_false_name_nobody() -> None:
    for cells in (pd.Series([True, False]), pd.Series(["a", True], dtype=object)):
        with pytest.raises(InputError, match="is true or false, which names nobody"):
            Table(pd.DataFrame({"client": cells}), Path("a.parquet")).identities("client")


def test_true_is_another_group_than_1() -> None:
    raw = pd.Series([1, True, 0, False, 1.0], dtype=object)
    groups = Table(pd.DataFrame({"site": raw}), Path("a.jsonl")).named_groups("site", {}, "key")
    assert groups.tolist() == ["1", "True", "0", "False", "1"]


def test_floats_of_four_bytes_are_exact_up_to_16_million() -> None:
    rounded = Table(pd.DataFrame({"user": np.array([1, 2**24], np.float32)}), Path("a.parquet"))
    with pytest.raises(InputError, match="row 2: .* is a number that may be rounded"):
        rounded.identities("user")


def test_floats_of_four_bytes_stay_so_as_objects_and_as_categories() -> None:
    rounded = pd.Series(np.array([5, 2**24, 2**24 + 2], np.float32))
    for raw in (identities.as_objects(rounded), rounded.astype("category")):
        assert identities.is_inexact(raw).tolist() == [False, True, True]
    assert identities.names_of(identities.as_objects(rounded)).tolist() == ["5", "16777216", "16777218"]
    assert not identities.is_inexact(identities.as_objects(rounded.astype(float))).any()
    missing = pd.Series(np.array([np.nan, 2**24], np.float32))
    assert identities.is_inexact(missing.astype("category")).tolist() == [False, True]


def test_floats_that_may_be_rounded_are_no_names() -> None:
    rounded = Table(pd.DataFrame({"user": [2.0**53, 1.0]}), Path("a.parquet"))
    with pytest.raises(InputError, match="row 1: .* is a number that may be rounded"):
        rounded.identities("user")
    exact = Table(pd.DataFrame({"user": pd.Series([2**53, 2**53 + 1, 105.5], dtype=object)}), Path("a.jsonl"))
    assert exact.identities("user").tolist() == ["9007199254740992", "9007199254740993", "105.5"]


ROUNDED = [
    *("1e+17", "1E+17", "1.0000000000000002e+17", "1.0E17", "9007199254740992.0", "-9007199254740992.0"),
    *("4.53202E+15", "4,53202E+15", "4.53E+11", "1E+11", "100000000000000000.", " 4.53202E+15 ", "1.2e300"),
]


@pytest.mark.parametrize("text", ROUNDED)
def test_text_of_a_number_that_was_rounded_is_no_name(text: str) -> None:
    table = Table(pd.DataFrame({"card": ["a", text, "b"]}), Path("a.csv"))
    with pytest.raises(InputError, match=r"column 'card', row 2: .* is a number that may be rounded"):
        table.identities("card")


def test_digits_are_exact_and_so_are_ids_with_an_e() -> None:
    exact = [
        "100000000000000001",
        "9007199254740993",
        "12e4567",
        "1E10",
        "1e5",
        "1e+05",
        "1.5e3",
        "1e17",
        "ab",
        "105.5",
    ]
    exact += ["1.2.840.10008", "20200913122640123.5", "12345678901234567890123", "5e-17"]
    assert Table(pd.DataFrame({"card": exact}), Path("a.csv")).identities("card").tolist() == exact


def test_a_short_exponent_among_numbers_alone_may_be_rounded() -> None:
    for others in (["7", "12345678901234567"], ["2e17", "3E18"]):
        with pytest.raises(InputError, match="row 1: .*'1e17' is a number that may be rounded"):
            Table(pd.DataFrame({"card": ["1e17", *others]}), Path("a.csv")).identities("card")


def test_cards_that_pandas_or_a_spreadsheet_rounded_are_refused_as_they_come(tmp_path: Path) -> None:
    cards = pd.Series([10**17 + card for card in range(12)])
    path = tmp_path / "a.csv"
    for written in (cards.astype(float), cards.map(lambda card: f"{card:.5E}")):
        pd.DataFrame({"card": written}).to_csv(path, index=False)
        with pytest.raises(InputError, match=r"row 1: .* may be rounded, .* \(and 11 more rows\)"):
            tables.load(discover(tmp_path), "a.csv").identities("card")
    pd.DataFrame({"card": cards}).to_csv(path, index=False)
    assert len(set(tables.load(discover(tmp_path), "a.csv").identities("card"))) == 12


@pytest.mark.parametrize("names", [{}, {"n": "north", "None": "none"}])
def test_an_empty_group_is_unknown(names: dict[str, str]) -> None:
    raw = pd.Series(["n", "", None, " ", np.nan, "None"], dtype=object)
    found = Table(pd.DataFrame({"site": raw}), Path("a.csv")).named_groups("site", names, "key")
    known = [names.get("n", "n"), names.get("None", "None")]
    assert found.tolist() == [known[0], *["unknown"] * 4, known[1]]


@pytest.mark.parametrize("cell", [b"\xff", ["a"], {"a": 1}, ("a",), np.array(["a"])])
def test_a_cell_that_is_no_single_value_names_nobody(cell: Any) -> None:
    table = Table(pd.DataFrame({"client": pd.Series(["c1", cell], dtype=object)}), Path("a.parquet"))
    for ask in (
        table.identities,
        table.texts,
        table.times,
        table.categories,
        lambda name: table.named_groups(name, {}, "key"),
    ):
        with pytest.raises(InputError, match=r"column 'client', row 2: the value .* is no single value of text"):
            ask("client")


def test_a_decimal_of_any_length_is_a_name() -> None:
    cells = [Decimal("1E+40"), Decimal("12345678901234567890123456789012345"), Decimal("1.5"), Decimal("Infinity")]
    expected = ["1" + "0" * 40, "12345678901234567890123456789012345", "1.5", "Infinity"]
    assert identities.names_of(pd.Series(cells, dtype=object)).tolist() == expected
