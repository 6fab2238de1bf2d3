"""Clinical data as numbers that a network takes, with what is not known said apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats.tables import Table

_KEY = "prepare.reading.clinical"


def encode(
    table: Table, *, numeric: Sequence[str], categorical: Mapping[str, Sequence[str]], missing: bool
) -> pd.DataFrame:
    """Return the columns that the network takes, float: each numeric column as it is (NaN where it is missing), a
    column of 0 and 1 for each declared value of a categorical one, and with `missing` one more for each that says where
    there is no value.

    Raises `InputError` on an undeclared value, on what is no number, and on an empty cell unless `missing` allows it.
    """
    columns: dict[str, Any] = {}
    for name in [*numeric, *categorical]:
        empty = table.column(name).isna().to_numpy()
        if not missing:
            table.refuse(name, empty, f"has no value: fill it in, or set {_KEY}.missing to read it as not known")
        if name in numeric:
            columns[name] = table.numbers(name, missing=True)
        else:
            columns |= _values(table, name, categorical[name], empty)
        if missing:
            columns[f"{name}: missing"] = empty
    return pd.DataFrame(columns, dtype=float)


def means(values: np.ndarray, train: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the mean (F,) of each of the columns `names` of `values` (n, F) over the training rows, without its NaN.

    Raises `InputError` on a column that no training row has a value of.
    """
    known = ~np.isnan(values[train])
    if not known.any(axis=0).all():
        empty = names[int(np.argmin(known.any(axis=0)))]
        raise InputError(f"{_KEY}.numeric names the column {empty!r}, which has no value in the training split")
    return np.asarray(np.where(known, values[train], 0).sum(axis=0) / known.sum(axis=0))


def _values(table: Table, name: str, declared: Sequence[str], empty: np.ndarray) -> dict[str, np.ndarray]:
    texts = table.frame[name].astype(str).to_numpy(object)
    unknown = ~np.isin(texts.astype(str), np.asarray(declared, str)) & ~empty
    table.refuse(name, unknown, f"is none of the values that {_KEY}.categorical.{name} names: {list(declared)}")
    return {f"{name}: {value}": (texts == value) & ~empty for value in declared}
