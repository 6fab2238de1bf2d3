"""What a small file unpacks into is known, and refused, before it takes memory."""

import bz2
import gzip
import json
import lzma
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import raw_data

from hallmark.errors import InputError
from hallmark.formats import limits, npz, parquet, text_tables
from hallmark.formats.folders import discover
from hallmark.systems.language.reading import document_readers

TABLE = "a,b\n" + "1,2\n" * 500_000  # 2 MB


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)


def zstandard(path: Path, content: bytes) -> None:
    with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as stream:
        stream.write(content)


PACKERS: dict[str, Callable[[Path, bytes], object]] = {
    "a.csv.gz": lambda path, content: path.write_bytes(gzip.compress(content)),
    "a.csv.bz2": lambda path, content: path.write_bytes(bz2.compress(content)),
    "a.csv.XZ": lambda path, content: path.write_bytes(lzma.compress(content)),
    "a.csv.zip": zipped,
    "a.csv.zst": zstandard,
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_packed_table_is_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = tmp_path / name
    PACKERS[name](path, TABLE.encode())
    assert len(text_tables.read(path)) == 500_000
    assert path.stat().st_size < 40_000

    monkeypatch.setattr(limits, "MOST_TEXT", 1_000_000)
    with pytest.raises(InputError, match=r"a\.csv\..* unpacks from \d+ into more than the 1000000 bytes"):
        text_tables.read(path)

    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="is truncated or damaged"):
        text_tables.read(path)


def test_a_dictionary_of_long_texts_is_measured_before_it_is_unpacked(tmp_path: Path) -> None:
    """A million rows that point to one text of a megabyte: a small file, and a terabyte of text."""
    codes = pa.array(np.zeros(1_000_000, np.int32))
    texts = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1_000_000]))
    pq.write_table(pa.table({"name": texts}), tmp_path / "flat.parquet", row_group_size=1_000_000)
    nested = pa.StructArray.from_arrays([texts], ["bytes"])
    pq.write_table(pa.table({"image": nested}), tmp_path / "nested.parquet", row_group_size=1_000_000)
    before = megabytes()
    for name in ("flat", "nested"):
        assert (tmp_path / f"{name}.parquet").stat().st_size < 500_000
        with pytest.raises(
            InputError, match=rf"{name}\.parquet unpacks from \d+ into \d+ bytes, more than the 4294967296"
        ):
            parquet.read(tmp_path / f"{name}.parquet")

    assert megabytes() - before < 500


def test_runs_of_numbers_are_counted_before_they_are_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": np.zeros(1_000_000)}), path)
    assert len(parquet.read(path)) == 1_000_000
    monkeypatch.setattr(limits, "MOST_BYTES", 7_000_000)
    with pytest.raises(InputError, match="into 8000000 bytes, more than the 7000000 that are read"):
        parquet.read(path)


def test_a_parquet_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet has the column 'a' 2 times"):
        parquet.read(tmp_path / "a.parquet")


def test_whole_numbers_stay_whole_beside_missing_ones(tmp_path: Path) -> None:
    pq.write_table(pa.table({"user": pa.array([2**53, 2**53 + 1, None])}), tmp_path / "a.parquet")
    assert parquet.read(tmp_path / "a.parquet")["user"].tolist() == [2**53, 2**53 + 1, None]


def test_an_index_that_pandas_wrote_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"user": ["a", "b"], "x": [1, 2]}).set_index("user").to_parquet(tmp_path / "a.parquet")
    assert parquet.read(tmp_path / "a.parquet")["user"].tolist() == ["a", "b"]
    pd.DataFrame({"x": [1, 2]}, index=[5, 6]).to_parquet(tmp_path / "b.parquet")
    assert list(parquet.read(tmp_path / "b.parquet")) == ["x"]


