from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from scipy.io import wavfile

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.systems.speech.reading.recording_descriptors import describe
from hallmark.systems.speech.reading.transcripts import tokens

Keywords = Callable[..., dict[str, Any]]
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000) * 2**15).astype(np.int16)  # one second


@pytest.fixture
def read(tmp_path: Path, keywords: Keywords) -> Callable[..., Examples]:
    """Write three tones with transcripts, changed as a test says, and read them."""

    def read(rows: dict[str, list[Any]] | None = None, **given: Any) -> Examples:
        table = {"file": [f"{n}.wav" for n in range(3)], "text": ["one", "Two  two", "three"], "who": ["a", "a", "b"]}
        for name in table["file"]:
            if not (tmp_path / name).exists():
                wavfile.write(tmp_path / name, 8000, TONE)
        pd.DataFrame({**table, **(rows or {})}).to_csv(tmp_path / "transcripts.csv", index=False)
        keys = keywords(columns={"entity": "who"}) | {"groups": {}, "source": {"title": "tones"}}
        return raw_data.read("speech", tmp_path, **(keys | given))

    return read


@pytest.mark.slow
def test_the_commands_are_read_as_they_are(commands: Examples) -> None:
    assert len(commands) == 160
    assert commands.labels == ()

    told = {"alphabet": "abcdefghijklmnopqrstuvwxyz ", "sample_rate": 8000, "seconds": 3.0, "vocabulary": "closed"}
    assert {name: commands.encoding[name] for name in told} == told
    assert commands.arrays["waveform"].dtype == np.int16
    assert commands.arrays["waveform"].shape == (160, 24000)

    spelled = commands.arrays["target.tokens"][0, : commands.arrays["target.length"][0]]
    assert "".join(commands.encoding["alphabet"][token - 1] for token in spelled) == commands.table["label"][0]
    assert set(commands.groups) == {"group.accent", "group.voice"}

    beyond = np.arange(24000) >= commands.arrays["length"][:, None]
    assert (commands.arrays["waveform"][beyond] == 0).all()


def test_transcripts_are_in_small_letters_with_single_spaces(read: Callable[..., Examples]) -> None:
    examples = read()
    assert examples.table["label"].tolist() == ["one", "two two", "three"]
    assert examples.table["entity"].tolist() == ["a", "a", "b"]
    assert examples.table["id"].tolist() == ["0.wav", "1.wav", "2.wav"]
    assert examples.source == Source(title="tones", entity="example")


