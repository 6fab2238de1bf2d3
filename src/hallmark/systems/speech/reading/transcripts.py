"""Transcripts as text and as tokens: 0 is CTC's blank, every further number a character of the alphabet."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats.tables import Table

_UNSEEN = 0.1  # of a time that each pair of words is counted more, so that none is impossible
_FASTEST = 35.0  # characters a second: nobody speaks so, the text belongs to another recording


def check(alphabet: str) -> None:
    """Raise `InputError` on an alphabet that transcripts cannot be spelled with."""
    wrong = [letter for letter in alphabet if letter != letter.lower() or (letter.isspace() and letter != " ")]
    if not alphabet.strip() or wrong or len(set(alphabet)) != len(alphabet):
        raise InputError(
            f"prepare.reading.alphabet is {alphabet!r}: it needs small letters, each once, and no space but ' '"
        )


def normalise(table: Table, column: str, alphabet: str) -> np.ndarray:
    """Return the transcripts (n,) in small letters, with single spaces; none is empty or leaves the alphabet."""
    texts = pd.Series(table.texts(column)).map(lambda text: " ".join(text.lower().split())).to_numpy(object)
    strange_letters = [next((letter for letter in text if letter not in alphabet), None) for text in texts]
    is_strange = np.array([letter is not None for letter in strange_letters])
    if is_strange.any():
        letter = strange_letters[int(is_strange.argmax())]
        fault = f"holds {letter!r}, which is not in prepare.reading.alphabet, {alphabet!r}"
        table.refuse(column, is_strange, fault)
    return texts


def require_time(table: Table, column: str, texts: np.ndarray, seconds: np.ndarray) -> None:
    """Raise `InputError` where a transcript (n,) is too long for its recording (n,) to hold it."""
    rate = pd.Series(texts).str.len().to_numpy() / seconds
    table.refuse(column, rate > _FASTEST, f"is more than {_FASTEST:g} characters a second of its recording")


def tokens(texts: np.ndarray, alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    """Return int16 (n, L), padded with 0, and int32 (n,): how many are the transcript's."""
    number = {letter: index for index, letter in enumerate(alphabet, start=1)}
    lengths = np.array([len(text) for text in texts], np.int32)
    spelled = np.zeros((len(texts), lengths.max(initial=0)), np.int16)
    for row, text in enumerate(texts):
        spelled[row, : len(text)] = [number[letter] for letter in text]
    return spelled, lengths


def lexicon(texts: Iterable[str]) -> dict[str, Any]:
    """Return `words`, sorted, and `follows`, log P(word | word before) as rows: the first is that of the beginning, the
    last column that of the end.
    """
    spoken = [text.split() for text in texts]
    words = sorted({word for transcript in spoken for word in transcript})
    number = {word: place for place, word in enumerate(words)}

    counts = np.full((len(words) + 1, len(words) + 1), _UNSEEN)
    for transcript in spoken:
        numbers = [number[word] for word in transcript]
        before = [0, *(word + 1 for word in numbers)]
        after = [*numbers, len(words)]
        np.add.at(counts, (before, after), 1)

    follows = np.log(counts / counts.sum(axis=1, keepdims=True))
    return {"words": words, "follows": follows.round(4).tolist()}