def archive(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(f"{name}.npy", content)


def header(shape: str, dtype: str = "<f8") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def test_an_archive_is_measured_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", a=np.zeros(1_000_000))
    assert npz.arrays(tmp_path / "a.npz")["a"].shape == (1_000_000,)
    assert (tmp_path / "a.npz").stat().st_size < 20_000
    monkeypatch.setattr(limits, "MOST_BYTES", 7_000_000)
    with pytest.raises(InputError, match=r"a\.npz unpacks from \d+ into 8000128 bytes, more than the 7000000"):
        npz.arrays(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            header("(5000000000,)") + bytes(80),
            r"array 'a' is truncated or damaged: its header declares 40000000000 bytes",
        ),
        (header("(10,)") + bytes(79), r"its header declares 80 bytes, and 79 follow"),
        (header("(10,)") + bytes(81), r"its header declares 80 bytes, and 81 follow"),
        (header("(1000000000000,)", "<U0"), r"array 'a' is of the kind <U0"),
        (header("(0, 1000000000)"), r"array 'a' has 1000000000 columns"),
        (header("(1,)", "|O") + bytes(8), r"Object arrays are pickled"),
        (header("(1,)", "<c16") + bytes(16), r"is of the kind complex128"),
        (b"no array at all", r"can't be read as npz"),
    ],
)
def test_an_array_is_what_its_header_says(tmp_path: Path, content: bytes, said: str) -> None:
    archive(tmp_path / "a.npz", a=content)
    with pytest.raises(InputError, match=said):
        npz.read(tmp_path / "a.npz")


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    archive(path, a=header("(1000000,)") + bytes(8_000_000))
    content = path.read_bytes()
    path.write_bytes(content.replace((8_000_128).to_bytes(4, "little"), (208).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"a\.npz can.t be read as npz: Bad CRC-32"):
        npz.arrays(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as zipped:
        zipped.writestr("a.npy", header("(1,)") + bytes(8))
        zipped.writestr("a.npy", header("(1,)") + bytes(8))
    with pytest.raises(InputError, match=r"a\.npz has the array 'a' twice"):
        npz.arrays(tmp_path / "a.npz")

    arrays: dict[str, np.ndarray] = {"o": np.zeros((2, 2)), "o.1": np.zeros(2)}
    np.savez(tmp_path / "b.npz", allow_pickle=False, **arrays)
    with pytest.raises(InputError, match=r"b\.npz has the column 'o\.1' twice"):
        npz.read(tmp_path / "b.npz")


def test_byte_strings_and_foreign_byte_orders_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", site=np.array([b"north", b"s\xc3\xbcd"]), x=np.array([1.5, 2.0], ">f8"))
    frame = npz.read(tmp_path / "a.npz")
    assert frame["site"].tolist() == ["north", "süd"]
    assert frame["x"].tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['{"text": "a", "user": 1, "user": 2}'], "line 1 is no JSON: the key 'user' stands twice in one object"),
        (["[" * 100_000], "line 1 is no JSON"),
        (
            ['{"text": "a"}', '{"text": "' + "b" * 5000 + '"}'],
            "line 2 has more than the 4000 bytes that are read of one",
        ),
        (['{"text": "a\\u0000"}', '{"text": "b"}\0'], "line 2: there are NUL bytes"),
        ([json.dumps({"text": "a", f"key {row}": 1}) for row in range(300)], "into 722400 bytes, more than the 500000"),
    ],
)
def test_json_lines_that_take_too_much_or_say_a_key_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], said: str
) -> None:
    monkeypatch.setattr(limits, "MOST_LINE", 4000 if "b" * 5000 in lines[-1] else 200_000)
    monkeypatch.setattr(limits, "MOST_BYTES", 500_000)
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    section: Any = raw_data.section("language", {"format": "jsonl", "vocabulary": 256, "context": 4, "overlap": 1})
    with pytest.raises(InputError, match=said):
        document_readers.jsonl(discover(tmp_path), section)


def test_bytes_that_are_text_are_read_as_text(tmp_path: Path) -> None:
    """Writers that know no type of text store it as bytes, which would be read as "b'north'"."""
    table = pa.table({"site": pa.array([b"north", b"s\xc3\xbcd"]), "raw": pa.array([b"\xff", b"\xfe"])})
    pq.write_table(table, tmp_path / "a.parquet")
    frame = parquet.read(tmp_path / "a.parquet")
    assert frame["site"].tolist() == ["north", "süd"]
    assert frame["raw"].tolist() == [b"\xff", b"\xfe"]


def test_a_file_with_holes_is_not_taken_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as stream:
        stream.truncate(2**40)
    before = megabytes()
    with pytest.raises(InputError, match=r"a\.csv claims 1099511627776 bytes and is mostly holes"):
        text_tables.read(tmp_path / "a.csv")
    assert megabytes() - before < 100