def test_tokens_count_from_one() -> None:
    spelled, lengths = tokens(np.array(["ab", "c a", ""], object), "abc ")
    assert spelled.tolist() == [[1, 2, 0], [3, 4, 1], [0, 0, 0]]
    assert lengths.tolist() == [2, 3, 0]
    assert spelled.dtype == np.int16
    assert lengths.dtype == np.int32


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "row 2: the empty cell has no value"),
        ("  ", "row 2: the value '  ' is blank"),
        ("café", "row 2: the value 'café' holds 'é', which is not in prepare.reading.alphabet"),
        ("a" * 36, "is more than 35 characters a second of its recording"),
    ],
)
def test_a_transcript_that_cannot_be_is_named(read: Callable[..., Examples], text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read({"text": ["one", text, "three"]})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"alphabet": "abA"}, "prepare.reading.alphabet is 'abA': it needs small letters"),
        ({"alphabet": "aba"}, "each once"),
        ({"alphabet": " "}, "it needs small letters"),
        ({"format": "ogg"}, "format in .* is 'ogg': it must be one of folder, parquet"),
        ({"transcripts": None}, "transcripts in .* is null: it must name the table"),
        ({"format": "parquet"}, "only the format folder has such a table"),
        ({"transcripts": "other.csv"}, "other.csv"),
        ({"sample_rate": 100}, "prepare.reading.sample_rate is 100: 4000 to 192000 Hz"),
        ({"seconds": 0.0}, "seconds in .* is 0.0: it must be above 0"),
        ({"groups": {"accent": {"column": "region"}}}, "no column 'region'"),
        (
            {"bands": {"long": {"column": "height", "edges": [1.0]}}},
            "no column 'height', which prepare.reading.bands.long names",
        ),
        ({"bands": {"long": {"column": "duration", "edges": [2.0, 1.0]}}}, "in ascending order"),
    ],
)
def test_a_key_that_cannot_be_is_named(read: Callable[..., Examples], given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read(**given)


@pytest.mark.parametrize("name", ["../up.wav", "/etc/passwd", "a/../../b.wav", "c:x.wav"])
def test_no_path_leaves_the_raw_folder(read: Callable[..., Examples], name: str) -> None:
    with pytest.raises(InputError, match="row 1: the value '.*' lies outside the raw folder"):
        read({"file": [name, "1.wav", "2.wav"]})


def test_columns_and_bands_become_groups_time_and_split(read: Callable[..., Examples], keywords: Keywords) -> None:
    columns = keywords(columns={"entity": "who", "time": "day", "split": "part"})["columns"]
    examples = read(
        {"day": ["2024-01-01", "2024-01-02", "2024-01-03"], "part": ["train", "test", "test"]},
        columns=columns,
        groups={"person": {"column": "who"}},
        bands={"length": {"column": "duration", "edges": [0.5]}},
    )

    assert examples.table["group.person"].tolist() == ["a", "a", "b"]
    assert examples.table["group.length"].tolist() == ["0.5 and over"] * 3
    assert examples.table["split"].tolist() == ["train", "test", "test"]
    assert np.diff(examples.table["time"]).tolist() == [86400, 86400]
    with pytest.raises(InputError, match="the value 'dev' is none of train, validation, test"):
        read({"day": [0, 1, 2], "part": ["train", "dev", "test"]}, columns=columns)


def test_a_column_of_any_name_is_the_person_s_own(read: Callable[..., Examples], keywords: Keywords) -> None:
    rows = {"name": ["ann", "ann", "bob"], "split": ["left", "right", "left"]}
    examples = read(
        rows,
        columns=keywords(columns={"entity": "name"})["columns"],
        groups={"by": {"column": "name"}, "on": {"column": "split"}},
    )

    assert examples.table["entity"].tolist() == examples.table["group.by"].tolist() == ["ann", "ann", "bob"]
    assert examples.table["group.on"].tolist() == ["left", "right", "left"]
    assert examples.table["id"].tolist() == ["0.wav", "1.wav", "2.wav"]
    assert "split" not in examples.table  # columns.split names none

    alone = read(rows, columns=keywords(columns={"entity": None})["columns"])
    assert alone.table["entity"].tolist() == ["0.wav", "1.wav", "2.wav"]


def test_a_missing_folder_is_named(tmp_path: Path, keywords: Keywords) -> None:
    with pytest.raises(InputError, match="there is no folder"):
        raw_data.read("speech", tmp_path / "none", **keywords())


def test_descriptors_of_a_tone_and_of_what_follows_it() -> None:
    padded = np.zeros((2, 12000), np.int16)
    padded[:, :8000] = TONE
    padded[1, 8000:] = 30000  # beyond its length: counts for nothing

    described = describe(padded, np.array([8000, 8000]), 8000)
    assert described["duration"].tolist() == [1, 1]
    assert described["loudness"][0] == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.01)
    assert described["crossings"][0] == pytest.approx(880, abs=3)  # twice a period
    assert described["centroid"][0] == pytest.approx(440, abs=5)
    assert described["range"][0] == pytest.approx(0, abs=0.5)
    pd.testing.assert_series_equal(described.iloc[0], described.iloc[1], check_names=False)


def test_a_pause_widens_the_range() -> None:
    half = TONE.copy()
    half[3000:] //= 100
    described = describe(half[None], np.array([8000]), 8000)
    assert described["range"][0] == pytest.approx(40, abs=1)
