"""The registry of readers: what the configuration can name is what can be read, and nothing else."""

from pathlib import Path
from typing import Any, get_args

import pytest
import raw_data

from hallmark import systems
from hallmark.config import table_files
from hallmark.errors import InputError
from hallmark.formats import reader_registry, tables
from hallmark.formats.folders import RawFolder, discover
from hallmark.formats.pictures.readers import Pictures
from hallmark.formats.tables import Table
from hallmark.systems.language.reading.document_readers import Documents
from hallmark.systems.speech.reading.recording_readers import Recordings

# A section of each system, and the key of it that names a table.
TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "table": ({"columns": {"label": "y"}, "labels": {"a": "a", "b": "b"}, "numeric": ["x"]}, "file"),
    "robotics": ({"observations": ["x"], "history": 2, "actions": {"y": {"low": 0.0, "high": 9.0}}}, "file"),
    "recommendation": ({"length": 2, "memory": 2, "rows_per_user": 1}, "interactions"),
    "speech": (
        {"format": "folder", "sample_rate": 8000, "seconds": 1.0, "alphabet": "a", "vocabulary": "open"},
        "transcripts",
    ),
    **{
        system: (
            {"format": "folder", "height": 8, "width": 8, "channels": 1, "labels": {"a": "a", "b": "b"}},
            "metadata",
        )
        for system in ("image", "medical")
    },
}


def section(system: str, file: str) -> Any:
    keys, key = TABLES[system]
    return raw_data.section(system, keys | {key: {"file": file} if key == "interactions" else file})


@pytest.mark.parametrize(
    ("system", "medium"),
    [("image", Pictures), ("medical", Pictures), ("speech", Recordings), ("language", Documents)],
)
def test_formats_are_a_closed_set_with_a_reader_each(system: str, medium: type) -> None:
    named = get_args(systems.load(system).config.Reading.model_fields["format"].annotation)
    assert set(named) == reader_registry.formats_of(medium)


def test_each_suffix_of_a_table_has_one_reader() -> None:
    assert set(table_files.SUFFIXES) == set(get_args(table_files.TableFormat)) == reader_registry.formats_of(Table)
    suffixes = [suffix for each in table_files.SUFFIXES.values() for suffix in each]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    ("file", "format_name"),
    [
        ("a.csv", "text"),
        ("b/U.ITEM", "text"),
        ("a.csv.gz", "text"),
        ("2020.zip", "text"),
        ("a.v2.PARQUET", "parquet"),
        ("a.npz", "npz"),
        ("a.parquet.gz", None),
        ("a.xlsx", None),
        ("a.feather", None),
        ("transactions", None),
    ],
)
def test_the_suffix_decides_the_format_of_a_table(file: str, format_name: str | None) -> None:
    assert table_files.table_format(file) == format_name


@pytest.mark.parametrize("file", ["a.xlsx", "logs.feather", "a.parquet.gz"])
@pytest.mark.parametrize("system", TABLES)
def test_a_suffix_that_no_reader_reads_is_refused_by_the_configuration(system: str, file: str) -> None:
    suffix = file[file.rindex(".") :]
    cure = rf"no reader of tables reads the suffix '{suffix}': Parquet \(\.parquet\), npz .*; convert the file"
    with pytest.raises(InputError, match=cure):
        section(system, file)
    assert section(system, "a.tsv") is not None


def test_a_file_without_a_suffix_is_refused_with_the_cure() -> None:
    with pytest.raises(
        InputError, match="it has no suffix, by which its kind is known: .* or rename it where it is one"
    ):
        section("table", "transactions")


def test_a_table_that_a_reader_loads_by_itself_is_held_to_the_same_suffixes(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(
        InputError, match=r"a\.xlsx, which some\.key names: no reader of tables reads the suffix '\.xlsx'"
    ):
        tables.load(discover(tmp_path), "a.xlsx", key="some.key")


def test_a_file_that_the_reader_left_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    keys = {"format": "text", "vocabulary": 256, "context": 4, "overlap": 1}
    reading: Any = raw_data.section("language", keys)

    class Names(list[str]):
        """The names of the files."""

    @reader_registry.reads(Names, "text")
    def name_files(folder: RawFolder, options: object) -> Names:
        return Names(folder.having((".txt",)))

    assert reader_registry.read_folder(tmp_path, reading, Names) == ["a.txt"]

    class Count(int):
        """How many files there are."""

    @reader_registry.reads(Count, "text")
    def count_files(folder: RawFolder, options: object) -> Count:
        return Count(len(folder.files))

    with pytest.raises(InputError, match=r"holds 1 of 1 files that are not read: 'a\.txt'"):
        reader_registry.read_folder(tmp_path, reading, Count)
