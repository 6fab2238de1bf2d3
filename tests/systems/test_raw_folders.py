"""What every reader of every system does with rows that name nobody, with files that nobody reads, and with pipes."""

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
import raw_data
from omegaconf import OmegaConf
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from scipy.io import wavfile

from hallmark import systems
from hallmark.contracts.examples import Examples
from hallmark.errors import InputError

ROWS = 24
WHO = [f"e{row // 2:02}" for row in range(ROWS)]
BAD = 4  # the row, from 0, whose entity is spoilt
Write = Callable[[Path, list[Any]], None]


def table(who: list[Any], column: str, **more: Any) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    return pd.DataFrame({column: pd.Series(who, dtype=object), "x": generator.random(ROWS).round(3), **more})


def load(path: Path, separator: str = ",", dtype: type[str] | None = None) -> pd.DataFrame:
    """Return the table that `save` wrote; `dtype` is that of a text file's columns, None where pandas infers it."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".jsonl":
        return pd.read_json(path, lines=True, dtype=False)
    return pd.read_csv(path, sep=separator, dtype=dtype)


def save(frame: pd.DataFrame, path: Path, separator: str = ",") -> None:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".npz":
        columns = {name: frame[name].to_numpy(str if frame[name].dtype == object else None) for name in frame.columns}
        np.savez(path, allow_pickle=False, **columns)
    elif path.suffix == ".jsonl":
        rows = [json.dumps(row) for row in frame.to_dict("records")]
        path.write_text("\n".join(rows), encoding="utf-8")
    else:
        frame.to_csv(path, sep=separator, index=False)


def pictures() -> list[bytes]:
    encoded = []
    for row in range(ROWS):
        content = io.BytesIO()
        pixels = np.random.default_rng(row).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(content, "PNG")
        encoded.append(content.getvalue())
    return encoded


def sounds() -> list[bytes]:
    encoded = []
    for row in range(ROWS):
        content = io.BytesIO()
        noise = np.random.default_rng(row).integers(-9000, 9000, 1600).astype(np.int16)
        wavfile.write(content, 8000, noise)
        encoded.append(content.getvalue())
    return encoded


def write_table(file: str, column: str, separator: str = ",", **more: Any) -> Write:
    return lambda raw, who: save(table(who, column, **more), raw / file, separator)


def write_listed(table_file: str, suffix: str, contents: Callable[[], list[bytes]], **more: Any) -> Write:
    def write(raw: Path, who: list[Any]) -> None:
        files = [f"{row}{suffix}" for row in range(ROWS)]
        for name, content in zip(files, contents(), strict=True):
            (raw / name).write_bytes(content)
        save(table(who, "who", file=files, **more), raw / table_file)

    return write


def write_inside(column: str, contents: Callable[[], list[bytes]], **more: Any) -> Write:
    return lambda raw, who: save(table(who, "who", **{column: contents()}, **more), raw / "all.parquet")


def write_images_npz(raw: Path, who: list[Any]) -> None:
    images = np.random.default_rng(1).integers(0, 256, (ROWS, 8, 8), dtype=np.uint8)
    np.savez(raw / "a.npz", images=images, labels=np.arange(ROWS) % 2, who=np.array([str(one) for one in who]))


def write_dicom(raw: Path, who: list[Any]) -> None:
    for row, patient in enumerate(who):
        data = pydicom.Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = CTImageStorage
        data.SOPInstanceUID = generate_uid(entropy_srcs=[str(row)])
        data.Rows = 8
        data.Columns = 8
        data.SamplesPerPixel = 1
        data.PhotometricInterpretation = "MONOCHROME2"
        data.BitsAllocated = 16
        data.BitsStored = 12
        data.HighBit = 11
        data.PixelRepresentation = 0
        data.PixelData = np.random.default_rng(row).integers(0, 4096, (8, 8), dtype=np.uint16).tobytes()
        data.PatientID = patient
        (raw / "ab"[row % 2]).mkdir(exist_ok=True)
        data.save_as(raw / "ab"[row % 2] / f"IM{row:06}", enforce_file_format=True)


LABEL = ["a", "b"] * (ROWS // 2)
PICTURES = {"height": 8, "width": 8, "channels": 1, "columns": {"entity": "who"}}
SPEECH = {"sample_rate": 8000, "seconds": 1.0, "alphabet": "ab ", "vocabulary": "open"}
FRAUD = {"columns": {"label": "label", "entity": "who"}, "labels": {"a": "good", "b": "bad"}, "numeric": ["x"]}
ROBOT = {"observations": ["x"], "history": 2, "actions": {"y": {"low": 0.0, "high": 99.0}}}
ROBOT |= {"columns": {"entity": "who"}}
LANGUAGE = {"vocabulary": 256, "context": 8, "overlap": 1, "columns": {"entity": "who"}}
INTERACTIONS = {"item": [f"i{row:02}" for row in range(ROWS)], "time": [1_600_000_000 + row for row in range(ROWS)]}
SHOP = {"length": 2, "memory": 2, "rows_per_user": 1}
TEXTS = [f"text number {row}" for row in range(ROWS)]

READERS: dict[str, tuple[str, Write, dict[str, Any]]] = {
    **{
        f"table {suffix}": ("table", write_table(f"t{suffix}", "who", label=LABEL), FRAUD | {"file": f"t{suffix}"})
        for suffix in (".csv", ".parquet", ".npz", ".csv.gz")
    },
    **{
        f"robotics {suffix}": (
            "robotics",
            write_table(f"t{suffix}", "who", y=range(ROWS)),
            ROBOT | {"file": f"t{suffix}"},
        )
        for suffix in (".csv", ".parquet", ".npz")
    },
    **{
        f"recommendation {file}": (
            "recommendation",
            write_table(file, "user", separator, **INTERACTIONS),
            SHOP | {"interactions": {"file": file, "separator": separator}},
        )
        for file, separator in (("i.csv", ","), ("i.tsv", "\t"), ("i.dat", "|"), ("i.parquet", ","))
    },
    **{
        f"language {format}": ("language", write_table(f"t.{format}", "who", text=TEXTS), LANGUAGE | {"format": format})
        for format in ("parquet", "jsonl")
    },
    "speech folder": (
        "speech",
        write_listed("t.csv", ".wav", sounds, text=LABEL),
        SPEECH | {"format": "folder", "transcripts": "t.csv", "columns": {"entity": "who"}},
    ),
    "speech parquet": (
        "speech",
        write_inside("audio", sounds, text=LABEL),
        SPEECH | {"format": "parquet", "columns": {"entity": "who", "audio": "audio"}},
    ),
    **{
        f"{system} {format}": (system, write, PICTURES | {"labels": labels, "format": format} | more)
        for system, labels in (("image", {"a": "a", "b": "b"}), ("medical", {"a": "a", "b": "b", "0": "a", "1": "b"}))
        for format, write, more in (
            ("folder", write_listed("t.csv", ".png", pictures, label=LABEL), {"metadata": "t.csv"}),
            (
                "parquet",
                write_inside("image", pictures, label=LABEL),
                {"columns": {"entity": "who", "image": "image"}},
            ),
            ("npz", write_images_npz, {}),
        )
    },
    "medical dicom": (
        "medical",
        write_dicom,
        PICTURES | {"labels": {"a": "a", "b": "b"}, "format": "dicom", "columns": {"entity": "PatientID"}},
    ),
}


def read(system: str, raw: Path, given: Mapping[str, Any]) -> Examples:
    return raw_data.read(system, raw, **given)


@pytest.mark.parametrize("reader", READERS)
def test_the_right_input_is_read(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, WHO)
    assert sorted(set(read(system, tmp_path, given).table["entity"])) == sorted(set(WHO))


@pytest.mark.parametrize("nobody", ["", " ", "NULL", "None", "n/a", "nan"])
@pytest.mark.parametrize("reader", READERS)
def test_a_row_that_names_nobody_is_refused(tmp_path: Path, reader: str, nobody: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, [nobody if row in (BAD, BAD + 7) else who for row, who in enumerate(WHO)])
    row = 3 if reader == "medical dicom" else BAD + 1  # in the order of the files
    with pytest.raises(InputError, match=rf"row {row}: .* (has no value|names nobody).*1 more row"):
        read(system, tmp_path, given)


@pytest.mark.parametrize(
    "reader", [name for name in READERS if name.split()[1] in (".parquet", "parquet", "i.parquet")]
)
def test_a_missing_cell_names_nobody(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, [None if row == BAD else who for row, who in enumerate(WHO)])
    with pytest.raises(InputError, match=rf"row {BAD + 1}: the empty cell has no value"):
        read(system, tmp_path, given)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([1_600_000_000_000 + row * 1000 for row in range(ROWS)], "looks like milliseconds since 1970"),
        ([20_200_901 + row for row in range(ROWS)], "looks like dates or times of day written as YYYYMMDD"),
        ([2000 + row // 2 for row in range(ROWS)], "looks like years"),
        (
            [f"2020-09-{row + 1:02}T00:00:00" + "Z" * (row != 3) for row in range(ROWS)],
            "row 4: .* has no offset from UTC",
        ),
    ],
)
@pytest.mark.parametrize("reader", [name for name in READERS if "npz" not in name and "dicom" not in name])
def test_one_rule_of_times_for_all(tmp_path: Path, reader: str, times: list[Any], said: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, WHO)
    suffixes = (".csv", ".parquet", ".jsonl", ".tsv", ".dat", ".gz")
    path = next(path for path in tmp_path.iterdir() if path.suffix in suffixes)
    separator = {".tsv": "\t", ".dat": "|"}.get(path.suffix, ",")
    save(load(path, separator, dtype=str).assign(time=times), path, separator)

    columns = {"columns": {**given.get("columns", {}), "time": "time"}}
    timed = given if system == "recommendation" else given | columns
    with pytest.raises(InputError, match=said):
        read(system, tmp_path, timed)


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_not_read_is_named(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, WHO)
    (tmp_path / "more.tif").write_bytes(b"II*\0")
    with pytest.raises(InputError, match=r"holds 1 of \d+ files that are not read: 'more\.tif'"):
        read(system, tmp_path, given)
    assert len(read(system, tmp_path, given | {"leave_out": ["*.tif"]}))


@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_is_named_and_not_opened(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, WHO)
    os.mkfifo(tmp_path / "source.json")
    with pytest.raises(InputError, match=r"'source\.json' is a FIFO, and no file"):
        read(system, tmp_path, given)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a/../../secret.csv"])
@pytest.mark.parametrize(
    ("reader", "keys"),
    [
        ("table .csv", ["file"]),
        ("robotics .csv", ["file"]),
        ("recommendation i.csv", ["interactions", "file"]),
        ("speech folder", ["transcripts"]),
        ("image folder", ["metadata"]),
        ("image npz", ["metadata"]),
        ("medical folder", ["metadata"]),
    ],
)
def test_a_path_that_leads_outside_is_refused(tmp_path: Path, reader: str, keys: list[str], name: str) -> None:
    system, write, given = READERS[reader]
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, WHO)
    (tmp_path / "secret.csv").write_text("who,x,label,y\n", encoding="utf-8")
    value: Any = name
    for key in reversed(keys):
        value = {key: value}
    merged: Any = OmegaConf.to_container(OmegaConf.merge(given, value))

    with pytest.raises(InputError, match=rf"{keys[-1]} in .* it must be the path of a file within the raw folder"):
        read(system, raw, merged)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "..\\secret.png"])
@pytest.mark.parametrize("reader", ["image folder", "medical folder", "speech folder"])
def test_a_column_that_leads_outside_is_refused(tmp_path: Path, reader: str, name: str) -> None:
    system, write, given = READERS[reader]
    raw = tmp_path / "raw"
    raw.mkdir()
    write(raw, WHO)
    (tmp_path / "secret.png").write_bytes(pictures()[0])
    frame = pd.read_csv(raw / "t.csv", dtype=str)
    frame.loc[BAD, "file"] = name
    frame.to_csv(raw / "t.csv", index=False)

    with pytest.raises(InputError, match=rf"t\.csv, column 'file', row {BAD + 1}: .* lies outside the raw folder"):
        read(system, raw, given)


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("medical dicom",) and "npz" not in name])
def test_a_nul_byte_is_refused(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, ["e\0x" if row == BAD else who for row, who in enumerate(WHO)])
    with pytest.raises(InputError, match="NUL"):
        read(system, tmp_path, given)


@pytest.mark.parametrize(
    "reader", ["table .csv", "table .parquet", "image folder", "medical parquet", "language jsonl"]
)
def test_an_empty_group_is_unknown(tmp_path: Path, reader: str) -> None:
    system, write, given = READERS[reader]
    write(tmp_path, WHO)
    file = next(path for path in tmp_path.iterdir() if path.suffix in (".csv", ".parquet", ".jsonl"))
    sites = pd.Series(["north", " ", None] * (ROWS // 3), dtype=object)
    save(load(file).assign(site=sites), file)

    groups: dict[str, Any] = {"groups": {"site": {}}}
    found = read(system, tmp_path, given | groups).table["group.site"]
    assert found.tolist() == ["north", "unknown", "unknown"] * (ROWS // 3)


def write_shop(raw: Path, who: list[Any]) -> None:
    save(table(who, "user", **INTERACTIONS), raw / "i.csv")
    save(pd.DataFrame({"user": sorted(set(who))}), raw / "users.csv")


# A reader of each system, and the file whose columns can be descriptors.
DESCRIBED: dict[str, tuple[Write, dict[str, Any], str]] = {
    "table": (
        write_table("t.csv", "who", label=LABEL, amount=1.0, place="p", time=INTERACTIONS["time"]),
        {
            "file": "t.csv",
            "columns": {"label": "label", "entity": "who", "time": "time"},
            "labels": {"a": "good", "b": "bad"},
            "history": {"amount": "amount", "place": "place", "length": 2},
        },
        "t.csv",
    ),
    "recommendation": (
        write_shop,
        SHOP | {"interactions": {"file": "i.csv"}, "users": {"file": "users.csv", "key": "user"}},
        "users.csv",
    ),
    **{
        system: (READERS[reader][1], READERS[reader][2], file)
        for system, reader, file in (
            ("image", "image folder", "t.csv"),
            ("medical", "medical folder", "t.csv"),
            ("speech", "speech folder", "t.csv"),
            ("robotics", "robotics .csv", "t.csv"),
            ("language", "language parquet", "t.parquet"),
        )
    },
}


def add_column(path: Path, name: str, value: Any) -> None:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    save(frame.assign(**{name: value}), path)


@pytest.mark.parametrize("system", systems.NAMES)
def test_a_raw_column_takes_no_computed_descriptor_s_place(tmp_path: Path, system: str) -> None:
    write, given, file = DESCRIBED[system]
    write(tmp_path, WHO)
    computed = [name.removeprefix("descriptor.") for name in read(system, tmp_path, given).descriptors]
    name = computed[-1]
    add_column(tmp_path / file, name, -7.25)
    assert -7.25 not in read(system, tmp_path, given).table[f"descriptor.{name}"].tolist()  # nobody named the column
    with pytest.raises(InputError, match=rf"reading\.descriptors names '{name}', which is a column of .*{file}, and a"):
        read(system, tmp_path, given | {"descriptors": [name]})


@pytest.mark.parametrize(("system", "key"), [("table", "numeric"), ("medical", "clinical")])
def test_a_numeric_input_takes_no_computed_descriptor_s_place(tmp_path: Path, system: str, key: str) -> None:
    write, given, file = DESCRIBED[system]
    write(tmp_path, WHO)
    name = read(system, tmp_path, given).descriptors[-1].removeprefix("descriptor.")
    add_column(tmp_path / file, name, -7.25)
    named: dict[str, Any] = {"numeric": [name]} if key == "numeric" else {"clinical": {"numeric": [name]}}
    with pytest.raises(InputError, match=rf"numeric\[0\] names '{name}', which is a column of .*{file}, and a"):
        read(system, tmp_path, given | named)


@pytest.mark.parametrize("system", systems.NAMES)
def test_a_raw_descriptor_reaches_the_prepared_examples(tmp_path: Path, system: str) -> None:
    write, given, file = DESCRIBED[system]
    write(tmp_path, WHO)
    add_column(tmp_path / file, "height", 1.75)
    examples = read(system, tmp_path, given | {"descriptors": ["height"]})
    encode = systems.load(system).reading.encode
    encoded = encode(replace(examples, table=examples.table.assign(split="train"))) if encode else examples
    assert set(encoded.table["descriptor.height"]) == {1.75}
