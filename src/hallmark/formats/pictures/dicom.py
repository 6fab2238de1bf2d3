"""DICOM files, one picture each, with the tags on who was scanned, when and where. Names are not read."""

import datetime
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
from pydicom.errors import InvalidDicomError
from pydicom.pixels import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from hallmark.errors import InputError
from hallmark.formats import limits
from hallmark.formats.folders import RawFolder
from hallmark.formats.pictures.grey_values import require_both, to_eight_bit
from hallmark.formats.pictures.metadata import find_listed, label_by_folder
from hallmark.formats.pictures.pixels import MOST_PIXELS, Shape, to_shape

TAGS = (
    "SOPInstanceUID", "PatientID", "PatientSex", "PatientAge", "StudyDate", "InstitutionName", "StationName",
    "Manufacturer", "Modality",
)  # fmt: skip
# Exceptions of pydicom on broken files; which one depends on what is broken.
_FAULTS = (
    *(InvalidDicomError, OSError, EOFError, ValueError, TypeError),
    *(AttributeError, LookupError, RuntimeError, struct.error),
)
# Photometric interpretations; pydicom converts those of colours to RGB.
_GREY_KINDS = ("MONOCHROME1", "MONOCHROME2")
_COLOUR_KINDS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_SUFFIXES = (".dcm",)
_YEARS_BY_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def read(
    folder: RawFolder,
    shape: Shape,
    columns: Mapping[str, str | None],
    metadata: str | None,
    *,
    window: Mapping[str, float] | None,
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Read the DICOM files that a metadata table lists or, without one, those in folders named as labels.

    `columns` are the raw columns by role (`image` and `label` are used), and `metadata` is the
    table's file name. Returns pixels, uint8 (n, C, H, W) of `shape`; the files' names (n,); and a
    row for each file with the table's columns and `TAGS`, as text: age in years, dates as ISO 8601,
    "" where there is none. Where both have a column, the table's counts.

    Grey values are the modality's (Hounsfield units for CT), cut to `window` {"center", "width"} in
    that unit; if it is None, to the file's own window or else to the range of its bits. MONOCHROME1
    is inverted, so that a larger value is always brighter.
    """
    if metadata:
        files, table = find_listed(folder, metadata, columns["image"])
    else:
        files, table = label_by_folder(_scans(folder), folder, columns["label"])
    folder.require_all_read()

    pixels = []
    tags = []
    for name, path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's remarks on values that nothing here reads
            scan, scan_tags = _read_file(path, f"scan {name}", window)
        try:
            pixels.append(to_shape(scan[None], shape))
        except InputError as error:
            raise InputError(f"scan {name}: {error}") from error
        tags.append(scan_tags)

    tag_columns = pd.DataFrame(tags).drop(columns=table.columns, errors="ignore")
    names = np.array([name for name, _ in files], object)
    return np.concatenate(pixels), names, pd.concat([table, tag_columns], axis=1)


def _scans(folder: RawFolder) -> dict[str, Path]:
    """Return the files that are DICOM by their suffix .dcm or by their first bytes; they count as read."""
    files_with_suffix = folder.having(_SUFFIXES)
    scans = {}
    for name, path in folder.files.items():
        if name in files_with_suffix or _begins_as_dicom(path):
            scans[name] = path
    folder.count_as_read(scans)
    if not scans:
        raise InputError(f"{folder.root} holds no pictures ({', '.join(_SUFFIXES)}, or files that begin as DICOM does)")
    return scans


def _begins_as_dicom(path: Path) -> bool:
    """Return whether a file begins with 128 bytes of any content and DICOM's prefix (PS3.10 7.1)."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _read_file(path: Path, name: str, window: Mapping[str, float] | None) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the pixels of one scan, uint8 (h, w) or (h, w, 3), and its `TAGS` as text.

    `name` is for messages, such as "scan a/1.dcm".
    """
    limits.require_small(path, name)
    data = _parse_file(path, name)
    _require_one_picture(data, name)
    try:
        _require_plain_pixels(data, name)
        stored = pixel_array(data)
        shape = (data.Rows, data.Columns, 3) if _samples(data) == 3 else (data.Rows, data.Columns)
        if stored.shape != shape:
            raise InputError(f"{name} holds pixels of the shape {stored.shape}, where its tags say {shape}: split it")
        return to_eight_bit(stored, data, window, name), {tag: _tag(data, tag) for tag in TAGS}
    except InputError:
        raise
    except _FAULTS as error:
        raise InputError(f"{name} can't be decoded: {_sentence(error)}") from error


def _parse_file(path: Path, name: str) -> pydicom.Dataset:
    try:
        transfer_syntax = pydicom.filereader.read_file_meta_info(path).get("TransferSyntaxUID")
        if transfer_syntax == DeflatedExplicitVRLittleEndian:
            raise InputError(f"{name} is deflated as a whole, so that its size is not known: convert it first")
        return pydicom.dcmread(path)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{name} is missing") from error
    except _FAULTS as error:
        raise InputError(f"{name} can't be read as DICOM: {_sentence(error)}") from error


def _require_one_picture(data: pydicom.Dataset, name: str) -> None:
    """Raise `InputError` on a file with no picture, several, one too large, or not 1 or 3 channels."""
    if "PixelData" not in data:
        raise InputError(f"{name} holds no pixel data")
    if int(data.get("NumberOfFrames") or 1) != 1:
        raise InputError(f"{name} holds {data.NumberOfFrames} frames, where one picture is read: split it")
    if int(data.get("Rows") or 0) * int(data.get("Columns") or 0) > MOST_PIXELS:
        raise InputError(f"{name} has {data.Rows} by {data.Columns} pixels, more than {MOST_PIXELS}")
    if _samples(data) not in (1, 3):
        raise InputError(f"{name} has {data.SamplesPerPixel} samples a pixel, where 1 (grey) or 3 (colour) are read")


def _samples(data: pydicom.Dataset) -> int:
    """Return the number of samples of a pixel: 1 for grey, 3 for colours."""
    return int(data.get("SamplesPerPixel") or 1)


def _require_plain_pixels(data: pydicom.Dataset, name: str) -> None:
    """Raise `InputError` on pixels whose stored values are neither grey values nor red, green and blue."""
    kind = str(data.get("PhotometricInterpretation") or "")
    samples = _samples(data)
    read_kinds = _GREY_KINDS if samples == 1 else _COLOUR_KINDS
    if kind == "PALETTE COLOR":
        raise InputError(f"{name} has PALETTE COLOR pixels, which are places in a table of colours: convert it to RGB")
    if kind not in read_kinds:
        raise InputError(
            f"{name} has {kind!r} pixels of {samples} samples, where {', '.join(read_kinds)} are read: convert it"
        )

    allocated_bits = int(data.get("BitsAllocated") or 0)
    stored_bits = int(data.get("BitsStored") or 0)
    if stored_bits and int(data.get("HighBit") or 0) != stored_bits - 1:
        raise InputError(
            f"{name} stores {stored_bits} bits of {allocated_bits} with the high bit {data.get('HighBit')}, where "
            f"{stored_bits - 1} is read: convert it"
        )

    _require_no_frame_mapping(data, name)
    if samples == 1:
        require_both(data, "RescaleSlope", "RescaleIntercept", name)
    if "RescaleSlope" in data and not float(data.RescaleSlope or 0):
        raise InputError(f"{name} has the RescaleSlope {data.RescaleSlope}, by which all grey values are one: mend it")
    if data.get("PresentationLUTShape") == "INVERSE" and kind == "MONOCHROME2":
        raise InputError(f"{name} is MONOCHROME2 and yet shown inverted (PresentationLUTShape INVERSE): convert it")


def _require_no_frame_mapping(data: pydicom.Dataset, name: str) -> None:
    """Raise `InputError` where functional groups (PS3.3 C.7.6.16.2) map the grey values: not supported."""
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in data.get(groups) or ():
            for mapping in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
                if mapping in item:
                    raise InputError(
                        f"{name} maps its grey values in a {mapping} of its {groups}, which is not read: convert it to "
                        "a single-frame file"
                    )


def _tag(data: pydicom.Dataset, tag: str) -> str:
    """Return a tag as text, "" where it is absent: an age in years, a date as ISO 8601.

    An invalid age or date becomes text that no reader takes for a number or a date, so that it is
    refused if a key of the configuration needs it.
    """
    value = str(data.get(tag) or "")
    if tag == "PatientAge" and value:
        number = value[:-1]
        unit = value[-1:]
        if unit not in _YEARS_BY_UNIT or not number.isdecimal():
            return value if any(map(str.isalpha, value)) else f"{value} without a unit"
        return f"{int(number) * _YEARS_BY_UNIT[unit]:.6g}"
    if tag == "StudyDate" and value:
        return f"{value[:4]}-{value[4:6]}-{value[6:]}" if _is_date(value) else value
    return value


def _is_date(text: str) -> bool:
    """Return whether a text is a date of the calendar as YYYYMMDD."""
    if len(text) != 8 or not text.isdecimal():
        return False
    try:
        datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
