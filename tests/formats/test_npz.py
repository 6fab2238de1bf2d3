"""Archives of arrays as tables: columns, matrices, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hallmark.errors import InputError
from hallmark.formats import tables
from hallmark.formats.folders import discover


def test_vectors_and_matrices_become_columns(tmp_path: Path) -> None:
    np.savez(tmp_path / "log.npz", step=np.array([0, 1]), o=np.array([[1.0, 2.0], [3.0, 4.0]]))
    table = tables.load(discover(tmp_path), "log.npz")
    assert list(table.frame) == ["step", "o.0", "o.1"]
    assert table.numbers("o.1").tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": np.zeros(2), "b": np.zeros(3)}, r"arrays of different lengths: \{'a': 2, 'b': 3\}"),
        ({"a": np.zeros((2, 2, 2))}, r"array 'a' has 3 axes: a column has one"),
        ({"a": np.zeros(())}, r"array 'a' has 0 axes"),
        ({"a": np.array([{}, {}])}, r"log\.npz, array 'a' can't be read as npz: Object arrays"),
        ({}, r"log\.npz is empty"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    np.savez(tmp_path / "log.npz", **arrays)
    with pytest.raises(InputError, match=said):
        tables.load(discover(tmp_path), "log.npz")


def test_a_bare_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "log.npy", np.zeros(3))
    (tmp_path / "log.npy").rename(tmp_path / "log.npz")
    with pytest.raises(InputError, match=r"log\.npz holds one bare array"):
        tables.load(discover(tmp_path), "log.npz")
