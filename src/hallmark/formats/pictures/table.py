"""What raw columns say of each picture, into columns of the examples: id, entity, time, split, label, groups."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP
from hallmark.errors import InputError
from hallmark.formats.tables import Table, banded

_WHOLE = re.compile(r"-?\d+", re.ASCII)
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
    """Return the labels (n,) in column `name` of the pictures with these names. Text must be one of `labels`; a whole
    number counts as the class that the file names so (`raw.attrs["class_names"]`), else as the one of `labels` that is
    this number, where they are numbers themselves, else as a position in `labels`.

    Raises `InputError` that names the first picture whose label is missing or none of `labels`, where some labels are
    numbers and others text, and where `labels` leave open whether a number is one of them or a position.
    """
    values = column(raw, name, "prepare.reading.columns.label")
    missing = values.isna().to_numpy(bool)
    if missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"picture {pictures[row]} has no label in column {name!r}: label it, or leave it out")

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "mixed-integer":
        raise InputError(f"column {name!r} holds labels as numbers and as text: write all of them in one way")
    class_names = raw.attrs.get("class_names", {}).get(name)
    if kind == "integer":
        numbered = dict(enumerate(class_names)) if class_names else _numbered(labels)
        found = values.map(numbered).to_numpy(object)
    else:
        found = values.astype(str).to_numpy(object)

    wrong = ~pd.Series(found).isin(list(labels)).to_numpy(bool)
    if wrong.any():
        row = int(np.argmax(wrong))
        value = values.tolist()[row]
        called = f", by its file {found[row]!r}," if class_names and isinstance(found[row], str) else ","
        raise InputError(
            f"picture {pictures[row]} has the label {value!r}{called} which is none of those in "
            f"prepare.reading.labels: {', '.join(labels)}"
        )
    return found


def require_class_names(raw: pd.DataFrame, name: str, labels: Mapping[str, str]) -> None:
    """Raise `InputError` where `labels`, by raw value, call a class by the name that the file has for another one."""
    class_names = raw.attrs.get("class_names", {}).get(name, ())
    for number, called in enumerate(class_names):
        meant = labels.get(str(number), called)
        if meant != called and meant in class_names:
            raise InputError(
                f"prepare.reading.labels.{number} is {meant!r}, but the file calls {number} of column {name!r} "
                f"{called!r}, and {class_names.index(meant)} {meant!r}: mend the labels"
            )


def _numbered(labels: Sequence[str]) -> dict[int, str]:
    """Return which label a whole number means: the one that is this number, where all labels are numbers, else the one
    at this position.

    Raises `InputError` where some labels are numbers and stand at another position, and where two are one number.
    """
    by_position = dict(enumerate(labels))
    numbers = [label for label in labels if _WHOLE.fullmatch(label)]
    by_number = {int(label): label for label in numbers}
    is_unique = len(by_number) == len(numbers)
    if is_unique and by_number.items() <= by_position.items():
        return by_position
    if not is_unique or len(numbers) < len(labels):
        raise InputError(
            f"prepare.reading.labels are {', '.join(labels)}, and the raw data holds whole numbers: whether one is a "
            "label or a position in this list can't be told: write labels as text"
        )
    return by_number


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
