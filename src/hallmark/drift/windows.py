"""What is compared with what: the recent window's columns, each beside the reference that it may be held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError

REFERENCES = {"inputs": ("train",), "predictions": ("validation", "test")}
MISSING = " missing"  # suffix of the column that says whether a number is missing
_CATEGORIES = (
    50  # values of text; more are transcripts or titles, of which each occurs once, and have no shares to compare
)
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


def families(
    table: pd.DataFrame, predictions: pd.DataFrame, *, rows: int, seed: int, labels: Sequence[str] = ()
) -> list[Family]:
    """Return the inputs against the training split, and the predictions against splits that were not fitted.

    `table` is the examples table, `predictions` the model's rows. Predictions on training rows are no reference: a
    network is surer of what it was fitted to. At most `rows` rows of each side are kept. `labels` is the known label
    set; without one, labels and predictions are compared only if their values recur. The list is empty where there is
    no recent window; `InputError` where there is one and a reference has no rows.
    """
    if not (table["split"] == "recent").any():
        return []
    names = [str(name) for name in table.columns]
    inputs = [name for name in names if name.startswith((DESCRIPTOR, GROUP)) or name == "label"]
    answers = [name for name in ("prediction", "confidence") if name in predictions]
    if not labels:
        inputs = [name for name in inputs if name != "label" or _recurs(table[name])]
        answers = [name for name in answers if name != "prediction" or _recurs(predictions[name])]
    sources = {"inputs": (table, inputs), "predictions": (predictions, answers)}
    found = [_family(name, source, columns, rows=rows, seed=seed) for name, (source, columns) in sources.items()]
    return [family for family in found if family.columns]


def _family(name: str, source: pd.DataFrame, columns: list[str], *, rows: int, seed: int) -> Family:
    splits = REFERENCES[name]
    sides = {"reference": source["split"].isin(splits), "recent": source["split"] == "recent"}
    for side, chosen in sides.items():
        if not chosen.any():
            raise InputError(
                f"drift of {name}: no rows of split {' or '.join(splits) if side == 'reference' else side!r}"
            )
    reference, recent = thin(*(source.loc[chosen] for chosen in sides.values()), rows=rows, seed=seed)
    both = pd.concat([reference, recent], ignore_index=True)
    numeric = {c: _numbers(both[c]) for c in columns if pd.api.types.is_numeric_dtype(both[c])}
    categorical = {c: _words(both[c], absent=_absent(c)) for c in columns if c not in numeric and both[c].notna().any()}
    categorical |= {
        _unused(c + MISSING, columns): values.isna().map({True: "yes", False: "no"})
        for c, values in numeric.items()
        if values.isna().any()
    }
    frame = pd.DataFrame({"entity": both["entity"], **numeric, **categorical})
    size = len(reference)
    return Family(name, frame.iloc[:size], frame.iloc[size:].reset_index(drop=True), tuple(numeric), tuple(categorical))


def _unused(name: str, columns: Sequence[str]) -> str:
    """Return `name`, or, where the data has a column of that name, one that it does not have."""
    while name in columns:
        name += "*"
    return name


def _recurs(values: "pd.Series[Any]") -> bool:
    return bool(values.nunique() <= _CATEGORIES)


def _absent(column: str) -> str | None:
    """A group that is missing is a fact about the data; a label that is missing may only be late."""
    return "missing" if column.startswith(GROUP) else None


def _numbers(values: "pd.Series[float]") -> "pd.Series[float]":
    return values.astype(float).replace([np.inf, -np.inf], np.nan)


def _words(values: "pd.Series[str]", *, absent: str | None) -> "pd.Series[str]":
    return values.astype(object).where(values.notna(), absent).map(lambda v: v if v is None else str(v))


def thin(reference: pd.DataFrame, recent: pd.DataFrame, *, rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both sides with as many rows an entity, and at most `rows` rows, in order.

    Entities can only be exchanged between sides on which they look alike, and a window is often shorter than the time
    that an entity of the reference was seen for. What is too much is taken from the rows of every entity, down to
    about ten, and then whole entities are left out.
    """
    sides = (reference, recent)
    entities = [side["entity"].nunique() for side in sides]
    alike = min(len(side) / size for side, size in zip(sides, entities, strict=True))
    kept = min(alike, max(_ROWS_PER_ENTITY, rows / max(entities)))
    generator = np.random.default_rng(seed)
    thinned = [_some(side, round(kept * size), generator) for side, size in zip(sides, entities, strict=True)]
    first, second = (_whole(side, rows, generator) for side in thinned)
    return first, second


def _some(side: pd.DataFrame, size: int, generator: np.random.Generator) -> pd.DataFrame:
    if len(side) <= size:
        return side
    return side.iloc[np.sort(generator.choice(len(side), size=size, replace=False))]


def _whole(side: pd.DataFrame, rows: int, generator: np.random.Generator) -> pd.DataFrame:
    if len(side) <= rows:
        return side
    codes, names = pd.factorize(side["entity"])
    order = generator.permutation(len(names))
    fits = np.cumsum(np.bincount(codes)[order]) <= rows
    fits[0] = True  # one entity at least, however long
    chosen = np.zeros(len(names), dtype=bool)
    chosen[order[fits]] = True
    return side.loc[chosen[codes]]
