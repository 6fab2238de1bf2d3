"""Reading of a medical task: raw scans with their clinical data → examples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns, identities
from hallmark.formats.notes import note
from hallmark.formats.pictures import readers
from hallmark.formats.pictures.image_statistics import describe_images
from hallmark.formats.pictures.raw_columns import picture_roles, require_class_names, without_blanks
from hallmark.formats.tables import Table
from hallmark.systems.medical import config
from hallmark.systems.medical.reading import clinical as clinical_columns

INPUTS = ("height", "width", "channels", "convert", "clinical", "window")

_SECTION = "prepare.reading"


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the n scans in `folder` that `prepare.reading.keep` keeps as examples.

    A published split is in the column `split`. The arrays:

    - `image` uint8 (n, C, H, W): C colour channels, H rows and W columns of pixels, values 0 to 255
    - `clinical` float32 (n, F), where clinical columns are named: F features (see `clinical`), NaN
      for missing numbers until `encode` fills them in

    Raises `InputError`, naming the file, column or key, on everything that can be wrong with files
    that a person supplies.
    """
    images, files, raw = readers.read_pictures(folder, parameters)
    roles = picture_roles(parameters.columns, raw)
    roles = replace(roles, label=roles.label or "label")
    require_class_names(raw, str(roles.label), parameters.labels)

    table = Table(without_blanks(raw), folder / (parameters.metadata or ""))
    example_columns.require_columns(table, {f"{_SECTION}.keep.{column}": column for column in parameters.keep})
    kept_rows = _rows_to_keep(table, parameters.keep)
    table = replace(table, frame=table.frame[kept_rows])
    images = images[kept_rows]

    clinical = parameters.clinical
    columns_by_key = _clinical_columns_by_key(clinical) | {f"{_SECTION}.columns.split": roles.split}
    example_columns.require_columns(table, columns_by_key)
    if roles.split and parameters.splits:
        splits = table.renamed_values(roles.split, parameters.splits, f"{_SECTION}.splits")
        table = replace(table, frame=table.frame.assign(**{roles.split: splits}))
    bound = example_columns.bind(
        table,
        parameters,
        ids=files[kept_rows],
        roles=roles,
        descriptors=describe_images(images),
        numeric_inputs=_numeric_by_key(clinical),
        dates=True,
    )

    arrays = {"image": images}
    encoding: dict[str, Any] = {}
    features = clinical_columns.encode(table, **clinical.model_dump())
    if features.names:
        arrays["clinical"] = features.numbers.astype(np.float32)
        encoding = {"clinical": list(features.names), "columns": [list(column) for column in features.columns]}
    labels = tuple(parameters.label_names() or ())
    return Examples(bound, arrays, labels, Source.of(folder, parameters.source_words()), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Return the examples with each missing clinical number replaced by its mean over the training split.

    The means (F,) are added to the encoding. Given the `encoding` of a former model, its means are
    used. Raises `InputError` where it names other features.
    """
    names = list(examples.encoding.get("clinical", ()))
    if encoding is not None:
        former_names = list(encoding.get("clinical", ()))
        if former_names != names:
            raise InputError(f"the clinical columns are {names}, but the encoding has {former_names}")
    if "clinical" not in examples.arrays:
        return examples

    numbers = np.asarray(examples.arrays["clinical"], np.float64)
    if encoding is None:
        is_train = (examples.table["split"] == "train").to_numpy()
        means = clinical_columns.means(numbers, is_train, names)
    else:
        means = np.asarray(encoding["means"], float)

    filled_numbers = np.where(np.isnan(numbers), means, numbers)
    filled_descriptors = {
        DESCRIPTOR + name: examples.table[DESCRIPTOR + name].fillna(mean)
        for name, mean in zip(names, means, strict=True)
        if DESCRIPTOR + name in examples.table
    }
    encoding_with_means = {**examples.encoding, "means": [float(mean) for mean in means]}
    arrays = {**examples.arrays, "clinical": filled_numbers.astype(np.float32)}
    table = examples.table.assign(**filled_descriptors)
    return replace(examples, table=table, arrays=arrays, encoding=encoding_with_means)


def _clinical_columns_by_key(clinical: config.Clinical) -> dict[str, str | None]:
    """Return the clinical columns by the key of the configuration that names each."""
    return {
        **_numeric_by_key(clinical),
        **{f"{_SECTION}.clinical.categorical.{name}": name for name in clinical.categorical},
    }


def _numeric_by_key(clinical: config.Clinical) -> dict[str, str]:
    """Return the numeric clinical columns by the key of the configuration that names each."""
    return {f"{_SECTION}.clinical.numeric[{place}]": name for place, name in enumerate(clinical.numeric)}


def _rows_to_keep(table: Table, keep: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return which rows are kept, bool (n,): those with one of the allowed values in each column of `keep`.

    `keep`: a column → its allowed values. The number of other rows is logged. Raises `InputError`
    on a value that no row has, and where no row is left.
    """
    is_kept = np.ones(len(table.frame), bool)
    for column, values in keep.items():
        cells = table.frame[column]
        filled_cells = cells.astype(object).where(cells.notna(), "")
        names = pd.Series(identities.names_of(filled_cells))
        rows_by_value = {value: names.isin(identities.spellings(value)).to_numpy() for value in values}
        unmatched = [value for value, rows in rows_by_value.items() if not rows.any()]
        if unmatched:
            first_names = ", ".join(repr(str(name)) for name in pd.unique(names)[:5])
            raise InputError(
                f"{_SECTION}.keep.{column} names the value {unmatched[0]!r}, which no row holds: "
                f"there are {first_names}"
                f"{' …' if names.nunique() > 5 else ''}"
            )
        is_kept &= np.any(list(rows_by_value.values()), axis=0)

    if not is_kept.any():
        raise InputError(f"{_SECTION}.keep leaves none of {len(is_kept)} scans: {dict(keep)}")
    if not is_kept.all():
        note(f"{_SECTION}.keep leaves out {(~is_kept).sum()} of {len(is_kept)} scans")
    return is_kept
