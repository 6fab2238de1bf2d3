"""The clinical columns as the checks look at them: each raw column by name, in each role in which it is read."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import Examples, Source
from hallmark.formats.tables import Table
from hallmark.systems.medical.inputs import columns
from hallmark.systems.medical.reading import clinical, encode


def encoded(frame: pd.DataFrame, **keys: Any) -> Examples:
    """Return the examples that the network takes, all of them training examples."""
    table = Table(frame.astype(object).where(frame.notna(), None), Path("scans.csv"))
    told = clinical.encode(table, **{"numeric": [], "categorical": {}, "missing": True, **keys})
    rows = pd.DataFrame({"id": [str(row) for row in range(len(frame))], "split": "train"})
    encoding = {"clinical": list(told.names), "columns": [list(column) for column in told.columns]}
    arrays = {"clinical": told.numbers.astype(np.float32)}
    return encode(Examples(rows, arrays, ("a", "b"), Source(title="made"), encoding))


def test_a_category_called_missing_is_no_missing_value() -> None:
    frame = pd.DataFrame({"tooth": ["missing", "there", None, "missing"]})
    examples = encoded(frame, categorical={"tooth": ["missing", "there"]})
    assert examples.encoding["clinical"] == ["tooth: missing", "tooth: there", "tooth: missing"]
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]
    np.testing.assert_array_equal(examples.arrays["clinical"], expected)
    np.testing.assert_array_equal(columns(examples)["tooth"], expected)


def test_a_number_is_missing_where_it_was_filled_in() -> None:
    examples = encoded(pd.DataFrame({"age": ["40", None, "60"], "sex": ["f", "m", "f"]}), numeric=["age"])
    np.testing.assert_array_equal(examples.arrays["clinical"], [[40, 0], [50, 1], [60, 0]])
    np.testing.assert_array_equal(columns(examples)["age"], [[40, 0], [np.nan, 1], [60, 0]])


def test_a_column_in_two_roles_is_there_in_both() -> None:
    frame = pd.DataFrame({"grade": ["1", "3", None, "1"], "age: missing": ["1", "2", "3", "4"]})
    keys = {"numeric": ["grade", "age: missing"], "categorical": {"grade": ["1", "3"]}}
    for missing in (True, False):
        rows = frame if missing else frame.fillna("3")
        named = columns(encoded(rows, missing=missing, **keys))
        assert list(named) == ["grade", "age: missing", "grade (categorical)"]
        assert named["grade"].shape[1] == 1 + missing and named["grade (categorical)"].shape[1] == 2 + missing
        np.testing.assert_array_equal(named["age: missing"][:, 0], [1, 2, 3, 4])
        np.testing.assert_array_equal(named["grade (categorical)"][:, 0], [1, 0, 0, 1])
    assert np.isnan(columns(encoded(frame, **keys))["grade"][2, 0])


def test_without_clinical_data_there_are_no_columns() -> None:
    rows = pd.DataFrame({"id": ["1"], "split": "train"})
    assert columns(Examples(rows, {"image": np.zeros((1, 1, 2, 2))}, ("a", "b"), Source(title="made"))) == {}
