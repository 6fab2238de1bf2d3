"""Transcripts as text, as tokens and as a bigram language model of their words.

A token is a character: the k-th of the alphabet has the number k, from 1 on; 0 is CTC's blank.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from hallmark.errors import InputError
from hallmark.formats.tables import Table

_PSEUDO_COUNT = 0.1  # added to the count of each pair of words, so that no pair is impossible
_MOST_CHARACTERS_PER_SECOND = 35.0  # nobody speaks faster: such a text belongs to another recording


def check(alphabet: str) -> None:
    """Raise `InputError` on an alphabet that no transcript can be spelled with.

    It must have small letters, each once, and no white space but " ".
    """
    wrong_letters = [letter for letter in alphabet if letter != letter.lower() or (letter.isspace() and letter != " ")]
    if not alphabet.strip() or wrong_letters or len(set(alphabet)) != len(alphabet):
        raise InputError(
            f"prepare.reading.alphabet is {alphabet!r}: it needs small letters, each once, and no space but ' '"
        )


def normalise(table: Table, column: str, alphabet: str) -> np.ndarray:
    """Return the transcripts, texts (n,), in small letters and with single spaces between words.

    Raises `InputError` on an empty cell of the column, and on a character outside the alphabet.
    """
    texts = pd.Series(table.texts(column)).map(lambda text: " ".join(text.lower().split())).to_numpy(object)
    strange_letters = [next((letter for letter in text if letter not in alphabet), None) for text in texts]
    is_strange = np.array([letter is not None for letter in strange_letters])
    if is_strange.any():
        letter = strange_letters[int(is_strange.argmax())]
        fault = f"holds {letter!r}, which is not in prepare.reading.alphabet, {alphabet!r}"
        table.refuse(column, is_strange, fault)
    return texts


def require_time(table: Table, column: str, texts: np.ndarray, seconds: np.ndarray) -> None:
    """Raise `InputError` where one of the `texts` (n,) is too long for its recording of `seconds` (n,)."""
    rate = pd.Series(texts).str.len().to_numpy() / seconds
    table.refuse(
        column,
        rate > _MOST_CHARACTERS_PER_SECOND,
        f"is more than {_MOST_CHARACTERS_PER_SECOND:g} characters a second of its recording",
    )


def tokens(texts: np.ndarray, alphabet: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the tokens of n transcripts and how many each has.

    The tokens are int16 (n, L), L those of the longest transcript, 0 behind shorter ones; the
    lengths are int32 (n,).
    """
    token_by_letter = {letter: token for token, letter in enumerate(alphabet, start=1)}
    lengths = np.array([len(text) for text in texts], np.int32)
    padded_tokens = np.zeros((len(texts), lengths.max(initial=0)), np.int16)
    for row, text in enumerate(texts):
        padded_tokens[row, : len(text)] = [token_by_letter[letter] for letter in text]
    return padded_tokens, lengths


def lexicon(texts: Iterable[str]) -> dict[str, Any]:
    """Return the bigram language model of the transcripts: `words` and `follows`.

    `words` are the W different words, sorted. `follows` are log P(word | word before), natural
    logarithm, as lists (W + 1, W + 1). Row 0 is the beginning of a transcript, row w + 1 the word w
    before; column w is the word w that follows, column W the end of the transcript.
    """
    words_by_transcript = [text.split() for text in texts]
    words = sorted({word for transcript in words_by_transcript for word in transcript})
    index_by_word = {word: index for index, word in enumerate(words)}

    counts = np.full((len(words) + 1, len(words) + 1), _PSEUDO_COUNT)
    for transcript in words_by_transcript:
        indices = [index_by_word[word] for word in transcript]
        rows = [0, *(index + 1 for index in indices)]
        columns = [*indices, len(words)]
        np.add.at(counts, (rows, columns), 1)

    log_probabilities = np.log(counts / counts.sum(axis=1, keepdims=True))
    return {"words": words, "follows": log_probabilities.round(4).tolist()}
