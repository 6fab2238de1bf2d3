"""Reading of a speech task: raw recordings with their transcripts → examples."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.formats import example_columns
from hallmark.formats.reader_registry import read_folder
from hallmark.systems.speech import config
from hallmark.systems.speech.reading import transcripts as spelling
from hallmark.systems.speech.reading.recording_descriptors import describe
from hallmark.systems.speech.reading.recording_readers import Recordings

INPUTS = ("sample_rate", "seconds", "alphabet")


def read(folder: Path, parameters: config.Reading) -> Examples:
    """Return the n recordings in `folder` as examples; the label is the transcript.

    The arrays:

    - `waveform` int16 (n, S): S samples at `sample_rate`, zeros behind the sound
    - `length` int32 (n,): the samples that are sound
    - `target.tokens` int16 (n, L): the characters of the transcript (see `transcripts`), 0 behind
      them
    - `target.length` int32 (n,): the characters of the transcript

    Raises `InputError`, naming the file, column or key, on everything that can be wrong with files
    that a person supplies.
    """
    alphabet = parameters.alphabet
    spelling.check(alphabet)
    raw = read_folder(folder, parameters, Recordings)

    text = parameters.columns.text
    example_columns.require_columns(raw.table, {"prepare.reading.columns.text": text})
    texts = spelling.normalise(raw.table, text, alphabet)
    spelling.require_time(raw.table, text, texts, raw.lengths / parameters.sample_rate)
    tokens, token_counts = spelling.tokens(texts, alphabet)

    descriptors = describe(raw.waveforms, raw.lengths, parameters.sample_rate)
    own = {"label": texts}
    if raw.splits is not None:
        own["split"] = raw.splits
    table = example_columns.bind(raw.table, parameters, ids=raw.names, own=own, descriptors=descriptors)

    arrays = {
        "waveform": raw.waveforms,
        "length": raw.lengths,
        "target.tokens": tokens,
        "target.length": token_counts,
    }
    encoding = {name: getattr(parameters, name) for name in ("alphabet", "sample_rate", "seconds", "vocabulary")}
    return Examples(table, arrays, (), Source.of(folder, parameters.source_words()), encoding)


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Return the examples with the bigram model of the training split as `lexicon` in the encoding.

    The lexicon is None where the vocabulary is open. Given the `encoding` of a former model, the
    examples get that one. Raises `InputError` where it has another alphabet.
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
