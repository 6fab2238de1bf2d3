"""Windows of tokens: documents are tokenised and cut; each token is scored in exactly one window."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.errors import InputError
from hallmark.systems.language.reading.document_descriptors import describe

INPUTS = ("context", "overlap")
END = "\u25a0"  # a black square, which shows the token at the beginning and end of every document


class Window(NamedTuple):
    """A window of at most T tokens of a document, and the token after it."""

    document: int  # the row of its document
    tokens: np.ndarray  # (T,) int32, the end token behind the window's own
    length: int  # how many tokens are the window's own
    start: int  # the first position that is scored; those before are context
    next: int  # the token after the window


def encode(examples: Examples, *, encoding: Mapping[str, Any] | None = None) -> Examples:
    """Return the documents as n windows of at most T = `context` tokens, an example each.

    The tokens are those of a byte-level BPE that is learned from the training split. Tokens 0 to V
    - 1 are its vocabulary; token V is the end token, which no text contains.

    A window's example has the id `<document>:<k>`, k from 0; the document's entity, split, time,
    groups and raw descriptors; as its label the token that follows; and of the text that is scored
    in it the columns `text`, `bytes` and `characters` (counts) and the descriptors. The arrays:

    - `tokens` int32 (n, T): a document's first window begins with token V, each further one with
      the last `overlap` tokens of the window before, as context; V pads behind the window's tokens
    - `length` int32 (n,): the window's tokens
    - `target.start` int32 (n,): the first position that is scored, so that each token of a document
      is scored once
    - `target.next` int32 (n,): the token after the window, V after the document's last

    The new encoding has `tokenizer`, the text that `tokenizers.Tokenizer.from_str` reads, and
    `vocabulary`, each token as people read it. Given the `encoding` of a former model, its
    tokenizer is used: windows begin elsewhere then, but the bytes of each document that are scored
    stay the same. Raises `InputError` where the training text is too short for the vocabulary, and
    on a tokenizer that cannot be read.
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
    """Return the tokenizer that a text encodes. Raises `InputError` where it can't be read."""
    try:
        return Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises nothing more specific
        raise InputError(f"the encoding's tokenizer cannot be read: {error}") from error


def train(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Return a byte-level BPE of `vocabulary` tokens, learned from `texts`.

    Every text can be encoded, and decoding returns it unchanged: the 256 bytes are tokens, and no
    token is special. Raises `InputError` where the texts have too few pairs of tokens to merge.
    Sources: Sennrich et al. 2016, Radford et al. 2019.
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
    """Return the bytes of a token, whose text shows each byte as one character of GPT-2's table."""
    return bytes(_BYTES[character] for character in token)


def _byte_table() -> dict[str, int]:
    """Return GPT-2's table: a printable character → the byte (0 to 255) that it stands for.

    Printable bytes stand for themselves; the others have the characters from 256 on, in order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    unprintable = [byte for byte in range(256) if byte not in printable]

    own_characters = {chr(byte): byte for byte in printable}
    shifted_characters = {chr(256 + place): byte for place, byte in enumerate(unprintable)}
    return own_characters | shifted_characters


_BYTES = _byte_table()


def _windows(document: int, ids: Sequence[int], *, end: int, context: int, overlap: int) -> Iterator[Window]:
    """Yield the windows of one document, of at most `context` tokens each.

    `document` is its row, `ids` are its tokens. The token `end` stands before and after them, and
    pads. Consecutive windows share `overlap` tokens, which are context in the later one.
    """
    stream = np.array([end, *ids, end], np.int32)
    last = len(stream) - 1
    begin = 0  # of the window, in the stream
    start = 1  # of the scored positions, in the window: the first window has the end token as context
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
    """Return a row for each of n windows: its document's metadata, and its own scored text.

    `rows` (n,) are the rows of the windows' documents; `arrays` are those of `encode`;
    `token_bytes` (V,) are the bytes of each token.
    """
    contents = []  # the scored bytes of each window
    for tokens, start, stop in zip(arrays["tokens"], arrays["target.start"], arrays["length"], strict=True):
        contents.append(b"".join(token_bytes[token] for token in tokens[start:stop]))
    texts = [content.decode("utf-8", "replace") for content in contents]  # a window's end may cut a character
    descriptors = describe(texts).add_prefix(DESCRIPTOR)  # of a window's own text

    names = []
    for name in map(str, documents):
        is_raw_descriptor = name.startswith(DESCRIPTOR) and name not in descriptors
        if name in ("id", "entity", "split", "time") or name.startswith(GROUP) or is_raw_descriptor:
            names.append(name)
    table = documents[names].iloc[rows].reset_index(drop=True)

    window_number = table.groupby("id", sort=False).cumcount()
    table["id"] = table["id"] + ":" + window_number.astype(str)
    table = table.assign(
        text=texts,
        bytes=[len(content) for content in contents],
        characters=[_count_characters(content) for content in contents],
    )
    return pd.concat([table, descriptors], axis=1)


def _count_characters(content: bytes) -> int:
    """Return how many characters of UTF-8 begin in the bytes: a byte 10xxxxxx continues one."""
    return sum(byte & 0xC0 != 0x80 for byte in content)
