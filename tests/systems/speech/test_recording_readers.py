from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from scipy.io import wavfile

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.systems.speech import reading

Keywords = Callable[..., dict[str, Any]]
GENERATOR = np.random.default_rng(4)
SOUNDS = [GENERATOR.integers(-9000, 9000, size).astype(np.int16) for size in (4000, 8000, 6000)]


@pytest.fixture
def read(tmp_path: Path, keywords: Keywords) -> Callable[..., Examples]:
    def read(**given: Any) -> Examples:
        keys = keywords(format="parquet", columns={"audio": "audio", "entity": "speaker"})
        return raw_data.read("speech", tmp_path, **(keys | {"groups": {}, "transcripts": None} | given))

    return read


def _wav(folder: Path, sound: np.ndarray) -> bytes:
    wavfile.write(folder / "x.wav", 8000, sound)
    content = (folder / "x.wav").read_bytes()
    (folder / "x.wav").unlink()
    return content


def _write(folder: Path, file: str, *rows: int, struct: bool = False, **more: list[str]) -> None:
    content: list[Any] = [_wav(folder, SOUNDS[row]) for row in rows]
    audio = [{"bytes": one, "path": "a.wav"} for one in content] if struct else content
    table = {"audio": audio, "text": ["one", "two", "three"][: len(rows)], "speaker": [f"s{row}" for row in rows]}
    pd.DataFrame(table | more).to_parquet(folder / file)


@pytest.mark.parametrize("struct", [False, True])
def test_parquet_holds_bytes_or_structs_with_bytes(tmp_path: Path, read: Callable[..., Examples], struct: bool) -> None:
    _write(tmp_path, "a.parquet", 0, 1, 2, struct=struct)
    examples = read()
    assert examples.table["id"].tolist() == ["a.parquet#1", "a.parquet#2", "a.parquet#3"]
    assert examples.table["label"].tolist() == ["one", "two", "three"]
    assert examples.table["entity"].tolist() == ["s0", "s1", "s2"]
    assert examples.arrays["length"].tolist() == [4000, 8000, 6000]

    for waveform, sound in zip(examples.arrays["waveform"], SOUNDS, strict=True):
        assert np.abs(waveform[: len(sound)] - sound).max() <= 1
    assert "split" not in examples.table


def test_files_named_as_splits_are_a_published_split(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _write(tmp_path, "train-0.parquet", 0, 1)
    _write(tmp_path, "test-0.parquet", 2)
    assert read().table["split"].tolist() == ["test", "train", "train"]


def test_a_column_of_any_name_is_the_person_s_own(
    tmp_path: Path, read: Callable[..., Examples], keywords: Keywords
) -> None:
    _write(tmp_path, "train-0.parquet", 0, 1, name=["ann", "bob"], split=["test", "validation"])
    _write(tmp_path, "test-0.parquet", 2, name=["eve"], split=["train"])
    columns = keywords(columns={"audio": "audio", "entity": "name"})["columns"]
    examples = read(columns=columns, groups={"by": {"column": "name"}, "on": {"column": "split"}})

    assert examples.table["entity"].tolist() == examples.table["group.by"].tolist() == ["eve", "ann", "bob"]
    assert examples.table["id"].tolist() == ["test-0.parquet#1", "train-0.parquet#1", "train-0.parquet#2"]
    assert examples.table["group.on"].tolist() == ["train", "test", "validation"]
    assert examples.table["split"].tolist() == ["test", "train", "train"]

    named = read(columns=columns | {"split": "split"})
    assert named.table["split"].tolist() == ["train", "test", "validation"]


def test_a_folder_without_parquet_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    with pytest.raises(InputError, match=f"{tmp_path} holds no Parquet file"):
        read()


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (pd.DataFrame({"sound": [b"x"], "text": ["one"]}), "no column 'audio' with the recordings: it has sound, text"),
        (pd.DataFrame({"audio": ["x.wav"], "text": ["one"]}), "row 1: no recording's bytes but 'x.wav'"),
        (pd.DataFrame({"audio": [b"RIFF"], "text": ["one"]}), "recording a.parquet#1 can't be read as WAV"),
        (pd.DataFrame({"audio": [b""], "text": ["one"]}), "recording a.parquet#1 is empty"),
        (pd.DataFrame({"audio": [], "text": []}), "a.parquet is empty: it has no rows"),
    ],
)
def test_a_bad_parquet_file_is_named(
    tmp_path: Path, read: Callable[..., Examples], frame: pd.DataFrame, complaint: str
) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=complaint):
        read()


def test_a_parquet_file_that_is_none_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    (tmp_path / "a.parquet").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"a\.parquet can't be read as Parquet"):
        read()


def test_a_column_that_is_not_there_is_named(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _write(tmp_path, "a.parquet", 0)
    with pytest.raises(InputError, match=r"a\.parquet has no column 'accent'"):
        read(groups={"accent": {}})


def test_the_lexicon_is_that_of_the_training_split_alone(tmp_path: Path, read: Callable[..., Examples]) -> None:
    _write(tmp_path, "train-0.parquet", 0, 1)
    _write(tmp_path, "test-0.parquet", 2, 0, 1)
    examples = reading.encode(read())
    assert examples.encoding["lexicon"]["words"] == ["one", "two"]  # and not three, which is in the test split
    follows = np.exp(examples.encoding["lexicon"]["follows"])
    assert follows.sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert follows[0] == pytest.approx([1.1 / 2.3, 1.1 / 2.3, 0.1 / 2.3], abs=1e-3)  # each begins once
    assert reading.encode(read(vocabulary="open")).encoding["lexicon"] is None


def test_a_former_model_keeps_its_lexicon_and_must_spell_with_the_same_alphabet(
    tmp_path: Path, read: Callable[..., Examples]
) -> None:
    _write(tmp_path, "train-0.parquet", 0, 1)
    _write(tmp_path, "test-0.parquet", 2, 0, 1)
    raw = read()
    lexicon = {"words": ["two"], "follows": [[0.0, 0.0], [0.0, 0.0]]}
    former = {**reading.encode(raw).encoding, "lexicon": lexicon}

    assert reading.encode(raw, encoding=former).encoding == former
    with pytest.raises(InputError, match="the transcripts are spelled with"):
        reading.encode(raw, encoding=former | {"alphabet": "xyz"})
