"""Windows of tokens: nothing of a document is lost or counted twice, and a former model's tokens are kept."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from hallmark.answers.next_token.scoring import scored_positions
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.language.reading import windows as cutting

TOKENIZER = cutting.train(["the cat sat on the mat, the cat sat"] * 3, 262)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    encoded = TOKENIZER.encode(text)
    assert TOKENIZER.decode(encoded.ids) == text
    assert b"".join(cutting._bytes(token) for token in encoded.tokens) == text.encode()


def test_common_pairs_become_tokens() -> None:
    assert "Ġthe" in TOKENIZER.get_vocab()
    assert len(TOKENIZER.encode("the cat").ids) < 7


def test_the_same_text_gives_the_same_tokenizer() -> None:
    texts = ["some of the text", "and some of the other text"] * 4
    assert cutting.train(texts, 270).to_str() == cutting.train(iter(texts), 270).to_str()


def test_each_document_is_counted_once_to_the_byte(documents: Examples, windows: Examples) -> None:
    assert len(windows) > 3 * len(documents)
    of = windows.table["id"].str.rpartition(":")[0]
    for document, text in zip(documents.table["id"], documents.table["text"], strict=True):
        rows = windows.table[of == document]
        assert rows["bytes"].sum() == len(text.encode())
        assert rows["characters"].sum() == len(text)
        assert rows["id"].tolist() == [f"{document}:{k}" for k in range(len(rows))]


def test_counted_tokens_put_together_are_the_document(documents: Examples, windows: Examples) -> None:
    tokenizer = Tokenizer.from_str(windows.encoding["tokenizer"])
    counted = scored_positions(windows)
    tokens = windows.arrays["tokens"]
    of = windows.table["id"].str.rpartition(":")[0].to_numpy()
    for document, text in zip(documents.table["id"], documents.table["text"], strict=True):
        assert tokenizer.decode(tokens[of == document][counted[of == document]].tolist()) == text


def test_windows_overlap_and_know_what_comes_next(windows: Examples) -> None:
    tokens, length, start, following = (
        windows.arrays[name] for name in ("tokens", "length", "target.start", "target.next")
    )
    end = len(windows.encoding["vocabulary"]) - 1
    of = windows.table["id"].str.rpartition(":")[0].to_numpy()
    assert tokens.dtype == np.int32
    assert length.dtype == np.int32
    assert tokens.shape[1] == 16

    for row in range(len(windows)):
        if row and of[row] == of[row - 1]:
            assert tokens[row, :4].tolist() == tokens[row - 1, 12:].tolist()
            assert following[row - 1] == tokens[row, 4]
            assert start[row] == 4
        else:
            assert (tokens[row, 0], start[row]) == (end, 1)
            assert row == 0 or following[row - 1] == end
        assert (tokens[row, length[row] :] == end).all()
        assert (tokens[row, start[row] : length[row]] < end).all()


@given(st.integers(1, 60), st.integers(2, 12), st.data())
def test_any_length_of_document_is_cut_without_a_gap(size: int, context: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(1, context - 1))
    ids = list(range(size))
    windows = list(cutting._windows(0, ids, end=999, context=context, overlap=overlap))
    assert [int(token) for each in windows for token in each.tokens[each.start : each.length]] == ids
    assert [each.next for each in windows[:-1]] == [int(each.tokens[each.start]) for each in windows[1:]]
    assert windows[-1].next == 999


def test_the_tokens_are_learned_from_the_training_split_alone(documents: Examples, windows: Examples) -> None:
    other = documents.table["text"].where(documents.table["split"] == "train", "something else, of course")
    changed = cutting.encode(replace(documents, table=documents.table.assign(text=other)))
    assert changed.encoding == windows.encoding


def test_splits_groups_and_descriptors_go_with_the_windows(windows: Examples) -> None:
    first = windows.table.groupby(windows.table["id"].str.rpartition(":")[0]).first()
    assert (first["group.source"] == first.index.str[:8]).all()
    assert windows.table["descriptor.length"].tolist() == windows.table["text"].str.len().tolist()
    vocabulary = windows.encoding["vocabulary"]
    assert windows.table["label"].tolist() == [vocabulary[token] for token in windows.arrays["target.next"]]
    assert set(windows.table["split"]) == {"train", "validation", "test", "recent"}


def test_the_vocabulary_is_readable_and_ends_with_the_end(windows: Examples) -> None:
    vocabulary: list[str] = windows.encoding["vocabulary"]
    assert len(vocabulary) == 301
    assert vocabulary[-1] == cutting.END
    assert " the" in vocabulary


def test_too_little_text_for_the_vocabulary_is_said() -> None:
    table: Any = pd.DataFrame({"id": ["a"], "entity": ["a"], "split": ["train"], "text": ["ab ab"]})
    plan = {"vocabulary": 400, "context": 8, "overlap": 2}
    with pytest.raises(InputError, match="vocabulary is 400, but the training text has pairs for 25. tokens only"):
        cutting.encode(Examples(table, {}, encoding=plan))


def test_a_former_models_tokens_cut_the_same_text_into_windows_of_its_own(documents: Examples) -> None:
    today = cutting.encode(documents)
    split = ["recent"] * 6 + ["train"] * 4 + ["validation", "test"]  # what another model learned its tokens from
    former = cutting.encode(replace(documents, table=documents.table.assign(split=split)))
    assert former.encoding["vocabulary"] != today.encoding["vocabulary"]
    assert former.arrays["tokens"].shape[1] == today.arrays["tokens"].shape[1]  # the shape would not tell

    again = cutting.encode(documents, encoding=former.encoding)
    assert again.encoding == former.encoding
    np.testing.assert_array_equal(again.arrays["tokens"], former.arrays["tokens"])
    np.testing.assert_array_equal(again.arrays["target.start"], former.arrays["target.start"])
    sizes, sizes_today = (windows.table.groupby("entity")[["bytes", "characters"]].sum() for windows in (again, today))
    pd.testing.assert_frame_equal(sizes, sizes_today)
    assert again.table.groupby("entity")["split"].first().to_dict() == dict(
        documents.table[["entity", "split"]].itertuples(index=False, name=None)
    )


def test_a_former_tokenizer_that_cannot_be_read_is_one_sentence(documents: Examples) -> None:
    with pytest.raises(InputError, match="the encoding's tokenizer cannot be read"):
        cutting.encode(documents, encoding={"tokenizer": "{}", "vocabulary": []})
