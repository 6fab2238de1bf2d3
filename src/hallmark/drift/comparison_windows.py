"""Windows: the columns of the recent window, and for each the reference rows that it may be compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError

REFERENCE_SPLITS = {"inputs": ("train",), "predictions": ("validation", "test")}
MISSING = " missing"  # suffix of the column that says whether a number is missing
_MAX_CATEGORIES = 50  # of labels without a known set; with more, they are texts that hardly recur
_ROWS_PER_ENTITY = 10  # rows of an entity that are kept where there are too many; more add little about it


@dataclass(frozen=True)
class Family:
    """Columns that share a reference.

    name: "inputs" or "predictions".
    reference, recent: A row for each example, with `entity` and every column.
    numeric: Names of the columns of floats, NaN where there is no value.
    categorical: Names of the columns of strings, None where there is no value.
    """

    name: str
    reference: pd.DataFrame
    recent: pd.DataFrame
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.numeric + self.categorical


def column_families(
    table: pd.DataFrame, predictions: pd.DataFrame, *, max_rows: int, seed: int, labels: Sequence[str] = ()
) -> list[Family]:
    """Return the family of inputs and that of predictions; none where there is no recent window.

    Inputs have the training split as their reference, predictions the validation and test splits: a
    network is surer of the rows that it was fitted to.

    table: The examples table.
    predictions: The model's rows of the predictions table.
    max_rows: How many rows of each side are used at most.
    labels: The known label set. Without one, labels and predictions of more than 50 values are left
        out.

    Raises `InputError` where there is a recent window and no row of a reference.
    """
    if not (table["split"] == "recent").any():
        return []

    column_names = [str(name) for name in table.columns]
    input_columns = [name for name in column_names if name.startswith((DESCRIPTOR, GROUP)) or name == "label"]
    prediction_columns = [name for name in ("prediction", "confidence") if name in predictions]
    if not labels:
        if "label" in input_columns and not recurs(table["label"]):
            input_columns.remove("label")
        if "prediction" in prediction_columns and not recurs(predictions["prediction"]):
            prediction_columns.remove("prediction")

    families = [
        _family("inputs", table, input_columns, max_rows=max_rows, seed=seed),
        _family("predictions", predictions, prediction_columns, max_rows=max_rows, seed=seed),
    ]
    return [family for family in families if family.columns]


def _family(name: str, source: pd.DataFrame, columns: list[str], *, max_rows: int, seed: int) -> Family:
    """Return one family from the rows of `source`.

    A number that is missing anywhere gets a categorical column "<name> missing", so that its
    missingness is compared.
    """
    splits = REFERENCE_SPLITS[name]
    reference = source.loc[source["split"].isin(splits)]
    recent = source.loc[source["split"] == "recent"]
    if reference.empty:
        raise InputError(f"drift of {name}: no rows of split {' or '.join(splits)!r}")
    if recent.empty:
        raise InputError(f"drift of {name}: no rows of split 'recent'")

    reference, recent = subsample(reference, recent, max_rows=max_rows, seed=seed)
    both = pd.concat([reference, recent], ignore_index=True)

    numeric = {}
    categorical = {}
    for column in columns:
        if pd.api.types.is_numeric_dtype(both[column]):
            numeric[column] = finite_numbers(both[column])
        elif both[column].notna().any():
            categorical[column] = _texts(both[column], missing=_missing_category(column))
    for column, numbers in numeric.items():
        if numbers.isna().any():
            indicator = _unused_name(column + MISSING, columns)
            categorical[indicator] = numbers.isna().map({True: "yes", False: "no"})

    frame = pd.DataFrame({"entity": both["entity"], **numeric, **categorical})
    return Family(
        name=name,
        reference=frame.iloc[: len(reference)],
        recent=frame.iloc[len(reference) :].reset_index(drop=True),
        numeric=tuple(numeric),
        categorical=tuple(categorical),
    )


def _unused_name(name: str, columns: Sequence[str]) -> str:
    """Return `name`, with as many asterisks as make it differ from all `columns`."""
    while name in columns:
        name += "*"
    return name


def recurs(values: "pd.Series[Any]") -> bool:
    """Say whether a column has few enough distinct values to compare their shares."""
    return bool(values.nunique() <= _MAX_CATEGORIES)


def _missing_category(column: str) -> str | None:
    """Return the category that missing values of a column count as; None: they are left out.

    A missing group is a fact about the data; a missing label may only be late.
    """
    return "missing" if column.startswith(GROUP) else None


def finite_numbers(values: "pd.Series[float]") -> "pd.Series[float]":
    return values.astype(float).replace([np.inf, -np.inf], np.nan)


def _texts(values: "pd.Series[str]", *, missing: str | None) -> "pd.Series[str]":
    filled = values.astype(object).where(values.notna(), missing)
    return filled.map(lambda value: None if value is None else str(value))


def subsample(
    reference: pd.DataFrame, recent: pd.DataFrame, *, max_rows: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return random rows of both sides, in their order: at most `max_rows` each, and equally many rows an entity.

    The permutation test exchanges entities between the sides, so they must look alike on both; a
    recent window is often shorter, and has fewer rows of an entity than the reference. First the
    mean number of rows an entity is made equal. Where that is more than `max_rows`, it is lowered
    further, to about ten; then whole entities are left out.
    """
    n_reference = reference["entity"].nunique()
    n_recent = recent["entity"].nunique()
    common_rows_per_entity = min(len(reference) / n_reference, len(recent) / n_recent)
    affordable_rows_per_entity = max(_ROWS_PER_ENTITY, max_rows / max(n_reference, n_recent))
    rows_per_entity = min(common_rows_per_entity, affordable_rows_per_entity)

    generator = np.random.default_rng(seed)
    reference = subsample_rows(reference, round(rows_per_entity * n_reference), generator)
    recent = subsample_rows(recent, round(rows_per_entity * n_recent), generator)
    reference = _subsample_entities(reference, max_rows, generator)
    recent = _subsample_entities(recent, max_rows, generator)
    return reference, recent


def subsample_rows(side: pd.DataFrame, max_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Return at most `max_rows` random rows of one side, in their order, of whatever entities."""
    if len(side) <= max_rows:
        return side
    return side.iloc[np.sort(generator.choice(len(side), size=max_rows, replace=False))]


def _subsample_entities(side: pd.DataFrame, max_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Return all rows of random entities of one side, as many entities as have at most `max_rows` rows together."""
    if len(side) <= max_rows:
        return side

    codes, names = pd.factorize(side["entity"])
    order = generator.permutation(len(names))
    fits = np.cumsum(np.bincount(codes)[order]) <= max_rows
    fits[0] = True  # one entity at least, however long

    is_chosen = np.zeros(len(names), dtype=bool)
    is_chosen[order[fits]] = True
    return side.loc[is_chosen[codes]]
