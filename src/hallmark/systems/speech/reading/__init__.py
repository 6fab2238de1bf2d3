"""Raw recordings with their transcripts, in the formats of the field, into examples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples, Source
from hallmark.errors import InputError
from hallmark.formats.folders import RawFolder, discover
from hallmark.formats.tables import Table, banded
from hallmark.systems.speech import config
from hallmark.systems.speech.reading import formats
from hallmark.systems.speech.reading import transcripts as spelling
from hallmark.systems.speech.reading.descriptors import describe
from hallmark.systems.speech.reading.sounds import Form

INPUTS = ("sample_rate", "seconds", "alphabet")
_SPLITS = ("train", "validation", "test")
_VOCABULARIES = ("open", "closed")


def read(folder: Path, parameters: config.Reading) -> Examples:
    return _read(folder, **parameters.model_dump())


def _read(
    folder: Path,
    *,
    format: str,
    sample_rate: int,
    seconds: float,
    alphabet: str,
    vocabulary: str,
    transcripts: str | None,
    columns: Mapping[str, Any],
    groups: Mapping[str, str],
    bands: Mapping[str, Mapping[str, Any]],
    source: Mapping[str, Any] | None,
    leave_out: Sequence[str] = (),
) -> Examples:
    """Read the recordings in `folder`; the arguments are the keys of `config.Reading`.

    Returns examples with the arrays `waveform`, int16 (n, S), `length`, int32 (n,): samples that are sound,
    `target.tokens`, int16 (n, L), and `target.length`, int32 (n,); the label is the transcript. Raises `InputError`,
    naming the file, column or key, on everything that can be wrong with files that a person supplies.
    """
    if vocabulary not in _VOCABULARIES:
        raise InputError(f"prepare.reading.vocabulary is {vocabulary!r}, which is none of {', '.join(_VOCABULARIES)}")
    spelling.check(alphabet)
    raw = _load(discover(folder, leave_out), format, Form(sample_rate, seconds), columns["audio"], transcripts)
    texts = spelling.normalise(raw.table, columns["text"], alphabet)
    spelling.require_time(raw.table, columns["text"], texts, raw.lengths / sample_rate)
    described = describe(raw.waveforms, raw.lengths, sample_rate)
    table = pd.DataFrame({**_columns(raw, columns), "label": texts, **_groups(raw.table, described, groups, bands)})
    tokens, counts = spelling.tokens(texts, alphabet)
    arrays = {"waveform": raw.waveforms, "length": raw.lengths, "target.tokens": tokens, "target.length": counts}
    encoding = {"alphabet": alphabet, "sample_rate": sample_rate, "seconds": seconds, "vocabulary": vocabulary}
    table = pd.concat([table, described.add_prefix(DESCRIPTOR)], axis=1)
    return Examples(table, arrays, (), Source.of(folder, source), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Add the lexicon of the training split to the encoding: None with an open vocabulary.

    Given the `encoding` of a former model, its lexicon stays. Raises `InputError` where it has another alphabet.
    """
    if encoding is not None:
        if encoding["alphabet"] != examples.encoding["alphabet"]:
            known = encoding["alphabet"]
            raise InputError(f"the transcripts are spelled with {examples.encoding['alphabet']!r}, not with {known!r}")
        return replace(examples, encoding=encoding)
    said = examples.table["label"][examples.table["split"] == "train"]
    lexicon = spelling.lexicon(said) if examples.encoding["vocabulary"] == "closed" else None
    return replace(examples, encoding={**examples.encoding, "lexicon": lexicon})


def _load(folder: RawFolder, format: str, form: Form, audio: str, transcripts: str | None) -> formats.Raw:
    if format == "folder":
        return formats.folder(folder, form, audio, transcripts)
    if format != "parquet":
        raise InputError(f"prepare.reading.format is {format!r}, which is none of folder, parquet")
    if transcripts:
        raise InputError(
            f"prepare.reading.transcripts is {transcripts!r}, but only the format 'folder' has such a table"
        )
    return formats.parquet(folder, form, audio)


def _columns(raw: formats.Raw, columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    table = raw.table
    found = {
        "id": table.unique(columns["id"]) if columns["id"] else raw.names,
        "entity": table.identities(columns["entity"]) if columns["entity"] else raw.names,
    }
    if columns["time"]:
        found["time"] = table.seconds(columns["time"])
    if columns["split"]:
        found["split"] = table.texts(columns["split"])
        table.refuse(columns["split"], ~np.isin(found["split"], _SPLITS), f"is none of {', '.join(_SPLITS)}")
    elif raw.splits is not None:
        found["split"] = raw.splits
    return found


def _groups(
    raw: Table, described: pd.DataFrame, groups: Mapping[str, str], bands: Mapping[str, Mapping[str, Any]]
) -> dict[str, np.ndarray]:
    found = {
        GROUP + name: raw.named_groups(column, {}, f"prepare.reading.groups.{name}") for name, column in groups.items()
    }
    for name, band in bands.items():
        key, descriptor = f"prepare.reading.bands.{name}", band["descriptor"]
        if name in groups:
            raise InputError(f"the group {name!r} stands under both prepare.reading.groups and prepare.reading.bands")
        if descriptor not in described:
            raise InputError(f"{key}.descriptor is {descriptor!r}, which is none of {', '.join(described.columns)}")
        found[GROUP + name] = banded(described[descriptor].to_numpy(float), band["edges"], key)
    return found
