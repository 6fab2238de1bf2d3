import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import raw_data
from PIL import Image

from hallmark.contracts.examples import Examples, Source
from hallmark.errors import InputError
from hallmark.prepare import prepare_examples

CATS = {"cat": "cat", "dog": "dog"}
Keywords = Callable[..., dict[str, Any]]


@pytest.fixture
def cats(tmp_path: Path) -> Path:
    """Six pictures, three of cats, with a metadata table."""
    folder = tmp_path / "cats"
    folder.mkdir()
    for row in range(6):
        Image.fromarray(np.full((8, 8), 40 * row, np.uint8)).save(folder / f"{row}.png")
    table = pd.DataFrame({"file": [f"{row}.png" for row in range(6)], "label": ["cat", "dog"] * 3})
    table["day"] = ["2024-01-01", "2024-01-02"] * 3
    table["camera"] = ["a", "", "b", "b", "a", "a"]
    table.to_csv(folder / "metadata.csv", index=False)
    return folder


@pytest.fixture
def read(cats: Path, keywords: Keywords) -> Callable[..., Examples]:
    """Read the cats with changed keys, after changing the metadata table."""

    def read(change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table, **given: Any) -> Examples:
        path = cats / "metadata.csv"
        change(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)
        columns = {"entity": None, "time": None} | given.pop("columns", {})
        return raw_data.read("image", cats, **keywords(**({"labels": CATS} | given), columns=columns))

    return read


def test_digits_become_examples(digits: Examples) -> None:
    assert digits.arrays["image"].shape == (1797, 1, 8, 8)
    assert digits.arrays["image"].dtype == np.uint8
    assert list(digits.table.columns[:4]) == ["id", "entity", "time", "label"]
    assert digits.table["time"].to_numpy().tolist() == sorted(digits.table["time"])
    assert [column.removeprefix("descriptor.") for column in digits.descriptors] == [
        "brightness", "contrast", "sharpness", "ink", "offset",
    ]  # fmt: skip
    assert digits.source.entity.startswith("form")


def test_groups_from_columns_and_bands_of_descriptors(read: Callable[..., Examples]) -> None:
    band = {"column": "brightness", "edges": [80 / 255, 0.6], "names": ["dark", "grey", "bright"]}
    examples = read(groups={"lens": {"column": "camera"}}, bands={"light": band})
    assert examples.table["group.lens"].tolist() == ["a", "unknown", "b", "b", "a", "a"]
    # A value on an edge belongs above it.
    assert examples.table["group.light"].tolist() == ["dark", "dark", "grey", "grey", "bright", "bright"]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_numbers_of_a_metadata_table_are_names_as_far_as_they_are_exact(
    cats: Path, keywords: Keywords, kind: type[np.floating[Any]]
) -> None:
    table = pd.read_csv(cats / "metadata.csv").assign(patient=(np.arange(6) + 2**24).astype(kind))
    (cats / "metadata.csv").unlink()
    table.to_parquet(cats / "metadata.parquet")
    columns = {"entity": "patient", "time": None}
    given = keywords(labels=CATS, metadata="metadata.parquet", columns=columns)
    if kind is np.float64:
        assert raw_data.read("image", cats, **given).table["entity"].tolist() == [str(2**24 + row) for row in range(6)]
        return
    with pytest.raises(InputError, match="column 'patient', row 1: .* is a number that may be rounded"):
        raw_data.read("image", cats, **given)


def test_without_an_entity_each_picture_is_its_own(read: Callable[..., Examples]) -> None:
    table = read().table
    assert table["entity"].tolist() == table["id"].tolist() == [f"{row}.png" for row in range(6)]
    assert "time" not in table
    assert "split" not in table


