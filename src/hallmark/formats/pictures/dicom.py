"""DICOM files, one picture each, with the few tags that say who was scanned, when and where. Names are not read."""

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
from pydicom.pixels import apply_modality_lut, pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from hallmark.errors import InputError
from hallmark.formats import limits
from hallmark.formats.folders import RawFolder
from hallmark.formats.pictures.decoding import MOST_PIXELS, Shape, fit
from hallmark.formats.pictures.listing import from_names, listed

TAGS = (
    "SOPInstanceUID", "PatientID", "PatientSex", "PatientAge", "StudyDate", "InstitutionName", "StationName",
    "Manufacturer", "Modality",
)  # fmt: skip
# What pydicom raises on broken files, by where they are broken.
_FAULTS = (
    *(InvalidDicomError, OSError, EOFError, ValueError, TypeError),
    *(AttributeError, LookupError, RuntimeError, struct.error),
)
_GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")  # pydicom makes RGB of them
_SUFFIXES = (".dcm",)
_YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def read(
    folder: RawFolder,
    shape: Shape,
    columns: Mapping[str, str | None],
    metadata: str | None,
    *,
    window: Mapping[str, float] | None,
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Read the DICOM files that the metadata table lists or, without one, that lie in folders named as their label; a
    file without the suffix .dcm is one where its content begins as DICOM does.

    Returns pixels, uint8 (n, C, H, W), the files' names (n,), and a row for each with the table's columns and those of
    `TAGS` (age in years, dates as ISO 8601, "" where there is none); where both have a column, the table's counts.
    Grey values are the modality's (Hounsfield units for CT), cut to `window`, {"center", "width"}, or else to the
    file's own window, or else to the range of its bits; MONOCHROME1 is turned, so that more is always brighter.
    """
    if metadata:
        files, table = listed(folder, metadata, columns["image"])
    else:
        files, table = from_names(_scans(folder), folder, columns["label"])
    folder.require_all_read()

    pixels, tags = [], []
    for name, path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's remarks on values that nothing here reads
            one, said = _file(path, f"scan {name}", window)
        try:
            pixels.append(fit(one[None], shape))
        except InputError as error:
            raise InputError(f"scan {name}: {error}") from error
        tags.append(said)
    found = pd.DataFrame(tags).drop(columns=table.columns, errors="ignore")
    names = np.array([name for name, _ in files], object)
    return np.concatenate(pixels), names, pd.concat([table, found], axis=1)


def _scans(folder: RawFolder) -> dict[str, Path]:
    """Return the files that are DICOM by their suffix or by their content (PS3.10 7.1); they count as read."""
    named = folder.having(_SUFFIXES)
    scans = {name: path for name, path in folder.files.items() if name in named or _begins_as_dicom(path)}
    folder.count_as_read(scans)
    if not scans:
        raise InputError(f"{folder.root} holds no pictures ({', '.join(_SUFFIXES)}, or files that begin as DICOM does)")
    return scans


def _begins_as_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _file(path: Path, name: str, window: Mapping[str, float] | None) -> tuple[np.ndarray, dict[str, Any]]:
    limits.require_small(path, name)
    try:
        if pydicom.filereader.read_file_meta_info(path).get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            raise InputError(f"{name} is deflated as a whole, so that its size is not known: convert it first")
        data = pydicom.dcmread(path)
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{name} is missing") from error
    except _FAULTS as error:
        raise InputError(f"{name} can't be read as DICOM: {_sentence(error)}") from error
    if "PixelData" not in data:
        raise InputError(f"{name} holds no pixel data")
    if int(data.get("NumberOfFrames") or 1) != 1:
        raise InputError(f"{name} holds {data.NumberOfFrames} frames, where one picture is read: split it")
    if int(data.get("Rows") or 0) * int(data.get("Columns") or 0) > MOST_PIXELS:
        raise InputError(f"{name} has {data.Rows} by {data.Columns} pixels, more than {MOST_PIXELS}")
    if int(data.get("SamplesPerPixel") or 1) not in (1, 3):
        raise InputError(f"{name} has {data.SamplesPerPixel} samples a pixel, where 1 (grey) or 3 (colour) are read")
    try:
        _require_plain_pixels(data, name)
        raw = pixel_array(data)
        expected = (
            (data.Rows, data.Columns, 3) if int(data.get("SamplesPerPixel") or 1) == 3 else (data.Rows, data.Columns)
        )
        if raw.shape != expected:
            raise InputError(f"{name} holds pixels of the shape {raw.shape}, where its tags say {expected}: split it")
        return _eight_bit(raw, data, window, name), {tag: _tag(data, tag) for tag in TAGS}
    except InputError:
        raise
    except _FAULTS as error:
        raise InputError(f"{name} can't be decoded: {_sentence(error)}") from error


def _require_plain_pixels(data: pydicom.Dataset, name: str) -> None:
    """Raise `InputError` on pixels that mean something else than brightness or red, green and blue as stored."""
    kind, samples = str(data.get("PhotometricInterpretation") or ""), int(data.get("SamplesPerPixel") or 1)
    if kind == "PALETTE COLOR":
        raise InputError(f"{name} has PALETTE COLOR pixels, which are places in a table of colours: convert it to RGB")
    if kind not in (_GREY if samples == 1 else _COLOURS):
        known = ", ".join(_GREY if samples == 1 else _COLOURS)
        raise InputError(f"{name} has {kind!r} pixels of {samples} samples, where {known} are read: convert it")

    allocated, stored = int(data.get("BitsAllocated") or 0), int(data.get("BitsStored") or 0)
    if stored and int(data.get("HighBit") or 0) != stored - 1:
        raise InputError(
            f"{name} stores {stored} bits of {allocated} with the high bit {data.get('HighBit')}, where "
            f"{stored - 1} is read: convert it"
        )
    _require_no_frame_mapping(data, name)
    if samples == 1:
        _require_both(data, "RescaleSlope", "RescaleIntercept", name)
    if "RescaleSlope" in data and not float(data.RescaleSlope or 0):
        raise InputError(f"{name} has the RescaleSlope {data.RescaleSlope}, by which all grey values are one: mend it")
    if data.get("PresentationLUTShape") == "INVERSE" and kind == "MONOCHROME2":
        raise InputError(f"{name} is MONOCHROME2 and yet shown inverted (PresentationLUTShape INVERSE): convert it")


def _require_both(data: pydicom.Dataset, one: str, other: str, name: str) -> None:
    """Raise `InputError` where one of two tags that map the grey values together stands without the other, since the
    one would then be ignored.
    """
    lacking = [tag for tag in (one, other) if data.get(tag) is None or str(data.get(tag)).strip() == ""]
    if len(lacking) == 1:
        present = other if lacking[0] == one else one
        raise InputError(
            f"{name} has the {present} {data.get(present)} but no {lacking[0]}, so that it is not said what its grey "
            "values mean: write both tags, or remove both"
        )


def _require_no_frame_mapping(data: pydicom.Dataset, name: str) -> None:
    """Raise `InputError` where functional groups (PS3.3 C.7.6.16.2) map the grey values, which is not read."""
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in data.get(groups) or ():
            for mapping in ("PixelValueTransformationSequence", "FrameVOILUTSequence"):
                if mapping in item:
                    raise InputError(
                        f"{name} maps its grey values in a {mapping} of its {groups}, which is not read: convert it to "
                        "a single-frame file"
                    )


def _eight_bit(raw: np.ndarray, data: pydicom.Dataset, window: Mapping[str, float] | None, name: str) -> np.ndarray:
    if raw.ndim == 3:
        if raw.dtype != np.uint8 or data.BitsStored != 8:
            signed = "signed " if raw.dtype.kind == "i" else ""
            raise InputError(f"{name} has colours of {data.BitsStored} {signed}bits; only 8-bit colours are read")
        return raw
    values = apply_modality_lut(raw, data).astype(np.float64)
    low, high = _limits(data, window, name)
    share = np.clip((values - low) / (high - low), 0, 1)
    if data.PhotometricInterpretation == "MONOCHROME1":
        share = 1 - share
    pixels: np.ndarray = np.rint(255 * share).astype(np.uint8)
    pixels[_padding(raw, data)] = 0
    return pixels


def _padding(raw: np.ndarray, data: pydicom.Dataset) -> np.ndarray:
    """Return which stored values are padding (PS3.3 C.7.5.1.1.2), and so background in every photometric sense."""
    if "PixelPaddingValue" not in data:
        return np.zeros(raw.shape, bool)
    ends = [
        _stored(data.PixelPaddingValue, raw),
        _stored(data.get("PixelPaddingRangeLimit", data.PixelPaddingValue), raw),
    ]
    return np.asarray((raw >= min(ends)) & (raw <= max(ends)))


def _stored(value: Any, raw: np.ndarray) -> int:
    """Return a tag's number as the pixels store it: it may be written without its sign, or with one that they lack."""
    number = int(value)
    if raw.dtype.kind == "i" and number > np.iinfo(raw.dtype).max:
        return int(number - 2 ** (8 * raw.dtype.itemsize))
    if raw.dtype.kind == "u" and number < 0:
        return int(number + 2 ** (8 * raw.dtype.itemsize))
    return number


def _limits(data: pydicom.Dataset, window: Mapping[str, float] | None, name: str) -> tuple[float, float]:
    """Return the grey values that become black and white (PS3.3 C.11.2.1.2: width - 1 steps about center - 0.5)."""
    function = "LINEAR"
    if window is None:
        _require_both(data, "WindowCenter", "WindowWidth", name)
    own = data.get("WindowCenter") is not None and data.get("WindowWidth") is not None
    if window is None and own:
        window = {"center": _first(data.WindowCenter), "width": _first(data.WindowWidth)}
        function = str(data.get("VOILUTFunction") or function)
    if window is None and "VOILUTSequence" in data:
        raise InputError(
            f"{name} is shown by a table of its own (VOI LUT Sequence): set prepare.reading.window instead"
        )
    if function == "LINEAR_EXACT" and window is not None and window["width"] > 0:
        return window["center"] - window["width"] / 2, window["center"] + window["width"] / 2
    if function != "LINEAR":
        raise InputError(
            f"{name} has a window of the kind {function}, where LINEAR is read: set prepare.reading.window"
        )
    if window is not None:
        if not window["width"] > 1:
            raise InputError(f"{name} is to be shown in a window of width {window['width']:g}: more than 1 is needed")
        low = window["center"] - 0.5 - (window["width"] - 1) / 2
        return low, low + window["width"] - 1
    bits, signed = int(data.BitsStored), bool(data.PixelRepresentation)
    ends = np.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1])
    low, high = sorted(float(value) for value in apply_modality_lut(ends, data))
    return low, high


def _first(value: Any) -> float:
    """A file may name several windows: the first is the usual one."""
    return float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)


def _tag(data: pydicom.Dataset, tag: str) -> str:
    """Return a tag as text: an age in years, a date as ISO 8601; what is neither stays text that no reader takes for a
    number or a date, so that it is refused where a key names it.
    """
    value = str(data.get(tag) or "")
    if tag == "PatientAge" and value:
        unit, number = value[-1:], value[:-1]
        if unit not in _YEARS or not number.isdecimal():
            return value if any(map(str.isalpha, value)) else f"{value} without a unit"
        return f"{int(number) * _YEARS[unit]:.6g}"
    if tag == "StudyDate" and value:
        return f"{value[:4]}-{value[4:6]}-{value[6:]}" if _is_date(value) else value
    return value


def _is_date(text: str) -> bool:
    """Return whether a text is a day of the calendar, as YYYYMMDD."""
    try:
        return len(text) == 8 and text.isdecimal() and bool(datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])))
    except ValueError:
        return False


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
