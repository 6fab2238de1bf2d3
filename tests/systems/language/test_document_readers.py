import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import raw_data
from hypothesis import given
from hypothesis import strategies as st

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.language import config
from hallmark.systems.language.reading import document_readers

Read = Callable[..., Examples]
PLAY = "Prologue\n\nANNE:\nHear me.\n\nBOB:\nI do, and more than that.\n\nANNE:\nEnough.\n"
SPEECH = r"^(?P<role>[A-Z]+):$"


@pytest.fixture
def read(tmp_path: Path, keywords: Callable[..., dict[str, Any]]) -> Read:
    return lambda **changed: raw_data.read("language", tmp_path, **keywords(**changed))


def test_each_text_file_is_a_document(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.txt").write_bytes(b"\xef\xbb\xbfHello,\r\nworld\r!")
    (tmp_path / "two.md").write_text("# Title\n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"holds 1 of 3 files that are not read: 'picture\.png'"):
        read()
    table = read(groups={"source": {"column": "folder"}}, leave_out=["*.png"]).table
    assert table["id"].tolist() == table["entity"].tolist() == ["a/one.txt", "two.md"]
    assert table["text"].tolist() == ["Hello,\nworld\n!", "# Title\n"]
    assert table["group.source"].tolist() == ["a", "unknown"]
    assert table["descriptor.length"].tolist() == [14, 8]


def test_a_text_needs_no_letter(tmp_path: Path, read: Read) -> None:
    (tmp_path / "t.txt").write_bytes(b"...  !!")
    assert read().table["text"].tolist() == ["...  !!"]


def test_a_file_is_cut_where_the_pattern_matches(tmp_path: Path, read: Read) -> None:
    (tmp_path / "play.txt").write_text(PLAY, encoding="utf-8")
    table = read(
        cut={"pattern": SPEECH, "least": 1}, groups={"role": {"column": "role"}}, columns={"time": "position"}
    ).table
    assert table["id"].tolist() == [f"play.txt#{n}" for n in range(4)]
    assert table["group.role"].tolist() == ["unknown", "ANNE", "BOB", "ANNE"]
    assert table["time"].tolist() == [0, 1, 2, 3]
    assert "".join(table["text"]) == PLAY


def test_a_document_ends_no_sooner_than_it_is_long_enough(tmp_path: Path, read: Read) -> None:
    (tmp_path / "play.txt").write_text(PLAY, encoding="utf-8")
    table = read(cut={"pattern": SPEECH, "least": 20}).table
    at = PLAY.index("BOB"), PLAY.rindex("ANNE")  # the prologue alone is too short
    assert table["text"].tolist() == [PLAY[: at[0]], PLAY[at[0] : at[1]], PLAY[at[1] :]]


@given(st.text(st.sampled_from("A:b \n"), min_size=1), st.integers(1, 9))
def test_parts_are_the_whole_whatever_the_text(content: str, least: int) -> None:
    parts = [part for part, _ in document_readers._cut("A:\n" + content, config.Cut(pattern="^A:$", least=least))]
    assert "".join(parts) == "A:\n" + content
    assert all(len(part) >= least for part in parts[:-1])


def test_the_last_share_of_a_file_is_the_published_test_split(tmp_path: Path, read: Read) -> None:
    text = "".join(f"{n:03d}\n" for n in range(100))
    (tmp_path / "t.txt").write_text(text, encoding="utf-8")
    table = read(holdout=0.1, cut={"pattern": "^..5$", "least": 1}).table
    assert "".join(table["text"][table["split"] == "train"]) == text[:360]
    assert "".join(table["text"][table["split"] == "test"]) == text[360:]


def test_files_can_be_a_published_split(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.txt").write_text("one", encoding="utf-8")
    (tmp_path / "b.txt").write_text("two", encoding="utf-8")
    assert read(splits={"a.txt": "train", "b.txt": "test"}).table["split"].tolist() == ["train", "test"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_tables_with_a_text_column(tmp_path: Path, read: Read, kind: str) -> None:
    frame = pd.DataFrame(
        {
            "body": ["First\r\ntext", "über"],
            "key": ["x", "y"],
            "day": ["2024-01-01", "2024-02-01"],
            "genre": ["a", None],
        }
    )
    _write(tmp_path, kind, frame)
    columns = {"text": "body", "id": "key", "time": "day"}
    table = read(format=kind, columns=columns, groups={"genre": {"column": "genre"}}).table
    assert table["text"].tolist() == ["First\ntext", "über"]
    assert table["id"].tolist() == ["x", "y"]
    assert table["time"].tolist() == [1704067200, 1706745600]  # seconds since 1970
    assert table["group.genre"].tolist() == ["a", "unknown"]
    assert read(format=kind, columns={"text": "body"}).table["id"].tolist() == [f"data.{kind}#0", f"data.{kind}#1"]


def _write(folder: Path, kind: str, frame: pd.DataFrame) -> None:
    if kind == "parquet":
        frame.to_parquet(folder / "data.parquet")
    else:
        frame.to_json(folder / "data.jsonl", orient="records", lines=True)


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize("column", ["name", "text", "file", "folder", "position"])
def test_a_column_keeps_what_it_holds_whatever_it_is_called(tmp_path: Path, read: Read, kind: str, column: str) -> None:
    _write(tmp_path, kind, pd.DataFrame({"body": ["one", "two", "three"], column: ["Ann", "Bob", "Ann"]}))
    table = read(format=kind, columns={"text": "body", "entity": column}, groups={"who": {"column": column}}).table
    assert table["entity"].tolist() == table["group.who"].tolist() == ["Ann", "Bob", "Ann"]
    assert table["text"].tolist() == ["one", "two", "three"]
    assert table["id"].tolist() == [f"data.{kind}#{row}" for row in range(3)]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_times_are_seconds_whatever_their_offset(tmp_path: Path, read: Read, kind: str) -> None:
    days = ["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00+02:00"]
    _write(tmp_path, kind, pd.DataFrame({"text": ["a", "b"], "day": days}))
    times = read(format=kind, columns={"time": "day"}).table["time"]
    assert times.tolist() == [1577833200, 1577829600]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize(
    ("key", "cells", "message"),
    [
        ("id", ["k", None], "row 2: the empty cell has no value"),
        ("id", ["k", " "], "row 2: the value ' ' names nobody"),
        ("entity", ["k", None], "row 2: the empty cell has no value"),
        ("entity", ["", "k"], "row 1: the empty cell has no value"),
        ("entity", [["a", "b"], ["c"]], "row 1: the value .* is no single value"),
        ("time", ["1", "inf"], "row 2: the value 'inf' is no finite number"),
        ("time", [None, "1"], "row 1: the empty cell has no value"),
        ("time", [[1, 2], [3]], "row 1: the value .* is no single value"),
        ("split", ["train", None], "row 2: the empty cell has no value"),
    ],
)
def test_what_is_wrong_with_a_named_column_is_said(
    tmp_path: Path, read: Read, kind: str, key: str, cells: list[Any], message: str
) -> None:
    _write(tmp_path, kind, pd.DataFrame({"text": ["a", "b"], "said": cells}))
    with pytest.raises(InputError, match=f"data.{kind}, column 'said', {message}"):
        read(format=kind, columns={key: "said"})


def test_a_group_of_lists_is_refused(tmp_path: Path, read: Read) -> None:
    _write(tmp_path, "jsonl", pd.DataFrame({"text": ["a", "b"], "tags": ["x", ["y", "z"]]}))
    with pytest.raises(InputError, match="column 'tags', row 2: the value .* is no single value"):
        read(format="jsonl", groups={"tag": {"column": "tags"}})


def _text(folder: Path, content: bytes) -> None:
    (folder / "t.txt").write_bytes(content)


@pytest.mark.parametrize(
    ("content", "changed", "message"),
    [
        (None, {}, "holds no text files"),
        (b"", {}, "t.txt is empty: it has no text"),
        (b" \n\t", {}, "t.txt is empty: it has no text"),
        (b"fine \xff", {}, "t.txt, line 1: byte 6, 0xff, is no utf-8 text"),
        (b"fine", {"splits": {"other.txt": "test"}}, "splits names the file 'other.txt', which is not in"),
        (
            b"fine",
            {"splits": {"t.txt": "tset"}},
            "column 'split', row 1: the value 'tset' is none of train, validation, test",
        ),
        (b"fine", {"holdout": 1.0}, "holdout in .* is 1.0: it must be from 0 to less than 1"),
        (b"fine", {"cut": {"pattern": "(", "least": 1}}, "cut.pattern is '\\(', which is no pattern"),
        *(
            (b"fine", {"cut": {"pattern": f"(?P<{name}>f)", "least": 1}}, f"names a group '{name}', but name, text")
            for name in ("name", "text", "file", "folder", "position", "split")
        ),
        (b"fine", {"columns": {"entity": "folder"}}, "column 'folder', row 1: the empty cell has no value"),
        (b"fine", {"cut": {"pattern": "^=", "least": 1}}, "cut.pattern '\\^=' matches nothing in 'fine'"),
        (
            b"fine",
            {"groups": {"g": {"column": "genre"}}},
            "t.txt has no column 'genre', which .*groups.g names; it has \\['file', 'folder'",
        ),
        (
            b"fine",
            {"columns": {"time": "file"}},
            "column 'file', row 1: the value 't.txt' is neither a number of seconds nor",
        ),
        (b"fine", {"vocabulary": 200}, "vocabulary in .* is 200: it must be at least 256"),
        (b"fine", {"overlap": 0}, "overlap in .* is 0: it must be at least 1"),
        (b"fine", {"overlap": 16}, "overlap in .* is 16: it must be less than prepare.reading.context, 16"),
        (b"fine", {"format": "pdf"}, "format in .* is 'pdf': it must be one of text, parquet, jsonl"),
        (
            b"fine",
            {"format": "jsonl", "holdout": 0.1},
            "holdout in .* is for text files, but prepare.reading.format is",
        ),
        (b"fine", {"format": "parquet"}, "holds no Parquet file"),
        (b"fine", {"format": "jsonl"}, "holds no file of JSON lines"),
        (b"fine", {"format": "jsonl", "columns": {"text": None}}, "columns.text in .* is null"),
    ],
)
def test_what_is_wrong_with_text_files_is_said(
    tmp_path: Path, read: Read, content: bytes | None, changed: dict[str, Any], message: str
) -> None:
    if content is not None:
        _text(tmp_path, content)
    with pytest.raises(InputError, match=message):
        read(**changed)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{}"], "has no column 'text'"),
        (['{"text": "a"}', "{'text'}"], "data.jsonl, line 2 is no JSON"),
        (["[1]"], "line 1 holds '\\[1\\]', where an object is read"),
        (['{"text": "a"}', '{"text": " "}'], "row 2: the value ' ' is an empty text"),
        (['{"text": "a"}', '{"text": null}'], "row 2: the empty cell has no value"),
        (['{"text": "a"}', '{"text": ["b", "c"]}'], "column 'text', row 2: the value \"\\['b', 'c'\\]\" is no text"),
        (['{"text": 5}'], "column 'text', row 1: the value '5' is no text"),
        (['{"text": "a\\ud800"}'], "is no text: it has half a character"),
        ([""], "data.jsonl is empty"),
    ],
)
def test_what_is_wrong_with_json_lines_is_said(tmp_path: Path, read: Read, lines: list[str], message: str) -> None:
    (tmp_path / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(format="jsonl")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"body": ["a"]}), "has no column 'text', which .*columns.text names; it has \\['body'\\]"),
        (pd.DataFrame({"text": []}), "is empty: it has no rows"),
        (pd.DataFrame({"text": ["a", ""]}), "row 2: the empty cell is an empty text"),
    ],
)
def test_what_is_wrong_with_a_parquet_file_is_said(
    tmp_path: Path, read: Read, frame: pd.DataFrame, message: str
) -> None:
    frame.to_parquet(tmp_path / "data.parquet")
    with pytest.raises(InputError, match=message):
        read(format="parquet")


