import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)

from hallmark.errors import InputError
from hallmark.formats.folders import discover
from hallmark.formats.pictures import dicom
from hallmark.formats.pictures.pixels import Shape
from hallmark.formats.tables import Table

SHAPE = Shape(4, 6, 1)
COLUMNS = {"image": "file", "label": "label"}
GREY = np.arange(24, dtype=np.uint16).reshape(4, 6) * 100


def dataset(pixels: np.ndarray, **tags: Any) -> pydicom.Dataset:
    """A CT picture of 12 bits, as small as the standard allows, with further tags."""
    data = pydicom.Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=[str(tags)])
    data.Rows, data.Columns = pixels.shape[:2]
    colour = pixels.ndim == 3
    data.SamplesPerPixel, data.PhotometricInterpretation = (3, "RGB") if colour else (1, "MONOCHROME2")
    if colour:
        data.PlanarConfiguration = 0
    data.BitsAllocated, data.BitsStored = (8, 8) if pixels.dtype == np.uint8 else (16, 12)
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes()
    for tag, value in tags.items():
        setattr(data, tag, value)
    return data


def save(path: Path, data: pydicom.Dataset) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)


def read(folder: Path, shape: Shape = SHAPE, **given: Any) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    return dicom.read(discover(folder), shape, COLUMNS, given.get("metadata"), window=given.get("window"))


def test_a_folder_named_as_label_with_the_files_tags(tmp_path: Path) -> None:
    tags = {"PatientID": "p1", "PatientSex": "F", "PatientAge": "045Y", "StudyDate": "20240131"}
    save(tmp_path / "lesion" / "1.dcm", dataset(GREY, PatientName="Doe^Jane", InstitutionName="North", **tags))
    save(tmp_path / "clear" / "2.dcm", dataset(GREY, PatientAge="018M"))
    pixels, names, table = read(tmp_path)
    assert names.tolist() == ["clear/2.dcm", "lesion/1.dcm"]
    assert pixels.shape == (2, 1, 4, 6)
    assert table["label"].tolist() == ["clear", "lesion"]
    assert table["PatientAge"].tolist() == ["1.5", "45"]
    assert table["StudyDate"].tolist() == ["", "2024-01-31"]
    assert table["InstitutionName"].tolist() == ["", "North"]
    assert not table.isin(["Doe^Jane"]).any().any()  # names are nobody's business