def test_times_are_numbers_or_dates(read: Callable[..., Examples]) -> None:
    assert read(columns={"time": "day"}).table["time"].dt.day.tolist() == [1, 2] * 3
    numbers = read(lambda table: table.assign(day="1.5"), columns={"time": "day"})
    assert numbers.table["time"].tolist() == [1.5] * 6
    gaps = read(lambda table: table.assign(day=["1", ""] * 3), columns={"time": "day"}).table["time"]
    assert gaps.isna().tolist() == [False, True] * 3


def test_times_of_several_offsets_are_in_utc(read: Callable[..., Examples]) -> None:
    offsets = ["2020-01-01T00:00:00+01:00", "2020-01-01T00:00:00+02:00", "2019-12-31T22:30:00Z"] * 2
    found = read(lambda table: table.assign(day=offsets), columns={"time": "day"})
    utc = ["2019-12-31T23:00:00", "2019-12-31T22:00:00", "2019-12-31T22:30:00"]
    assert found.table["time"].tolist() == [pd.Timestamp(time) for time in utc] * 2
    fractions = {"train": 0.4, "validation": 0.2, "test": 0.4}
    split = prepare_examples(found, method="time", fractions=fractions, seed=1).table.set_index("id")["split"]
    assert {split["1.png"], split["4.png"]} == {"train"}  # the earliest


@pytest.mark.parametrize(
    ("day", "complaint"),
    [
        ("soon", "column 'day', row 2: the value 'soon' is neither a number of seconds nor an ISO date"),
        ("now", "row 2: the value 'now' is neither a number of seconds nor an ISO date"),
        ("2024-13-01", "row 2: the value '2024-13-01' is neither a number of seconds nor an ISO date"),
        ("1.5", "row 2: the value '1.5' is neither a number of seconds nor an ISO date"),  # among dates
        ("2024-01-02T00:00:00", "row 2: the value '2024-01-02T00:00:00' has no offset from UTC, which other"),
        ("2024-01-02", "row 2: the value '2024-01-02' has no offset from UTC"),
    ],
)
def test_a_time_that_is_none_is_named(read: Callable[..., Examples], day: str, complaint: str) -> None:
    days = ["2024-01-01T00:00:00+01:00", day, "2024-01-01T00:00:00Z", "", "2024-01-01 12:00+02", "2024-01-01T01Z"]
    with pytest.raises(InputError, match=complaint):
        read(lambda table: table.assign(day=days), columns={"time": "day"})


def test_a_time_that_is_no_finite_number_is_named(read: Callable[..., Examples]) -> None:
    with pytest.raises(InputError, match="column 'day', row 3: the value 'inf' is no finite number"):
        read(lambda table: table.assign(day=["1", "2", "inf", "4", "5", "6"]), columns={"time": "day"})


def test_a_column_called_name_is_the_tables_own(read: Callable[..., Examples]) -> None:
    names = ["ann", "ann", "ben", "ben", "cy", "cy"]
    table = read(
        lambda table: table.assign(name=names), columns={"entity": "name"}, groups={"who": {"column": "name"}}
    ).table
    assert table["entity"].tolist() == table["group.who"].tolist() == names
    assert table["id"].tolist() == [f"{row}.png" for row in range(6)]