def test_a_cut_off_parquet_file_is_named(tmp_path: Path, read: Read) -> None:
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "data.parquet")
    whole = (tmp_path / "data.parquet").read_bytes()
    (tmp_path / "data.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="data.parquet can't be read as Parquet"):
        read(format="parquet")


def test_an_id_that_stands_twice_is_named(tmp_path: Path, read: Read) -> None:
    rows = [json.dumps({"text": "a", "key": "k"})] * 2
    (tmp_path / "data.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InputError, match="data.jsonl, column 'key', row 2: the value 'k' stands there twice"):
        read(format="jsonl", columns={"id": "key"})


def test_a_missing_folder_is_named(tmp_path: Path, keywords: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        raw_data.read("language", tmp_path / "nowhere", **keywords())


@pytest.mark.parametrize(
    "names",
    [
        ("train.jsonl", "test.jsonl"),
        ("train.parquet", "test.parquet"),
        ("train.txt", "test.txt", "valid.txt"),
        ("train/a.txt", "test/a.txt"),
    ],
)
def test_files_named_as_splits_are_refused_where_nothing_takes_them_up(
    tmp_path: Path, read: Read, names: tuple[str, ...]
) -> None:
    format = _write_texts(tmp_path, names)
    with pytest.raises(InputError, match="are named as the splits test, train.*, but nothing says that they are"):
        read(format=format)


def test_files_named_as_splits_are_read_where_something_takes_them_up(tmp_path: Path, read: Read) -> None:
    _write_texts(tmp_path / "a", ("train.txt", "test.txt"))
    by_name = {"train.txt": "train", "test.txt": "test"}
    assert read(splits=by_name).table["split"].tolist() == ["test", "train"]
    (tmp_path / "a").rename(tmp_path / "train")
    (tmp_path / "test").mkdir()
    (tmp_path / "train/test.txt").rename(tmp_path / "test/b.txt")
    assert read(columns={"split": "folder"}).table["split"].tolist() == ["test", "train"]


def _write_texts(folder: Path, names: tuple[str, ...]) -> str:
    """Write a text into each file, and return their format."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pd.DataFrame({"text": [name]}).to_parquet(path)
        else:
            path.write_text(f'{{"text": "{name}"}}\n' if path.suffix == ".jsonl" else name, encoding="utf-8")
    return {".txt": "text"}.get(path.suffix, path.suffix[1:])
