"""Raw scans with their clinical data, in the formats of the field, into examples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats import identities
from hallmark.formats.notes import note
from hallmark.formats.pictures import loading
from hallmark.formats.pictures.decoding import Shape
from hallmark.formats.pictures.descriptors import describe
from hallmark.formats.pictures.table import column, described, grouped, identified, require_class_names
from hallmark.formats.tables import Table, banded
from hallmark.systems.medical import config
from hallmark.systems.medical.reading import clinical as clinical_columns

INPUTS = ("height", "width", "channels", "convert", "clinical", "window")


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
    folder: Path,
    *,
    format: str,
    height: int,
    width: int,
    channels: int,
    labels: Mapping[str, str],
    convert: bool,
    metadata: str | None,
    columns: Mapping[str, str | None],
    keep: Mapping[str, Sequence[str]],
    splits: Mapping[str, str],
    clinical: Mapping[str, Any],
    groups: Mapping[str, str],
    bands: Mapping[str, Mapping[str, Any]],
    window: Mapping[str, float] | None,
    source: Mapping[str, Any] | None,
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the scans in `folder`; the arguments are the keys of `config.Reading`.

    Returns examples with the arrays `image`, uint8 (n, C, H, W), and, where clinical columns are named, `clinical`,
    float32 (n, F), which `encode` completes. Raises `InputError`, naming the file, column or key, on everything that
    can be wrong with files that a person supplies.
    """
    shape = Shape(height, width, channels, convert)
    images, files, raw = loading.load(folder, format, shape, columns, metadata, window, leave_out)
    require_class_names(raw, columns["label"] or "label", labels)
    rows = _kept(raw, keep)
    images, files, raw = images[rows], files[rows], raw[rows]
    said = Table(raw.astype(object).where(raw.notna() & (raw != ""), None), folder / (metadata or ""))
    if columns["split"] and splits:
        raw = raw.assign(**{columns["split"]: said.named(columns["split"], splits, "prepare.reading.splits")})
    typed = Table(raw, said.file)
    table = identified(typed, files, columns)
    column(raw, columns["label"] or "label", "prepare.reading.columns.label")
    table["label"] = said.named(columns["label"] or "label", labels, "prepare.reading.labels")
    table = grouped(table, typed, groups)
    seen = describe(images)
    for name, band in bands.items():
        table[GROUP + name] = _band(said, seen, name, band, groups)
    told = clinical_columns.encode(said, **clinical)
    table = described(table.reset_index(drop=True), seen, {})
    for name in clinical["numeric"]:
        table[DESCRIPTOR + name] = said.numbers(name, missing=True)
    arrays = {"image": images}
    encoding: dict[str, Any] = {}
    if told.names:
        arrays["clinical"] = told.numbers.astype(np.float32)
        encoding = {"clinical": list(told.names), "columns": [list(column) for column in told.columns]}
    return Examples(table, arrays, tuple(dict.fromkeys(labels.values())), Source.of(folder, source), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Fill in the mean of the training patients where a number is missing; `encoding` says columns and means.

    Given the `encoding` of a former model, its means are filled in. Raises `InputError` where it names other columns.
    """
    names = list(examples.encoding.get("clinical", ()))
    if encoding is not None and list(encoding.get("clinical", ())) != names:
        raise InputError(f"the clinical columns are {names}, but the encoding has {list(encoding.get('clinical', ()))}")
    if "clinical" not in examples.arrays:
        return examples
    train = (examples.table["split"] == "train").to_numpy()
    known = np.asarray(examples.arrays["clinical"], np.float64)
    means = clinical_columns.means(known, train, names) if encoding is None else np.asarray(encoding["means"], float)
    values = np.where(np.isnan(known), means, known)
    filled = {
        DESCRIPTOR + name: examples.table[DESCRIPTOR + name].fillna(mean)
        for name, mean in zip(names, means, strict=True)
        if DESCRIPTOR + name in examples.table
    }
    told = {**examples.encoding, "means": [float(mean) for mean in means]}
    arrays = {**examples.arrays, "clinical": values.astype(np.float32)}
    return replace(examples, table=examples.table.assign(**filled), arrays=arrays, encoding=told)


def _kept(raw: pd.DataFrame, keep: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return which rows hold, in each column of `keep`, one of its values (n,); the log says how many don't.

    Raises `InputError` on a value that no row holds, and where no row is left.
    """
    kept = np.ones(len(raw), bool)
    for name, values in keep.items():
        names = pd.Series(identities.names_of(column(raw, name, "prepare.reading.keep")))
        holding = {value: names.isin(identities.spellings(value)).to_numpy() for value in values}
        unmatched = [value for value, rows in holding.items() if not rows.any()]
        if unmatched:
            known = ", ".join(repr(str(known)) for known in pd.unique(names)[:5])
            raise InputError(
                f"prepare.reading.keep.{name} names the value {unmatched[0]!r}, which no row holds: there are {known}"
                f"{' …' if names.nunique() > 5 else ''}"
            )
        kept &= np.any(list(holding.values()), axis=0)

    if not kept.any():
        raise InputError(f"prepare.reading.keep leaves none of {len(raw)} scans: {dict(keep)}")
    if not kept.all():
        note(f"prepare.reading.keep leaves out {(~kept).sum()} of {len(raw)} scans")
    return kept


def _band(said: Table, seen: pd.DataFrame, name: str, band: Mapping[str, Any], groups: Mapping[str, str]) -> np.ndarray:
    key, of = f"prepare.reading.bands.{name}", band["column"]
    if name in groups:
        raise InputError(f"the group {name!r} stands under both prepare.reading.groups and prepare.reading.bands")
    if of not in said.frame and of in seen:
        values = seen[of].to_numpy(float)
    else:
        column(said.frame, of, f"{key}.column")
        values = said.numbers(of, missing=True)
    return banded(values, band["edges"], key, band["names"])
