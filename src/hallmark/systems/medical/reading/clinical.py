"""Clinical data as numbers that a network takes, with what is not known said apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hallmark.errors import InputError
from hallmark.formats.tables import Table

_KEY = "prepare.reading.clinical"


@dataclass(frozen=True)
class Encoded:
    """Clinical data as the network takes it: `numbers` (n, F), NaN where one is missing, under the names (F,).

    `columns` says which raw column each is made of, in order: its name, how many columns, and its kind, which is
    "numeric" or "categorical" and ends in ", missing" where the last of them says that there is no value.
    """

    names: tuple[str, ...]
    numbers: np.ndarray
    columns: tuple[tuple[str, int, str], ...]


def encode(table: Table, *, numeric: Sequence[str], categorical: Mapping[str, Sequence[str]], missing: bool) -> Encoded:
    """Return the columns that the network takes, float: each numeric column as it is (NaN where it is missing), a
    column of 0 and 1 for each declared value of a categorical one, and with `missing` one more for each that says where
    there is no value.

    A raw column that is read in two roles, or a value that is called as another column is, stands there twice.
    Raises `InputError` on an undeclared value, on what is no number, and on an empty cell unless `missing` allows it.
    """
    roles = [(name, "numeric") for name in numeric] + [(name, "categorical") for name in categorical]
    names: list[str] = []
    values: list[np.ndarray] = []
    columns: list[tuple[str, int, str]] = []
    for name, kind in roles:
        is_empty = table.column(name).isna().to_numpy()
        if not missing:
            fault = f"has no value: fill it in, or set {_KEY}.missing to read it as not known"
            table.refuse(name, is_empty, fault)

        if kind == "numeric":
            inputs = [(name, table.numbers(name, missing=True))]
        else:
            inputs = _values(table, name, categorical[name], is_empty)
        if missing:
            inputs.append((f"{name}: missing", is_empty))

        names += [input_name for input_name, _ in inputs]
        values += [numbers.astype(float) for _, numbers in inputs]
        columns.append((name, len(inputs), f"{kind}, missing" if missing else kind))

    stacked = np.stack(values, axis=1) if values else np.zeros((len(table.frame), 0))
    return Encoded(tuple(names), stacked, tuple(columns))


def means(values: np.ndarray, train: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the mean (F,) of each of the columns `names` of `values` (n, F) over the training rows, without its NaN.

    Raises `InputError` on a column that no training row has a value of.
    """
    is_known = ~np.isnan(values[train])
    has_value = is_known.any(axis=0)
    if not has_value.all():
        column = names[int(np.argmin(has_value))]
        raise InputError(f"{_KEY}.numeric names the column {column!r}, which has no value in the training split")

    sums = np.where(is_known, values[train], 0).sum(axis=0)
    return np.asarray(sums / is_known.sum(axis=0))


def _values(table: Table, name: str, declared: Sequence[str], empty: np.ndarray) -> list[tuple[str, np.ndarray]]:
    texts = table.frame[name].astype(str).to_numpy(object)
    unknown = ~np.isin(texts.astype(str), np.asarray(declared, str)) & ~empty
    table.refuse(name, unknown, f"is none of the values that {_KEY}.categorical.{name} names: {list(declared)}")
    return [(f"{name}: {value}", (texts == value) & ~empty) for value in declared]
