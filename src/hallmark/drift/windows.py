"""The recent window's columns, each beside the reference that it may be compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError

REFERENCE_SPLITS = {"inputs": ("train",), "predictions": ("validation", "test")}
MISSING = " missing"  # suffix of the column that says whether a number is missing
# Values of text; more are transcripts or titles, of which each occurs once, and have no shares to compare.
_MAX_CATEGORIES = 50
_ROWS_PER_ENTITY = 10  # to save more, whole entities are left out: ten rows say most of what an entity can


@dataclass(frozen=True)
class Family:
    """Columns that share a reference: `numeric` hold floats (NaN: no value), `categorical` strings (None: no value).

    Both frames have those columns and `entity`.
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
    """Return the inputs against the training split, and the predictions against splits that were not fitted.

    `table` is the examples table, `predictions` the model's rows. Predictions on training rows are no reference: a
    network is surer of what it was fitted to. At most `max_rows` rows of each side are used. `labels` is the known
    label set; without one, labels and predictions are compared only if their values recur. The list is empty where
    there is no recent window; `InputError` where there is one and a reference has no rows.
    """
    if not (table["split"] == "recent").any():
        return []

    column_names = [str(name) for name in table.columns]
    input_columns = [name for name in column_names if name.startswith((DESCRIPTOR, GROUP)) or name == "label"]
    prediction_columns = [name for name in ("prediction", "confidence") if name in predictions]
    if not labels:
        if "label" in input_columns and not _recurs(table["label"]):
            input_columns.remove("label")
        if "prediction" in prediction_columns and not _recurs(predictions["prediction"]):
            prediction_columns.remove("prediction")

    families = [
        _family("inputs", table, input_columns, max_rows=max_rows, seed=seed),
        _family("predictions", predictions, prediction_columns, max_rows=max_rows, seed=seed),
    ]
    return [family for family in families if family.columns]


def _family(name: str, source: pd.DataFrame, columns: list[str], *, max_rows: int, seed: int) -> Family:
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
            numeric[column] = _finite_numbers(both[column])
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
    """Return `name`, or, where the data has a column of that name, one that it does not have."""
    while name in columns:
        name += "*"
    return name


def _recurs(values: "pd.Series[Any]") -> bool:
    return bool(values.nunique() <= _MAX_CATEGORIES)


def _missing_category(column: str) -> str | None:
    """A group that is missing is a fact about the data; a label that is missing may only be late."""
    return "missing" if column.startswith(GROUP) else None


def _finite_numbers(values: "pd.Series[float]") -> "pd.Series[float]":
    return values.astype(float).replace([np.inf, -np.inf], np.nan)


def _texts(values: "pd.Series[str]", *, missing: str | None) -> "pd.Series[str]":
    filled = values.astype(object).where(values.notna(), missing)
    return filled.map(lambda value: None if value is None else str(value))


def subsample(
    reference: pd.DataFrame, recent: pd.DataFrame, *, max_rows: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both sides with as many rows an entity, and at most `max_rows` rows, in order.

    Entities can only be exchanged between sides on which they look alike, and a window is often shorter than the time
    that an entity of the reference was seen for. What is too much is taken from the rows of every entity, down to
    about ten, and then whole entities are left out.
    """
    n_reference = reference["entity"].nunique()
    n_recent = recent["entity"].nunique()
    common_rows_per_entity = min(len(reference) / n_reference, len(recent) / n_recent)
    affordable_rows_per_entity = max(_ROWS_PER_ENTITY, max_rows / max(n_reference, n_recent))
    rows_per_entity = min(common_rows_per_entity, affordable_rows_per_entity)

    generator = np.random.default_rng(seed)
    reference = _subsample_rows(reference, round(rows_per_entity * n_reference), generator)
    recent = _subsample_rows(recent, round(rows_per_entity * n_recent), generator)
    reference = _subsample_entities(reference, max_rows, generator)
    recent = _subsample_entities(recent, max_rows, generator)
    return reference, recent


def _subsample_rows(side: pd.DataFrame, max_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    if len(side) <= max_rows:
        return side
    return side.iloc[np.sort(generator.choice(len(side), size=max_rows, replace=False))]


def _subsample_entities(side: pd.DataFrame, max_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    if len(side) <= max_rows:
        return side

    codes, names = pd.factorize(side["entity"])
    order = generator.permutation(len(names))
    fits = np.cumsum(np.bincount(codes)[order]) <= max_rows
    fits[0] = True  # one entity at least, however long

    is_chosen = np.zeros(len(names), dtype=bool)
    is_chosen[order[fits]] = True
    return side.loc[is_chosen[codes]]
