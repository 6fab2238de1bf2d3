"""What raw columns say of each picture, into columns of the examples: id, entity, time, split, label, groups."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.examples import DESCRIPTOR, GROUP

_SPLITS = ("train", "validation", "test")


def identified(raw: pd.DataFrame, columns: Mapping[str, str | None]) -> pd.DataFrame:
    """Return id, entity and, where `columns` or the files name them, time and split, a row for each of `raw`.

    Raises `InputError` on an id that stands twice, a column that is missing, and times or splits that are none.
    """
    table = pd.DataFrame({"id": column(raw, columns["id"] or "name", "prepare.reading.columns.id").astype(str)})
    twice = table["id"][table["id"].duplicated()]
    if len(twice):
        raise InputError(f"the id {twice.iloc[0]!r} stands twice in column {columns['id'] or columns['image']!r}")
    entity = columns["entity"]
    table["entity"] = column(raw, entity, "prepare.reading.columns.entity").astype(str) if entity else table["id"]
    if columns["time"]:
        table["time"] = _time(column(raw, columns["time"], "prepare.reading.columns.time"))
    if columns["split"] or "split" in raw:
        table["split"] = _split(column(raw, columns["split"] or "split", "prepare.reading.columns.split"))
    return table


def column(raw: pd.DataFrame, name: str, key: str) -> "pd.Series[Any]":
    """Return a raw column. Raises `InputError` with the configuration's `key` where there is none of that name."""
    if name not in raw:
        raise InputError(f"the raw data has no column {name!r}, which {key} names: it has {', '.join(raw.columns)}")
    return raw[name]


def labelled(raw: pd.DataFrame, name: str, labels: Sequence[str]) -> np.ndarray:
    """Return the column's labels (n,): integers are positions in `labels`, text must be one of them."""
    values = column(raw, name, "prepare.reading.columns.label")
    names = np.asarray(labels, object)
    if pd.api.types.is_integer_dtype(values.dtype):
        position = values.to_numpy(np.int64)
        wrong = (position < 0) | (position >= len(names))
        found = names[np.where(wrong, 0, position)]
    else:
        found = values.to_numpy(object)
        wrong = ~np.isin(found.astype(str), names.astype(str))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"picture {raw['name'].iloc[row]} has the label {values.tolist()[row]!r}, which is none of those in "
            f"prepare.reading.labels: {', '.join(labels)}"
        )
    return found


def grouped(table: pd.DataFrame, raw: pd.DataFrame, groups: Mapping[str, str]) -> pd.DataFrame:
    """Return the table with `group.<name>` of the raw columns; an empty cell is "unknown"."""
    found = {
        GROUP + name: column(raw, of, f"prepare.reading.groups.{name}").astype(str).replace("", "unknown")
        for name, of in groups.items()
    }
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
        table = table.assign(**{GROUP + name: banded(values, edges=band["edges"], names=band["names"], key=key)})
    return pd.concat([table, descriptors.add_prefix(DESCRIPTOR)], axis=1)


def _time(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Numbers as they are, anything else as dates; what is neither raises `InputError`."""
    try:
        return pd.to_numeric(values)
    except (ValueError, TypeError):
        pass
    try:
        return pd.to_datetime(values, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InputError(
            f"column {values.name!r} holds times that are neither numbers nor ISO 8601 dates: {error}"
        ) from error


def _split(values: "pd.Series[Any]") -> "pd.Series[Any]":
    unknown = sorted(set(values.astype(str)) - set(_SPLITS))
    if unknown:
        raise InputError(
            f"column {values.name!r} holds the split {unknown[0]!r}, which is none of {', '.join(_SPLITS)}"
        )
    return values


def banded(values: np.ndarray, *, edges: Sequence[float], names: Sequence[str], key: str) -> np.ndarray:
    """Return the name of each value's band (n,); a value on an edge belongs above it, NaN is "unknown".

    Raises `InputError` with the configuration's `key` where edges and names do not make bands.
    """
    if list(edges) != sorted(set(edges)) or len(names) != len(edges) + 1:
        raise InputError(
            f"{key} needs ascending edges and one more name than edges: it has {list(edges)} and {list(names)}"
        )
    found = np.asarray(names, object)[np.searchsorted(np.asarray(edges), values, side="right")]
    return np.where(np.isnan(values), "unknown", found)
