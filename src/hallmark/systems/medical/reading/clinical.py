"""Clinical columns as numbers that a network takes; a missing value has a column of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hallmark.errors import InputError
from hallmark.formats.tables import Table

_KEY = "prepare.reading.clinical"


@dataclass(frozen=True)
class ClinicalFeatures:
    """The F features that are made of the clinical columns of n scans."""

    names: tuple[str, ...]  # (F,)
    numbers: np.ndarray  # (n, F) float, NaN where a numeric column has no value
    # Each raw column, in order of the features: its name, how many features it becomes, and its
    # kind. The kind is "numeric" or "categorical"; it ends in ", missing" where the last feature is
    # 1 where the column has no value.
    columns: tuple[tuple[str, int, str], ...]


def encode(
    table: Table, *, numeric: Sequence[str], categorical: Mapping[str, Sequence[str]], missing: bool
) -> ClinicalFeatures:
    """Return the features of all rows of the table, those of numeric columns first.

    A numeric column is one feature, its number as it is, NaN for an empty cell. A categorical
    column (name → declared values) becomes a feature of 0 and 1 for each of its values. With
    `missing`, each column has one more feature, 1 where the cell is empty.

    Raises `InputError` on an undeclared value, on a cell that is no number, and, without `missing`,
    on an empty cell.
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
            features = [(name, table.numbers(name, missing=True))]
        else:
            features = _indicators(table, name, categorical[name], is_empty)
        if missing:
            features.append((f"{name}: missing", is_empty))

        names += [feature_name for feature_name, _ in features]
        values += [feature.astype(float) for _, feature in features]
        columns.append((name, len(features), f"{kind}, missing" if missing else kind))

    stacked = np.stack(values, axis=1) if values else np.zeros((len(table.frame), 0))
    return ClinicalFeatures(tuple(names), stacked, tuple(columns))


def means(values: np.ndarray, train: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the mean (F,) of each feature over the training rows that have a value.

    `values` (n, F) are the features, NaN where there is no value; `train` (n,) says which rows are
    in the training split; `names` are the features' names. Raises `InputError` on a feature without
    any value in the training split.
    """
    is_known = ~np.isnan(values[train])
    has_value = is_known.any(axis=0)
    if not has_value.all():
        column = names[int(np.argmin(has_value))]
        raise InputError(f"{_KEY}.numeric names the column {column!r}, which has no value in the training split")

    sums = np.where(is_known, values[train], 0).sum(axis=0)
    return np.asarray(sums / is_known.sum(axis=0))


def _indicators(table: Table, name: str, declared: Sequence[str], is_empty: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return a feature for each declared value of the categorical column `name`: its name, and bool (n,).

    `is_empty` bool (n,) marks empty cells, which have no value. Raises `InputError` on an
    undeclared value.
    """
    texts = table.frame[name].astype(str).to_numpy(object)
    is_undeclared = ~np.isin(texts.astype(str), np.asarray(declared, str)) & ~is_empty
    table.refuse(name, is_undeclared, f"is none of the values that {_KEY}.categorical.{name} names: {list(declared)}")
    return [(f"{name}: {value}", (texts == value) & ~is_empty) for value in declared]
