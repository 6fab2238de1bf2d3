"""Raw columns of pictures: which of them is the published split, and which label a raw value means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from hallmark.config.reading_keys import Columns
from hallmark.errors import InputError
from hallmark.formats.example_columns import Roles

_WHOLE = re.compile(r"-?\d+", re.ASCII)


def picture_roles(columns: Columns, raw: pd.DataFrame) -> Roles:
    """Return the roles of the raw columns by the configuration.

    If it names no column for the split, a raw column called "split" has this role.
    """
    roles = Roles.of(columns)
    return replace(roles, split="split") if roles.split is None and "split" in raw else roles


def without_blanks(raw: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which empty texts are missing cells (None)."""
    columns_of_texts = {}
    for name, cells in raw.items():
        if cells.dtype.kind == "O":
            columns_of_texts[str(name)] = cells.where(cells != "", None)
    return raw.assign(**columns_of_texts)


def label_keys(raw: pd.DataFrame, pictures: np.ndarray, name: str, labels: Sequence[str]) -> np.ndarray:
    """Return the label of each picture, (n,) of strings, by its cell in the raw column `name`.

    Labels are those of `labels`. `pictures` (n,) are the pictures' names, for messages. A text is
    the label itself. A whole number is one of these, the first that applies:

    - The class that the file calls by this number (`raw.attrs["class_names"]`), if the file names
      classes, and some of them are in `labels` or `labels` are no numbers.
    - The label that is this number, if all labels are numbers.
    - The label at this position in `labels`.

    Raises `InputError` on the first picture whose label is missing or not in `labels`, where the
    column has numbers and texts, and where it is ambiguous whether a number is a label or a
    position.
    """
    values = raw[name]
    is_missing = values.isna().to_numpy(bool)
    if is_missing.any():
        row = int(np.argmax(is_missing))
        raise InputError(f"picture {pictures[row]} has no label in column {name!r}: label it, or leave it out")

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "mixed-integer":
        raise InputError(f"column {name!r} holds labels as numbers and as text: write all of them in one way")
    class_names = raw.attrs.get("class_names", {}).get(name)
    if kind == "integer":
        are_labels_numbers = all(_WHOLE.fullmatch(label) for label in labels)
        uses_class_names = class_names and (not are_labels_numbers or not set(class_names).isdisjoint(labels))
        label_by_number = dict(enumerate(class_names)) if uses_class_names else _label_by_number(labels)
        label_of_picture = values.map(label_by_number).to_numpy(object)
    else:
        label_of_picture = values.astype(str).to_numpy(object)

    is_unknown = ~pd.Series(label_of_picture).isin(list(labels)).to_numpy(bool)
    if is_unknown.any():
        row = int(np.argmax(is_unknown))
        value = values.tolist()[row]
        unknown_label = label_of_picture[row]
        has_class_name = class_names and isinstance(unknown_label, str)
        class_name = f", by its file {unknown_label!r}," if has_class_name else ","
        raise InputError(
            f"picture {pictures[row]} has the label {value!r}{class_name} which is none of those in "
            f"prepare.reading.labels: {', '.join(labels)}"
        )
    return label_of_picture


def require_class_names(raw: pd.DataFrame, name: str, labels: Mapping[str, str]) -> None:
    """Raise `InputError` where a label is the file's name of another class.

    `labels` are the configured labels by raw value; a raw value that is a whole number is a class
    of the column `name`, whose names the file may state.
    """
    class_names = raw.attrs.get("class_names", {}).get(name, ())
    for number, class_name in enumerate(class_names):
        label = labels.get(str(number), class_name)
        if label != class_name and label in class_names:
            raise InputError(
                f"prepare.reading.labels.{number} is {label!r}, but the file calls {number} of column {name!r} "
                f"{class_name!r}, and {class_names.index(label)} {label!r}: mend the labels"
            )


def _label_by_number(labels: Sequence[str]) -> dict[int, str]:
    """Return the label that each whole number means.

    It is the label that is this number, if all labels are numbers, else the label at this position.
    Raises `InputError` where only some labels are numbers, and not at their own positions, and
    where two labels are the same number.
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