def test_grey_values_fill_the_range_of_the_bits_or_the_files_window(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.dcm", dataset(GREY))
    assert (read(tmp_path)[0][0, 0] == np.rint(GREY / 4095 * 255)).all()
    # A window of centre 1000 and width 1001 is black up to 499.5 and white from 1499.5 on (PS3.3 C.11.2.1.2).
    save(tmp_path / "a" / "1.dcm", dataset(GREY, WindowCenter=[1000, 50], WindowWidth=[1001, 10]))
    assert (read(tmp_path)[0][0, 0] == np.rint(np.clip((GREY - 499.5) / 1000, 0, 1) * 255)).all()


def test_a_window_of_ones_own_is_in_the_modalitys_units(tmp_path: Path) -> None:
    hounsfield = {"RescaleSlope": 2, "RescaleIntercept": -1024, "WindowCenter": 0, "WindowWidth": 100}
    save(tmp_path / "a" / "1.dcm", dataset(GREY, **hounsfield))
    found = read(tmp_path, window={"center": 40.5, "width": 401})[0][0, 0]
    assert (found == np.rint(np.clip((GREY * 2.0 - 1024 + 160) / 400, 0, 1) * 255)).all()


def test_signed_and_inverted_values(tmp_path: Path) -> None:
    signed = (GREY.astype(np.int16) - 1200) % 2048
    save(tmp_path / "a" / "1.dcm", dataset(signed.astype(np.int16), PhotometricInterpretation="MONOCHROME1"))
    assert (read(tmp_path)[0][0, 0] == np.rint((1 - (signed + 2048) / 4095) * 255)).all()


def test_colours_are_kept(tmp_path: Path) -> None:
    colour = np.random.default_rng(1).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    save(tmp_path / "a" / "1.dcm", dataset(colour))
    assert (read(tmp_path, Shape(4, 6, 3))[0][0] == colour.transpose(2, 0, 1)).all()


def test_a_table_says_more_and_counts_where_both_speak(tmp_path: Path) -> None:
    save(tmp_path / "x" / "1.dcm", dataset(GREY, PatientID="raw", PatientSex="M"))
    pd.DataFrame({"file": ["x/1.dcm"], "label": ["clear"], "PatientID": ["p7"]}).to_csv(tmp_path / "t.csv", index=False)
    table = read(tmp_path, metadata="t.csv")[2]
    assert table[["file", "label", "PatientID", "PatientSex"]].iloc[0].tolist() == ["x/1.dcm", "clear", "p7", "M"]


def _without(tag: str) -> pydicom.Dataset:
    data = dataset(GREY)
    delattr(data, tag)
    return data


def _compressed() -> pydicom.Dataset:
    data = dataset(GREY)
    data.PixelData = pydicom.encaps.encapsulate([b"no JPEG 2000"])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return data


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (lambda: _without("PixelData"), "scan a/1.dcm holds no pixel data"),
        (lambda: _without("Rows"), "scan a/1.dcm can't be decoded: "),
        (lambda: _without("BitsStored"), "scan a/1.dcm can't be decoded: "),
        (lambda: _compressed(), "scan a/1.dcm can't be decoded: "),
        (lambda: dataset(GREY, PixelData=GREY.tobytes()[:-20]), "scan a/1.dcm can't be decoded: .*bytes"),
        (lambda: dataset(GREY, NumberOfFrames=5), "scan a/1.dcm holds 5 frames, where one picture is read"),
        (lambda: dataset(GREY, Rows=65535, Columns=65535), "has 65535 by 65535 pixels, more than 67108864"),
        (
            lambda: dataset(GREY.T.copy()),
            "scan a/1.dcm: the array's pictures: 6 by 4 grey where 4 by 6 grey is declared",
        ),
        (lambda: dataset(GREY, WindowCenter=3, WindowWidth=1), "scan a/1.dcm is to be shown in a window of width 1"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom warns of what is written wrong on purpose
def test_bad_files_are_named(tmp_path: Path, data: Callable[[], pydicom.Dataset], complaint: str) -> None:
    save(tmp_path / "a" / "1.dcm", data())
    with pytest.raises(InputError, match=complaint):
        read(tmp_path)


def test_what_is_no_dicom_or_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no pictures \(.dcm, or files that begin as DICOM"):
        read(tmp_path)
    (tmp_path / "a").mkdir()
    for content in (b"", b"no DICOM at all", b"\x00" * 128 + b"DICM" + b"\x08\x00\x05\x00CS"):
        (tmp_path / "a" / "1.dcm").write_bytes(content)
        with pytest.raises(InputError, match="scan a/1.dcm (can't be read as DICOM|holds no pixel data)"):
            read(tmp_path)
    pd.DataFrame({"file": ["b.dcm"], "label": ["clear"]}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="row 1: the value 'b.dcm' is missing: there is no such file"):
        read(tmp_path, metadata="t.csv")


def test_a_truncated_file_never_passes(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.dcm", dataset(GREY))
    whole = (tmp_path / "a" / "1.dcm").read_bytes()
    for size in range(0, len(whole) - 1, 23):
        (tmp_path / "a" / "1.dcm").write_bytes(whole[:size])
        with pytest.raises(InputError, match="scan a/1.dcm"):
            read(tmp_path)


def test_files_without_a_suffix_are_told_by_how_they_begin(tmp_path: Path) -> None:
    save(tmp_path / "a" / "IM000001", dataset(GREY))
    save(tmp_path / "a" / "1.2.840.55", dataset(GREY, PatientID="q"))
    save(tmp_path / "b" / "3.DCM", dataset(GREY, PatientID="r"))
    save(tmp_path / "DICOMDIR", dataset(GREY))
    assert read(tmp_path)[1].tolist() == ["a/1.2.840.55", "a/IM000001", "b/3.DCM"]
    (tmp_path / "a" / "notes").write_text("no scan")
    with pytest.raises(InputError, match=r"holds 1 of 4 files that are not read: 'a/notes'"):
        read(tmp_path)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("value", "stored"),
    [({"PixelPaddingValue": 0}, 0), ({"PixelPaddingValue": 4000, "PixelPaddingRangeLimit": 4095}, 4090)],
)
def test_padding_is_background(tmp_path: Path, kind: str, value: dict[str, int], stored: int) -> None:
    pixels = GREY + 100
    pixels[:, :2] = stored
    save(tmp_path / "a" / "1.dcm", dataset(pixels, PhotometricInterpretation=kind, **value))
    found = read(tmp_path)[0][0, 0]
    assert (found[:, :2] == 0).all()
    assert (found[:, 2:] > 0).all()


def test_a_padding_of_signed_pixels_is_background(tmp_path: Path) -> None:
    pixels = GREY.astype(np.int16) - 1000
    pixels[0] = -2000
    save(tmp_path / "a" / "1.dcm", dataset(pixels, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=-2000))
    found = read(tmp_path)[0][0, 0]
    assert (found[0] == 0).all()
    assert (found[1:] > 0).all()


def _palette() -> pydicom.Dataset:
    return dataset(np.zeros((4, 6), np.uint8), PhotometricInterpretation="PALETTE COLOR")


def _deflated() -> pydicom.Dataset:
    data = dataset(GREY)
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return data


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (_palette, "scan a/1.dcm has PALETTE COLOR pixels"),
        (_deflated, "scan a/1.dcm is deflated as a whole"),
        (lambda: dataset(GREY, SamplesPerPixel=60_000), "scan a/1.dcm has 60000 samples a pixel"),
    ],
)
def test_what_would_be_shown_wrongly_or_unpack_unseen_is_refused(
    tmp_path: Path, data: Callable[[], pydicom.Dataset], complaint: str
) -> None:
    save(tmp_path / "a" / "1.dcm", data())
    with pytest.raises(InputError, match=complaint):
        read(tmp_path)


def _grouped(mapping: str) -> pydicom.Sequence:
    """Functional groups with one item that maps the grey values."""
    item = pydicom.Dataset()
    setattr(item, mapping, pydicom.Sequence([pydicom.Dataset()]))
    return pydicom.Sequence([item])


@pytest.mark.parametrize(
    ("pixels", "tags", "named"),
    [
        (GREY, {"HighBit": 15}, "stores 12 bits of 16 with the high bit 15, where 11 is read"),
        (GREY, {"RescaleSlope": 0, "RescaleIntercept": 5}, "has the RescaleSlope 0"),
        (GREY, {"RescaleIntercept": -1024}, "has the RescaleIntercept -1024.* but no RescaleSlope"),
        (GREY, {"RescaleSlope": "", "RescaleIntercept": -1024}, "has the RescaleIntercept -1024.* but no RescaleSlope"),
        (GREY, {"RescaleSlope": 2}, "has the RescaleSlope 2.* but no RescaleIntercept"),
        (GREY, {"RescaleSlope": 2, "RescaleIntercept": ""}, "has the RescaleSlope 2.* but no RescaleIntercept"),
        (GREY, {"WindowWidth": 400}, "has the WindowWidth 400.* but no WindowCenter"),
        (GREY, {"WindowCenter": 40, "WindowWidth": ""}, "has the WindowCenter 40.* but no WindowWidth"),
        (GREY, {"PresentationLUTShape": "INVERSE"}, "is MONOCHROME2 and yet shown inverted"),
        (GREY, {"WindowCenter": 9, "WindowWidth": 5, "VOILUTFunction": "SIGMOID"}, "a window of the kind SIGMOID"),
        (GREY, {"VOILUTSequence": pydicom.Sequence([pydicom.Dataset()])}, "is shown by a table of its own"),
        (
            GREY,
            {"PixelData": GREY.tobytes() * 2},
            r"holds pixels of the shape \(2, 4, 6\), where its tags say \(4, 6\)",
        ),
        (GREY, {"PhotometricInterpretation": "RGB"}, "has 'RGB' pixels of 1 samples"),
        *(
            (GREY, {groups: _grouped(mapping)}, f"maps its grey values in a {mapping} of its {groups}")
            for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
            for mapping in ("PixelValueTransformationSequence", "FrameVOILUTSequence")
        ),
        (np.zeros((4, 6, 3), np.uint8), {"PhotometricInterpretation": "HSV"}, "has 'HSV' pixels of 3 samples"),
        (np.zeros((4, 6, 3), np.uint8), {"BitsStored": 7, "HighBit": 6}, "has colours of 7 bits"),
        (np.zeros((4, 6, 3), np.int8), {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, "colours of 8 signed bits"),
    ],
)
def test_pixels_that_mean_something_else_are_refused_by_name(
    tmp_path: Path, pixels: np.ndarray, tags: dict[str, Any], named: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's remarks on what is wrong on purpose
        save(tmp_path / "lesion" / "1.dcm", dataset(pixels, **tags))
    with pytest.raises(InputError, match=rf"scan lesion/1\.dcm.*{named}"):
        read(tmp_path, Shape(4, 6, 3 if pixels.ndim == 3 else 1))


def test_both_rescale_tags_map_the_grey_values_and_none_leaves_them(tmp_path: Path) -> None:
    window = {"WindowCenter": 40.5, "WindowWidth": 401}
    save(tmp_path / "a" / "1.dcm", dataset(GREY, RescaleSlope=1, RescaleIntercept=-1024, **window))
    save(tmp_path / "a" / "2.dcm", dataset(GREY, **window))
    mapped, plain = read(tmp_path)[0][:, 0]
    assert (mapped == np.rint(255 * np.clip((GREY - 1024.0 + 160) / 400, 0, 1))).all()
    assert (plain == np.rint(255 * np.clip((GREY + 160.0) / 400, 0, 1))).all()


def test_half_a_window_of_the_file_matters_only_without_one_of_ones_own(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.dcm", dataset(GREY, WindowCenter=40))
    pixels = read(tmp_path, window={"center": 1000.5, "width": 2001})[0][0, 0]
    assert (pixels == np.rint(255 * np.clip(GREY / 2000, 0, 1))).all()


def test_bits_beside_the_stored_ones_colours_by_plane_and_an_exact_window_are_read(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.dcm", dataset(GREY | 0x8000))
    save(tmp_path / "a" / "2.dcm", dataset(GREY))
    pixels = read(tmp_path)[0]
    assert (pixels[0] == pixels[1]).all()

    colours = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    by_plane = np.ascontiguousarray(colours.transpose(2, 0, 1)).tobytes()
    save(tmp_path / "b" / "a" / "1.dcm", dataset(colours, PlanarConfiguration=1, PixelData=by_plane))
    assert (read(tmp_path / "b", Shape(4, 6, 3))[0][0] == colours.transpose(2, 0, 1)).all()

    exact = {"WindowCenter": 1000, "WindowWidth": 2000, "VOILUTFunction": "LINEAR_EXACT"}
    save(tmp_path / "c" / "a" / "1.dcm", dataset(GREY, **exact))
    assert (read(tmp_path / "c")[0][0, 0] == np.rint(255 * np.clip(GREY / 2000, 0, 1))).all()


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom warns of what is written wrong on purpose
def test_an_age_or_date_that_is_none_matters_only_where_a_key_names_it(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.dcm", dataset(GREY, PatientAge="045Y", StudyDate="20240131"))
    save(tmp_path / "a" / "2.dcm", dataset(GREY, PatientAge="45", StudyDate="20201301"))
    save(tmp_path / "a" / "3.dcm", dataset(GREY, PatientAge="old", StudyDate="2024"))
    table = read(tmp_path)[2]
    assert table["StudyDate"].tolist() == ["2024-01-31", "20201301", "2024"]

    said = Table(table, tmp_path)
    with pytest.raises(InputError, match="'PatientAge', row 2: the value '45 without a unit' is no finite number"):
        said.numbers("PatientAge")
    with pytest.raises(InputError, match="'PatientAge', row 3: the value 'old' is no finite number"):
        Table(table.iloc[[0, 2]], tmp_path).numbers("PatientAge")
    with pytest.raises(InputError, match="'StudyDate', row [12]: "):
        said.times("StudyDate")
