import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pydicom
import pytest
import raw_data
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from hallmark.contracts.examples import Examples
from hallmark.errors import InputError
from hallmark.prepare import prepare_examples
from hallmark.systems.medical import reading

Keywords = Callable[..., dict[str, Any]]
PIXELS = np.random.default_rng(4).integers(0, 256, (6, 8, 8), dtype=np.uint8)
TABLE = pd.DataFrame(
    {
        "file": [f"{row}.png" for row in range(6)],
        "finding": ["0", "1"] * 3,
        "patient": ["p", "p", "q", "q", "r", "s"],
        "age": ["30", "31", "", "70", "50", "65"],
        "sex": ["F", "F", "M", "M", "", "F"],
        "part": ["fit", "fit", "fit", "fit", "held", "held"],
        "site": ["a", "b", "", "a", "b", "a"],
    }
)
CLINICAL = {"numeric": ["age"], "categorical": {"sex": ["F", "M"]}, "missing": True}
GIVEN = {
    "format": "folder", "height": 8, "width": 8, "labels": {"0": "clear", "1": "lesion"}, "metadata": "scans.csv",
    "columns": {"label": "finding", "entity": "patient", "time": None}, "clinical": CLINICAL,
    "groups": {"site": {}},
    "bands": {"age": {"column": "age", "edges": [50], "names": ["young", "old"]}},
}  # fmt: skip
Read = Callable[..., Examples]


@pytest.fixture
def read(tmp_path: Path, keywords: Keywords) -> Read:
    """Read six scans with changed keys and a changed table."""

    def read(change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table, **given: Any) -> Examples:
        change(TABLE).to_csv(tmp_path / "scans.csv", index=False)
        for row, pixels in enumerate(PIXELS):
            Image.fromarray(pixels).save(tmp_path / f"{row}.png")
        columns = GIVEN["columns"] | given.pop("columns", {})
        return raw_data.read(
            "medical", tmp_path, **(keywords() | GIVEN | given | {"columns": keywords()["columns"] | columns})
        )

    return read


