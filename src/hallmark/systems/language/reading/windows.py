"""Documents into windows of tokens, each token of a document counted in exactly one of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hallmark.contracts.examples import DESCRIPTOR, GROUP, Examples
from hallmark.errors import InputError
from hallmark.systems.language.reading.descriptors import describe

END = "\u25a0"  # how people read the token that begins and ends every document


INPUTS = ("context", "overlap")


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
    plan, table = examples.encoding, examples.table
    if encoding is None:
        tokenizer = train(table.loc[table["split"] == "train", "text"], plan["vocabulary"])
    else:
        tokenizer = _read_tokenizer(encoding["tokenizer"])
    spelled = [_bytes(str(tokenizer.id_to_token(number))) for number in range(tokenizer.get_vocab_size())]
    documents = [tokenizer.encode(text).ids for text in table["text"]]
    cut = [window for row, ids in enumerate(documents) for window in _windows(row, ids, len(spelled), plan)]
    arrays = {
        "tokens": np.stack([tokens for _, tokens, *_ in cut]),
        **{name: np.array(values, np.int32) for name, values in zip(_COUNTS, _columns(cut), strict=True)},
    }
    vocabulary = [*(text.decode("utf-8", "replace") for text in spelled), END]
    rows = _table(table, [row for row, *_ in cut], arrays, spelled)
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


_COUNTS = ("length", "target.start", "target.next")


def _columns(cut: Sequence[tuple[Any, ...]]) -> list[tuple[int, ...]]:
    return list(zip(*(numbers for _, _, *numbers in cut), strict=True))


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
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(hidden)}


_BYTES = _byte_table()


def _windows(row: int, ids: Sequence[int], end: int, plan: Any) -> Iterable[tuple[int, np.ndarray, int, int, int]]:
    """Yield (row, tokens (T,), length, start, next) for one document."""
    stream = np.array([end, *ids, end], np.int32)
    last, begin, start = len(stream) - 1, 0, 1
    while begin + start < last:
        stop = min(begin + plan["context"], last)
        tokens = np.full(plan["context"], end, np.int32)
        tokens[: stop - begin] = stream[begin:stop]
        yield row, tokens, stop - begin, start, int(stream[stop])
        begin, start = stop - plan["overlap"], plan["overlap"]


def _table(
    documents: pd.DataFrame, rows: list[int], arrays: dict[str, np.ndarray], spelled: Sequence[bytes]
) -> pd.DataFrame:
    kept = [name for name in documents if name in ("id", "entity", "split", "time") or str(name).startswith(GROUP)]
    table = documents[kept].iloc[rows].reset_index(drop=True)
    number = table.groupby("id", sort=False).cumcount()
    table["id"] = table["id"] + ":" + number.astype(str)
    counted = [
        b"".join(spelled[token] for token in tokens[start:length])
        for tokens, length, start in zip(arrays["tokens"], arrays["length"], arrays["target.start"], strict=True)
    ]
    texts = [text.decode("utf-8", "replace") for text in counted]  # a character can be cut by a window's end
    table = table.assign(
        text=texts,
        bytes=[len(text) for text in counted],
        characters=[sum(byte & 0xC0 != 0x80 for byte in text) for text in counted],  # by their first bytes
    )
    return pd.concat([table, describe(texts).add_prefix(DESCRIPTOR)], axis=1)
