"""Raw recordings with their transcripts, in the formats of the field, into examples."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns
from hallmark.formats.registry import read_folder
from hallmark.systems.speech import config
from hallmark.systems.speech.reading import formats
from hallmark.systems.speech.reading import transcripts as spelling
from hallmark.systems.speech.reading.descriptors import describe

INPUTS = ("sample_rate", "seconds", "alphabet")


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the recordings in `folder` as examples; the label is the transcript.

    The arrays are `waveform`, int16 (n, S), `length`, int32 (n,): samples that are sound, `target.tokens`, int16
    (n, L), and `target.length`, int32 (n,). Raises `InputError`, naming the file, column or key, on everything that can
    be wrong with files that a person supplies.
    """
    alphabet = parameters.alphabet
    spelling.check(alphabet)
    raw = read_folder(folder, parameters, formats.READERS)

    text = parameters.columns.text
    example_columns.require_columns(raw.table, {"prepare.reading.columns.text": text})
    texts = spelling.normalise(raw.table, text, alphabet)
    spelling.require_time(raw.table, text, texts, raw.lengths / parameters.sample_rate)
    tokens, counts = spelling.tokens(texts, alphabet)

    descriptors = describe(raw.waveforms, raw.lengths, parameters.sample_rate)
    table = example_columns.bind(raw.table, parameters, ids=raw.names, descriptors=descriptors)
    if raw.splits is not None and "split" not in table:
        table.insert(_roles_in(table), "split", raw.splits)
    table.insert(_roles_in(table), "label", texts)

    arrays = {"waveform": raw.waveforms, "length": raw.lengths, "target.tokens": tokens, "target.length": counts}
    encoding = {name: getattr(parameters, name) for name in ("alphabet", "sample_rate", "seconds", "vocabulary")}
    return Examples(table, arrays, (), Source.of(folder, parameters.source_words()), encoding)


def _roles_in(table: pd.DataFrame) -> int:
    """Return how many columns, the first ones, say who, when and in which split a recording is."""
    return int(table.columns.isin(["id", "entity", "time", "split"]).sum())


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Add the lexicon of the training split to the encoding: None with an open vocabulary.

    Given the `encoding` of a former model, its lexicon stays. Raises `InputError` where it has another alphabet.
    """
    if encoding is not None:
        alphabet = examples.encoding["alphabet"]
        former_alphabet = encoding["alphabet"]
        if former_alphabet != alphabet:
            raise InputError(f"the transcripts are spelled with {alphabet!r}, not with {former_alphabet!r}")
        return replace(examples, encoding=encoding)

    transcripts = examples.table["label"][examples.table["split"] == "train"]
    lexicon = spelling.lexicon(transcripts) if examples.encoding["vocabulary"] == "closed" else None
    return replace(examples, encoding={**examples.encoding, "lexicon": lexicon})
