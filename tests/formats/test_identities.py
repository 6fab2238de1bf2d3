"""Rows without a name are never one and the same somebody; an empty group is "unknown"."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hallmark.errors import InputError
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
    ],
)
def test_a_cell_that_names_nobody_is_refused_with_its_row(nobody: Any) -> None:
    table = Table(pd.DataFrame({"client": pd.Series(["c1", nobody, "c2", nobody], dtype=object)}), Path("a.csv"))
    with pytest.raises(
        InputError, match=r"a\.csv, column 'client', row 2: .* (has no value|names nobody).*1 more rows"
    ):
        table.identities("client")
    with pytest.raises(InputError, match=r"column 'client', row 2"):
        table.unique("client")


def test_floats_that_may_be_rounded_are_no_names() -> None:
    rounded = Table(pd.DataFrame({"user": [2.0**53, 1.0]}), Path("a.parquet"))
    with pytest.raises(InputError, match="row 1: .* is a number that may be rounded"):
        rounded.identities("user")
    exact = Table(pd.DataFrame({"user": pd.Series([2**53, 2**53 + 1, 105.5], dtype=object)}), Path("a.jsonl"))
    assert exact.identities("user").tolist() == ["9007199254740992", "9007199254740993", "105.5"]


@pytest.mark.parametrize("names", [{}, {"n": "north", "None": "none"}])
def test_an_empty_group_is_unknown(names: dict[str, str]) -> None:
    raw = pd.Series(["n", "", None, " ", np.nan, "None"], dtype=object)
    found = Table(pd.DataFrame({"site": raw}), Path("a.csv")).named_groups("site", names, "key")
    known = [names.get("n", "n"), names.get("None", "None")]
    assert found.tolist() == [known[0], *["unknown"] * 4, known[1]]


@pytest.mark.parametrize("cell", [b"\xff", ["a"], {"a": 1}, ("a",), np.array(["a"])])
def test_a_cell_that_is_no_single_value_names_nobody(cell: Any) -> None:
    table = Table(pd.DataFrame({"client": pd.Series(["c1", cell], dtype=object)}), Path("a.parquet"))
    for ask in (table.identities, table.texts, lambda name: table.named_groups(name, {}, "key")):
        with pytest.raises(InputError, match=r"column 'client', row 2: the value .* is no single value of text"):
            ask("client")
