"""Raw pictures, in the formats of the field, into examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hallmark.contracts.examples import Examples, Source
from hallmark.formats.pictures import loading
from hallmark.formats.pictures.decoding import Shape
from hallmark.formats.pictures.descriptors import describe
from hallmark.formats.pictures.table import described, grouped, identified, labelled
from hallmark.formats.tables import Table
from hallmark.systems.image import config

INPUTS = ("height", "width", "channels", "convert")
encode = None  # what is read is what the network takes: nothing is learned from the training split


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
    folder: Path,
    *,
    format: str,
    height: int,
    width: int,
    channels: int,
    labels: Sequence[str],
    convert: bool,
    metadata: str | None,
    columns: Mapping[str, str | None],
    groups: Mapping[str, str],
    bands: Mapping[str, Mapping[str, Any]],
    source: Mapping[str, Any] | None,
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the pictures in `folder`; the arguments are the keys of `config.Reading`.

    Returns examples with the array `image`, uint8 (n, C, H, W); a published split stands in `split`. Raises
    `InputError`, naming the file, column or key, on everything that can be wrong with files that a person supplies.
    """
    images, names, raw = loading.load(
        folder, format, Shape(height, width, channels, convert), columns, metadata, leave_out=leave_out
    )
    said = Table(raw, folder / (metadata or ""))
    table = identified(said, names, columns)
    if columns["label"]:
        table["label"] = labelled(raw, names, columns["label"], labels)
    table = described(grouped(table, said, groups), describe(images), bands)
    return Examples(table, {"image": images}, tuple(labels), Source.of(folder, source))
