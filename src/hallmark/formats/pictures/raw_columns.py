"""What the raw columns of pictures mean: the split that files publish, and labels that are numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hallmark.config.reading import Columns
from hallmark.errors import InputError
from hallmark.formats.example_columns import Roles

_WHOLE = re.compile(r"-?\d+", re.ASCII)


def picture_roles(columns: Columns, raw: pd.DataFrame) -> Roles:
    """Return the roles of the raw columns; a column that is called split has that role, where none is named."""
    roles = Roles.of(columns)
    return replace(roles, split="split") if roles.split is None and "split" in raw else roles


def without_blanks(raw: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose empty texts are missing cells; columns of numbers stay as they are."""
    texts = {str(name): cells.where(cells != "", None) for name, cells in raw.items() if cells.dtype.kind == "O"}
    return raw.assign(**texts)


def label_keys(raw: pd.DataFrame, pictures: np.ndarray, name: str, labels: Sequence[str]) -> np.ndarray:
    """Return for the pictures with these names the raw values (n,) in column `name` that `labels` lists.

    A whole number counts as the class that the file names so (`raw.attrs["class_names"]`), else as the one of `labels`
    that is this number, where they are numbers themselves, else as a position in `labels`.

    Raises `InputError` that names the first picture whose label is missing or none of `labels`, where some labels are
    numbers and others text, and where `labels` leave open whether a number is one of them or a position.
    """
    values = raw[name]
    missing = values.isna().to_numpy(bool)
    if missing.any():
        row = int(np.argmax(missing))
        raise InputError(f"picture {pictures[row]} has no label in column {name!r}: label it, or leave it out")

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "mixed-integer":
        raise InputError(f"column {name!r} holds labels as numbers and as text: write all of them in one way")
    class_names = raw.attrs.get("class_names", {}).get(name)
    if kind == "integer":
        are_numbers = all(_WHOLE.fullmatch(label) for label in labels)
        is_named = class_names and (not are_numbers or not set(class_names).isdisjoint(labels))
        numbered = dict(enumerate(class_names)) if is_named else _numbered(labels)
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