@pytest.mark.parametrize("labels", [{"0": "clear", "1": "lesion"}, {"0": "benign", "1": "malignant"}])
def test_labels_that_contradict_the_files_own_names_are_refused(
    tmp_path: Path, keywords: Keywords, labels: dict[str, str]
) -> None:
    content = []
    for pixels in PIXELS:
        Image.fromarray(pixels).save(tmp_path / "one.png")
        content.append((tmp_path / "one.png").read_bytes())
    (tmp_path / "one.png").unlink()
    given = keywords() | GIVEN | {"format": "parquet", "metadata": None, "labels": labels, "groups": {}, "bands": {}}
    given["clinical"] = {"numeric": ["age"], "categorical": {}, "missing": True}
    given["columns"] = dict.fromkeys(keywords()["columns"]) | {"image": "image", "label": "finding"}
    table = pa.table({"image": content, "finding": [0, 1] * 3, "age": [30.0] * 6})

    for names in (list(labels.values()), ["other", "names"]):
        features = {"finding": {"names": names, "_type": "ClassLabel"}}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "a.parquet")
        assert raw_data.read("medical", tmp_path, **given).table["label"].tolist() == [*labels.values()] * 3

    features = {"finding": {"names": list(labels.values())[::-1], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "a.parquet")
    with pytest.raises(
        InputError, match=r"prepare\.reading\.labels\.0 is '\w+', but the file calls 0 of column 'finding'"
    ):
        raw_data.read("medical", tmp_path, **given)


def test_the_phantom_becomes_examples(phantom: Examples) -> None:
    assert phantom.arrays["image"].dtype == np.uint8
    assert phantom.arrays["image"].shape[1:] == (1, 40, 40)
    assert phantom.labels == ("clear", "lesion")
    assert phantom.source.simulated
    assert phantom.encoding["clinical"] == [
        "age", "age: missing", "sex: female", "sex: male", "sex: missing",
        "family_history: absent", "family_history: present", "family_history: missing",
    ]  # fmt: skip
    assert phantom.arrays["clinical"].shape == (len(phantom), 8)
    assert phantom.arrays["clinical"][:, 7].mean() == pytest.approx(0.15, abs=0.1)
    assert set(phantom.table["group.age"]) == {"young", "middle", "old"}
    assert "descriptor.age" in phantom.descriptors
    assert set(phantom.table["split"]) == {"train", "validation", "test", "recent"}


def test_clinical_columns_by_hand(read: Read) -> None:
    examples = read()
    assert examples.encoding["clinical"] == ["age", "age: missing", "sex: F", "sex: M", "sex: missing"]
    expected = [[30, 0, 1, 0, 0], [31, 0, 1, 0, 0], [np.nan, 1, 0, 1, 0], [70, 0, 0, 1, 0], [50, 0, 0, 0, 1]]
    np.testing.assert_array_equal(examples.arrays["clinical"][:5], np.array(expected, np.float32))
    assert examples.table["label"].tolist() == ["clear", "lesion"] * 3
    assert examples.table["entity"].tolist() == ["p", "p", "q", "q", "r", "s"]
    assert examples.table["group.site"].tolist() == ["a", "b", "unknown", "a", "b", "a"]
    assert examples.table["group.age"].tolist() == ["young", "young", "unknown", "old", "old", "old"]


def test_a_column_called_name_is_the_tables_own(read: Read) -> None:
    names = ["p", "p", "q", "q", "r", "s"]
    examples = read(
        lambda table: table.rename(columns={"patient": "name"}), columns={"entity": "name"}, keep={"site": ["a"]}
    )
    assert examples.table["entity"].tolist() == [names[row] for row in (0, 3, 5)]
    assert examples.table["id"].tolist() == ["0.png", "3.png", "5.png"]


def test_bands_may_be_of_what_the_scan_looks_like(read: Read) -> None:
    examples = read(bands={"light": {"column": "brightness", "edges": [0.5], "names": ["dark", "bright"]}})
    bright = examples.table["descriptor.brightness"] >= 0.5
    assert examples.table["group.light"].tolist() == np.where(bright, "bright", "dark").tolist()
    assert 0 < bright.sum() < 6


PARTS = ["fit"] * 4 + ["tune", "held"]
SPLITS = {"fit": "train", "tune": "validation", "held": "test"}


def test_what_is_missing_becomes_the_mean_of_training_and_of_nothing_else(read: Read) -> None:
    raw = read(lambda table: table.assign(part=PARTS), columns={"split": "part"}, splits=SPLITS)
    assert raw.table["split"].tolist() == ["train"] * 4 + ["validation", "test"]

    filled = prepare_examples(raw, method="published", fractions={"train": 1.0}, seed=1, encode=reading.encode)
    mean = (30 + 31 + 70) / 3
    assert filled.arrays["clinical"][2, 0] == pytest.approx(mean, rel=1e-6)
    assert filled.table["descriptor.age"][2] == pytest.approx(mean)
    assert filled.encoding["means"][0] == pytest.approx(mean)
    assert np.isfinite(filled.arrays["clinical"]).all()
    assert filled.arrays["clinical"].dtype == np.float32


def test_a_number_that_training_never_has_is_refused(read: Read) -> None:
    ages = ["", "", "", "", "50", "60"]
    raw = read(lambda table: table.assign(age=ages, part=PARTS), columns={"split": "part"}, splits=SPLITS)
    with pytest.raises(
        InputError, match="clinical.numeric names the column 'age', which has no value in the training split"
    ):
        prepare_examples(raw, method="published", fractions={"train": 1.0}, seed=1, encode=reading.encode)


def test_rows_may_be_kept_by_what_a_column_says(read: Read) -> None:
    examples = read(keep={"site": ["a"]})
    assert examples.table["id"].tolist() == ["0.png", "3.png", "5.png"]
    assert (examples.arrays["image"][:, 0] == PIXELS[[0, 3, 5]]).all()
    with pytest.raises(InputError, match=r"scans.csv, column 'finding', row 4: the value '7' is none of the values"):
        read(lambda table: table.assign(finding=["0", "1", "0", "7", "0", "1"]), keep={"site": ["a"]})
    with pytest.raises(InputError, match="prepare.reading.keep leaves none of 6 scans"):
        read(keep={"site": ["b"], "patient": ["s"]})


def test_a_kept_value_that_no_row_holds_is_refused(read: Read, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"keep\.site names the value 'A', which no row holds: there are 'a', 'b', ''"):
        read(keep={"site": ["a", "A"]})
    read(keep={"site": ["a"]})
    assert "prepare.reading.keep leaves out 3 of 6 scans" in capsys.readouterr().err


def test_a_kept_value_is_compared_as_names_are(read: Read) -> None:
    spaced = read(lambda table: table.assign(site=["a ", " a", "b", "1", "1", "b"]), keep={"site": ["a", "1.0"]})
    assert spaced.table["id"].tolist() == ["0.png", "1.png", "3.png", "4.png"]


def test_a_scan_alone_needs_no_clinical_data(read: Read) -> None:
    examples = read(clinical={"numeric": [], "categorical": {}, "missing": False})
    assert set(examples.arrays) == {"image"}
    assert examples.encoding == {}
    assert reading.encode(examples) is examples


@pytest.mark.parametrize(
    ("change", "given", "complaint"),
    [
        ({}, {"clinical": CLINICAL | {"missing": False}},
         "scans.csv, column 'age', row 3: the empty cell has no value: fill it in, or set "),
        ({"age": "old"}, {}, "column 'age', row 1: the value 'old' is no finite number"),
        ({"age": "inf"}, {}, "column 'age', row 1: the value 'inf' is no finite number"),
        ({"sex": "X"}, {}, r"column 'sex', row 1: the value 'X' is none of the values that .*categorical.sex names"),
        ({"finding": "2"}, {}, r"column 'finding', row 1: the value '2' is none of .*prepare.reading.labels"),
        ({"finding": ""}, {}, "column 'finding', row 1: the empty cell has no value"),
        ({"patient": ""}, {}, "column 'patient', row 1: the empty cell has no value"),
        ({}, {"clinical": CLINICAL | {"numeric": ["weight"]}}, "scans.csv has no column 'weight'"),
        ({}, {"columns": {"label": "diagnosis"}}, "no column 'diagnosis', which prepare.reading.columns.label names"),
        ({}, {"columns": {"entity": "person"}}, "no column 'person', which prepare.reading.columns.entity names"),
        ({}, {"columns": {"id": "patient"}}, "column 'patient', row 2: the value 'p' stands there twice"),
        ({}, {"columns": {"split": "part"}, "splits": {"fit": "train"}}, "row 5: the value 'held' is none of .*splits"),
        ({}, {"columns": {"split": "part"}}, "column 'part', row 1: the value 'fit' is none of train"),
        ({}, {"groups": {"region": {"column": "state"}}}, "no column 'state', which .*groups.region names"),
        ({}, {"groups": {"age": {"column": "site"}}}, "'age', which prepare.reading.groups names, too"),
        ({}, {"bands": {"x": {"column": "size", "edges": [1], "names": ["a", "b"]}}}, "no column 'size', .*bands.x"),
        ({}, {"bands": {"x": {"column": "age", "edges": [1], "names": ["a"]}}}, "1 edges make 2 bands, a name each"),
        ({}, {"keep": {"size": ["1"], "site": ["a"]}}, "no column 'size', which prepare.reading.keep.size names"),
        ({}, {"window": {"center": 1, "width": 2}}, "window in prepare.reading is for the format dicom"),
        ({}, {"format": "nifti"}, "format in .* is 'nifti': it must be one of folder, npz, dicom, parquet, idx"),
        ({}, {"height": 9}, "picture 0.png: 8 by 8 of the kind L where 9 by 8 grey is declared"),
        ({"file": "6.png"}, {}, "column 'file', row 1: the value '6.png' is missing"),
    ],
)  # fmt: skip
def test_bad_input_is_named(read: Read, change: dict[str, str], given: dict[str, Any], complaint: str) -> None:
    def changed(table: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([table[:1].assign(**change), table[1:]])

    with pytest.raises(InputError, match=complaint):
        read(changed, **given)


def test_npz_as_medmnist_has_it(tmp_path: Path, keywords: Keywords) -> None:
    np.savez(
        tmp_path / "a.npz",
        train_images=PIXELS[:4],
        train_labels=np.array([[0], [1], [0], [1]]),
        train_age=np.array([30, np.nan, 50, 60]),
        test_images=PIXELS[4:6],
        test_labels=np.array([[0], [1]]),
        test_age=np.array([40.0, 45.0]),
    )
    changes = {"format": "npz", "metadata": None, "columns": keywords()["columns"] | {"entity": None, "time": None}}
    clinical = {"numeric": ["age"], "categorical": {}, "missing": True}
    examples = raw_data.read(
        "medical", tmp_path, **(keywords() | GIVEN | changes | {"clinical": clinical, "groups": {}, "bands": {}})
    )

    assert examples.table["split"].tolist() == ["train"] * 4 + ["test"] * 2
    assert examples.table["label"].tolist() == ["clear", "lesion"] * 3
    assert np.isnan(examples.arrays["clinical"][1, 0])


def test_parquet_with_the_scans_inside(tmp_path: Path, keywords: Keywords) -> None:
    for row, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(tmp_path / f"{row}.png")
    content = [(tmp_path / f"{row}.png").read_bytes() for row in range(6)]
    ages = pd.Series([30.0, 31.0, None, 70.0, 50.0, 65.0])
    TABLE.assign(image=content, age=ages).to_parquet(tmp_path / "all.parquet")
    columns = keywords()["columns"] | GIVEN["columns"] | {"image": "image"}
    changes = {"format": "parquet", "metadata": None, "columns": columns, "leave_out": ["*.png"]}
    examples = raw_data.read("medical", tmp_path, **(keywords() | GIVEN | changes))

    assert (examples.arrays["image"][:, 0] == PIXELS).all()
    assert np.isnan(examples.arrays["clinical"][2, 0])
    assert examples.table["group.age"][2] == "unknown"


def test_dicom_with_the_files_own_patients(tmp_path: Path, keywords: Keywords) -> None:
    for row, pixels in enumerate(PIXELS):
        data = pydicom.Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = CTImageStorage
        data.SOPInstanceUID = f"1.2.{row}"
        data.Rows = 8
        data.Columns = 8
        data.SamplesPerPixel = 1
        data.PhotometricInterpretation = "MONOCHROME2"
        data.BitsAllocated = 8
        data.BitsStored = 8
        data.HighBit = 7
        data.PixelRepresentation = 0
        data.PixelData = pixels.tobytes()
        data.PatientID = f"p{row // 2}"
        data.PatientAge = f"0{30 + row}Y"
        data.PatientSex = "" if row == 4 else "F"
        (tmp_path / str(row % 2)).mkdir(exist_ok=True)
        data.save_as(tmp_path / str(row % 2) / f"{row}.dcm", enforce_file_format=True)
    columns = keywords()["columns"] | {"label": "label", "entity": "PatientID", "id": "SOPInstanceUID", "time": None}
    clinical = {"numeric": ["PatientAge"], "categorical": {"PatientSex": ["F", "M"]}, "missing": True}
    changes = {"format": "dicom", "metadata": None, "columns": columns, "clinical": clinical}
    examples = raw_data.read(
        "medical",
        tmp_path,
        **(keywords() | GIVEN | changes | {"groups": {"sex": {"column": "PatientSex"}}, "bands": {}}),
    )

    assert examples.table["entity"].tolist() == ["p0", "p1", "p2", "p0", "p1", "p2"]
    assert examples.table["label"].tolist() == ["clear"] * 3 + ["lesion"] * 3
    assert (examples.arrays["image"][:, 0] == PIXELS[[0, 2, 4, 1, 3, 5]]).all()
    assert examples.arrays["clinical"][:, 0].tolist() == [30, 32, 34, 31, 33, 35]
    assert examples.table["group.sex"].tolist() == ["F", "F", "unknown", "F", "F", "F"]


def test_a_former_models_means_are_filled_in_and_its_columns_must_be_those_of_today(read: Read) -> None:
    raw = read()
    table = raw.table.assign(split=["train"] * 4 + ["test"] * 2)
    today = reading.encode(replace(raw, table=table))
    former = {**today.encoding, "means": [44.0, *today.encoding["means"][1:]]}
    filled = reading.encode(replace(raw, table=table), encoding=former)

    assert filled.arrays["clinical"][2, 0] == 44.0 != today.arrays["clinical"][2, 0]
    assert filled.table["descriptor.age"][2] == 44.0
    assert filled.encoding == former

    known = ~np.isnan(raw.arrays["clinical"])
    np.testing.assert_array_equal(filled.arrays["clinical"][known], raw.arrays["clinical"][known])

    for other in ({"clinical": ["age", "weight"], "means": [1.0, 2.0]}, {}):
        with pytest.raises(InputError, match="the clinical columns are"):
            reading.encode(replace(raw, table=table), encoding=other)


def test_names_that_look_alike_are_noted_once(read: Read, capsys: pytest.CaptureFixture[str]) -> None:
    read(lambda table: table.assign(patient=["p", "P", "q", "q", "r", "s"]), groups={"who": {"column": "patient"}})
    assert capsys.readouterr().err.count("column 'patient': 'P' and 'p' count as two") == 1
