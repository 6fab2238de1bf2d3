"""Documents into windows of tokens, each token of a document counted in exactly one of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.errors import InputError
from hallmark.systems.language.reading.descriptors import describe

INPUTS = ("context", "overlap")
END = "\u25a0"  # how people read the token that begins and ends every document


class Window(NamedTuple):
    """A stretch of a document's tokens, with the one that follows it."""

    document: int  # its row
    tokens: np.ndarray  # (T,) int32
    length: int  # how many of them are the window's; the end stands behind
    start: int  # the first position that counts
    next: int  # the token after the window


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Learn a byte-level BPE from the training split, and cut every document into windows, a row for each.

    A row `<document>:<k>` has the document's entity, split, time and groups, as its label the token that follows, the
    descriptors of its own text, and `text`, `bytes` and `characters` of what counts in it. Arrays, where V is the
    number of tokens and also the number of the token that stands between documents, which no text can contain:

    - `tokens` int32 (n, T): the first window begins with token V, each further one with the last `overlap` tokens of
      the one before it, as context; after the window's end V again.
    - `length` int32 (n,): how many tokens there are.
    - `target.start` int32 (n,): the first position that counts, so that a document's tokens count once each.
    - `target.next` int32 (n,): the token after the window, V after the document's last.

    `encoding` becomes `tokenizer`, which `tokenizers.Tokenizer.from_str` reads, and `vocabulary`, each token as people
    read it. Given the `encoding` of a former model, its tokens are taken: the documents, and the bytes that count in
    each, stay the same, but other windows begin in other places. Raises `InputError` where the training text is too
    short for the vocabulary, and on a tokenizer that cannot be read.
    """
    table = examples.table
    if encoding is None:
        train_texts = table.loc[table["split"] == "train", "text"]
        tokenizer = train(train_texts, examples.encoding["vocabulary"])
    else:
        tokenizer = _read_tokenizer(encoding["tokenizer"])

    token_bytes = [_bytes(str(tokenizer.id_to_token(number))) for number in range(tokenizer.get_vocab_size())]
    context = examples.encoding["context"]
    overlap = examples.encoding["overlap"]
    windows: list[Window] = []
    for document, text in enumerate(table["text"]):
        token_ids = tokenizer.encode(text).ids
        windows += _windows(document, token_ids, end=len(token_bytes), context=context, overlap=overlap)

    arrays = {
        "tokens": np.stack([window.tokens for window in windows]),
        "length": np.array([window.length for window in windows], np.int32),
        "target.start": np.array([window.start for window in windows], np.int32),
        "target.next": np.array([window.next for window in windows], np.int32),
    }
    vocabulary = [*(content.decode("utf-8", "replace") for content in token_bytes), END]
    rows = _table(table, [window.document for window in windows], arrays, token_bytes)
    rows.insert(2, "label", np.array(vocabulary, object)[arrays["target.next"]])
    return replace(
        examples,
        table=rows,
        arrays=arrays,
        encoding={"tokenizer": tokenizer.to_str(), "vocabulary": vocabulary},
    )


def _read_tokenizer(text: str) -> Tokenizer:
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises nothing more specific
        raise InputError(f"the encoding's tokenizer cannot be read: {error}") from error


def train(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Return a byte-level BPE (Sennrich et al. 2016; Radford et al. 2019) of `vocabulary` tokens.

    Every text can be encoded and comes back as it was: the 256 bytes are tokens, and none has a special meaning.
    Raises `InputError` where the texts have too few pairs for so many tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() < vocabulary:
        raise InputError(
            f"prepare.reading.vocabulary is {vocabulary}, but the training text has pairs for"
            f" {tokenizer.get_vocab_size()} tokens only: lower it, or bring more text"
        )
    return tokenizer


def _bytes(token: str) -> bytes:
    """Return what a token spells. GPT-2's table shows each byte as one printable character."""
    return bytes(_BYTES[character] for character in token)


def _byte_table() -> dict[str, int]:
    """Return the byte that each character of GPT-2's table stands for."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    unprintable = [byte for byte in range(256) if byte not in printable]

    own_characters = {chr(byte): byte for byte in printable}
    shifted_characters = {chr(256 + place): byte for place, byte in enumerate(unprintable)}
    return own_characters | shifted_characters


_BYTES = _byte_table()


def _windows(document: int, ids: Sequence[int], *, end: int, context: int, overlap: int) -> Iterator[Window]:
    """Yield the windows of one document, of at most `context` tokens; `end` stands before and after its tokens."""
    stream = np.array([end, *ids, end], np.int32)
    last = len(stream) - 1
    begin = 0
    start = 1
    while begin + start < last:
        stop = min(begin + context, last)
        tokens = np.full(context, end, np.int32)
        tokens[: stop - begin] = stream[begin:stop]
        yield Window(document, tokens, length=stop - begin, start=start, next=int(stream[stop]))

        begin = stop - overlap
        start = overlap


def _table(
    documents: pd.DataFrame, rows: list[int], arrays: dict[str, np.ndarray], token_bytes: Sequence[bytes]
) -> pd.DataFrame:
    """Return a row for each window: what is said of its document, and the text that counts in it."""
    names = [name for name in documents if name in ("id", "entity", "split", "time") or str(name).startswith(GROUP)]
    table = documents[names].iloc[rows].reset_index(drop=True)
    number = table.groupby("id", sort=False).cumcount()
    table["id"] = table["id"] + ":" + number.astype(str)

    bounds = zip(arrays["tokens"], arrays["target.start"], arrays["length"], strict=True)
    contents = [b"".join(token_bytes[token] for token in tokens[start:stop]) for tokens, start, stop in bounds]
    texts = [content.decode("utf-8", "replace") for content in contents]  # a window's end may cut a character
    table = table.assign(
        text=texts,
        bytes=[len(content) for content in contents],
        characters=[_count_characters(content) for content in contents],
    )
    return pd.concat([table, describe(texts).add_prefix(DESCRIPTOR)], axis=1)


def _count_characters(content: bytes) -> int:
    """Return how many characters of UTF-8 begin in the bytes."""
    return sum(byte & 0xC0 != 0x80 for byte in content)