def test_a_published_split_is_kept(read: Callable[..., Examples]) -> None:
    examples = read(lambda table: table.assign(part=["train"] * 4 + ["test"] * 2), columns={"split": "part"})
    assert examples.table["split"].tolist() == ["train"] * 4 + ["test"] * 2
    with pytest.raises(
        InputError, match="column 'part', row 1: the value 'holdout' is none of train, validation, test"
    ):
        read(lambda table: table.assign(part="holdout"), columns={"split": "part"})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (
            {"labels": {"cat": "cat", "cow": "cow"}},
            r"picture 1.png has the label 'dog', which is none of those in prepare.reading.labels: cat, cow",
        ),
        (
            {"columns": {"label": "kind"}},
            "no column 'kind', which prepare.reading.columns.label names; it has .'file', 'label'",
        ),
        ({"columns": {"image": "path"}}, "no column 'path' with the pictures' paths: it has file, label"),
        ({"columns": {"id": "camera"}}, "column 'camera', row 2: the empty cell has no value"),
        ({"metadata": "other.csv"}, "the raw file is missing: .*other.csv; prepare.reading.metadata names it"),
        ({"groups": {"lens": {"column": "glass"}}}, "no column 'glass', which prepare.reading.groups.lens names"),
        ({"format": "tar"}, "format in .* is 'tar': it must be one of folder, npz, dicom, parquet, idx"),
        ({"format": "idx"}, "metadata in prepare.reading is 'metadata.csv', but only the formats folder, npz, dicom"),
        ({"height": 9}, "picture 0.png: 8 by 8 of the kind L where 9 by 8 grey is declared"),
        ({"channels": 4}, "channels in .* is 4: it must be one of 1, 3"),
        (
            {"bands": {"x": {"column": "age", "edges": [1.0], "names": ["a", "b"]}}},
            "no column 'age', which prepare.reading.bands.x names; .* is computed, of brightness",
        ),
        ({"bands": {"x": {"column": "ink", "edges": [0.2, 0.1], "names": ["a", "b", "c"]}}}, "in ascending order"),
        ({"bands": {"x": {"column": "ink", "edges": [0.2], "names": ["a"]}}}, "1 edges make 2 bands, a name each"),
        (
            {
                "groups": {"x": {"column": "camera"}},
                "bands": {"x": {"column": "ink", "edges": [0.2], "names": ["a", "b"]}},
            },
            "'x', which prepare.reading.groups names, too",
        ),
    ],
)
def test_bad_keys_are_named(read: Callable[..., Examples], given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read(**given)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "metadata.csv is empty"),
        (b"file,label\n", "metadata.csv is empty: it has no rows"),
        (b'file,label\n"0.png', "metadata.csv, row 1 .line 2.: a quote opens a cell and is not closed on its line"),
        (b"file,label\n\xff\xfe,cat\n", "metadata.csv, line 2: byte 12, 0xff, is no utf-8 text"),
        (b"file,label\n9.png,cat\n", "row 1: the value '9.png' is missing: there is no such file"),
        (b"file,label\n../secret.png,cat\n", "'../secret.png' lies outside the raw folder"),
        (b"file,label\n/etc/passwd,cat\n", "'/etc/passwd' lies outside"),
        (b"file,label\nC:\\x.png,cat\n", "lies outside"),
        (b"file,label\n,cat\n", "column 'file', row 1: the empty cell has no value"),
        (b"file,label\n0.png,cat\n0.png,dog\n", "row 2: the value '0.png' is listed a second time"),
        (b"file,label\n0.png,bird\n", "picture 0.png has the label 'bird'"),
    ],
)
def test_bad_metadata_is_named(cats: Path, keywords: Keywords, content: bytes, complaint: str) -> None:
    (cats / "metadata.csv").write_bytes(content)
    given = keywords(labels=CATS, columns={"entity": None, "time": None}, leave_out=["[1-5].png"])
    with pytest.raises(InputError, match=complaint):
        raw_data.read("image", cats, **given)


def test_a_missing_folder_is_named(tmp_path: Path, keywords: Keywords) -> None:
    with pytest.raises(InputError, match=f"there is no folder {tmp_path / 'none'}"):
        raw_data.read("image", tmp_path / "none", **keywords())


def test_the_source_is_the_keys_or_the_files_or_the_folders_name(cats: Path, read: Callable[..., Examples]) -> None:
    assert read().source == Source(title="cats")
    (cats / "source.json").write_text(json.dumps({"title": "Cats", "licence": "MIT"}))
    assert read().source == Source(title="Cats", licence="MIT")
    assert read(source={"title": "Mine", "entity": "cat"}).source == Source(title="Mine", entity="cat")
    (cats / "source.json").write_text('{"title": "Cats", "colour": "red"}')
    with pytest.raises(InputError, match="source.json must hold title, origin, licence"):
        read()
