"""What raw columns say of each picture, into columns of the examples: id, entity, time, split, label, groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError
from hallmark.formats.tables import Table, banded

_SPLITS = ("train", "validation", "test")


def identified(said: Table, names: np.ndarray, columns: Mapping[str, str | None]) -> pd.DataFrame:
    """Return id, entity and, where `columns` or the files name them, time and split, a row for each of `said`.

    Without a column for it, the id is the picture's own name, of `names` (n,).

    Raises `InputError` on an id that stands twice, an id or entity that names nobody, a column that is missing, and
    times or splits that are none.
    """
    raw = said.frame
    for key in ("id", "entity", "time"):
        if columns[key]:
            column(raw, str(columns[key]), f"prepare.reading.columns.{key}")

    ids = said.identities(columns["id"]) if columns["id"] else names
    table = pd.DataFrame({"id": pd.Series(ids, raw.index).astype(str)})
    twice = table["id"][table["id"].duplicated()]
    if len(twice):
        raise InputError(f"the id {twice.iloc[0]!r} stands twice in column {columns['id'] or columns['image']!r}")
    table["entity"] = said.identities(columns["entity"]) if columns["entity"] else table["id"]
    if columns["time"]:
        table["time"] = said.times(columns["time"], missing=True)
    if columns["split"] or "split" in raw:
        table["split"] = _split(column(raw, columns["split"] or "split", "prepare.reading.columns.split"))
    return table


def column(raw: pd.DataFrame, name: str, key: str) -> "pd.Series[Any]":
    """Return a raw column. Raises `InputError` with the configuration's `key` where there is none of that name."""
    if name not in raw:
        raise InputError(f"the raw data has no column {name!r}, which {key} names: it has {', '.join(raw.columns)}")
    return raw[name]


def labelled(raw: pd.DataFrame, pictures: np.ndarray, name: str, labels: Sequence[str]) -> np.ndarray:
    """Return the labels (n,) in column `name` of the pictures with these names: integers are positions in `labels`,
    text must be one of them.

    Raises `InputError` that names the first picture whose label is missing or none of `labels`, and where some labels
    are numbers and others text.
    """
    values = column(raw, name, "prepare.reading.columns.label")
    known = np.asarray(labels, object)
    missing = values.isna().to_numpy(bool)
    if missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"picture {pictures[row]} has no label in column {name!r}: label it, or leave it out")

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "mixed-integer":
        raise InputError(f"column {name!r} holds labels as numbers and as text: write all of them in one way")
    if kind == "integer":
        position = values.to_numpy(np.int64)
        wrong = (position < 0) | (position >= len(known))
        found = known[np.where(wrong, 0, position)]
    else:
        found = values.to_numpy(object)
        wrong = ~np.isin(found.astype(str), known.astype(str))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"picture {pictures[row]} has the label {values.tolist()[row]!r}, which is none of those in "
            f"prepare.reading.labels: {', '.join(labels)}"
        )
    return found


def grouped(table: pd.DataFrame, said: Table, groups: Mapping[str, str]) -> pd.DataFrame:
    """Return the table with `group.<name>` of the raw columns; an empty cell is "unknown"."""
    found = {}
    for name, of in groups.items():
        key = f"prepare.reading.groups.{name}"
        column(said.frame, of, key)
        found[GROUP + name] = said.named_groups(of, {}, key)
    return table.assign(**found)


def described(table: pd.DataFrame, descriptors: pd.DataFrame, bands: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the table with `descriptor.*` and with a group for each band of one of them."""
    for name, band in bands.items():
        if GROUP + name in table:
            raise InputError(f"the group {name!r} stands under both prepare.reading.groups and prepare.reading.bands")
        key, of = f"prepare.reading.bands.{name}", band["descriptor"]
        if of not in descriptors:
            raise InputError(f"{key}.descriptor is {of!r}, which is none of {', '.join(descriptors.columns)}")
        values = descriptors[of].to_numpy(float)
        table = table.assign(**{GROUP + name: banded(values, band["edges"], key, band["names"])})
    return pd.concat([table, descriptors.add_prefix(DESCRIPTOR)], axis=1)


def _split(values: "pd.Series[Any]") -> "pd.Series[Any]":
    unknown = sorted(set(values.astype(str)) - set(_SPLITS))
    if unknown:
        raise InputError(
            f"column {values.name!r} holds the split {unknown[0]!r}, which is none of {', '.join(_SPLITS)}"
        )
    return values
