"""Grey values of DICOM files (PS3.3): from stored pixels to 8 bits between black and white."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels import apply_modality_lut

from hallmark.errors import InputError


def to_eight_bit(
    stored: np.ndarray, data: pydicom.Dataset, window: Mapping[str, float] | None, name: str
) -> np.ndarray:
    """Return uint8 pixels of the shape of `stored`, (h, w) or (h, w, 3), from black 0 to white 255.

    Grey values (the modality's, such as Hounsfield units) are cut to `window`, see `_limits`; a
    larger one is brighter; padding is black. Colours stay, and must have 8 bits. `name` is for
    messages.
    """
    if stored.ndim == 3:
        if stored.dtype != np.uint8 or data.BitsStored != 8:
            signed = "signed " if stored.dtype.kind == "i" else ""
            raise InputError(f"{name} has colours of {data.BitsStored} {signed}bits; only 8-bit colours are read")
        return stored

    values = apply_modality_lut(stored, data).astype(np.float64)
    black, white = _limits(data, window, name)
    brightness = np.clip((values - black) / (white - black), 0, 1)
    if data.PhotometricInterpretation == "MONOCHROME1":
        brightness = 1 - brightness

    pixels: np.ndarray = np.rint(255 * brightness).astype(np.uint8)
    pixels[_is_padding(stored, data)] = 0
    return pixels


def _is_padding(stored: np.ndarray, data: pydicom.Dataset) -> np.ndarray:
    """Return which stored values are padding (PS3.3 C.7.5.1.1.2), bool of the same shape.

    Padding is background, also in MONOCHROME1, where its value would be white.
    """
    if "PixelPaddingValue" not in data:
        return np.zeros(stored.shape, bool)
    value = _as_stored(data.PixelPaddingValue, stored)
    limit = _as_stored(data.get("PixelPaddingRangeLimit", data.PixelPaddingValue), stored)
    return np.asarray((stored >= min(value, limit)) & (stored <= max(value, limit)))


def _as_stored(value: Any, stored: np.ndarray) -> int:
    """Return a tag's number in the integer type of the pixels.

    The tag may have the same bits with the other signedness: 65535 for a signed -1, say.
    """
    number = int(value)
    n_values = 2 ** (8 * stored.dtype.itemsize)
    if stored.dtype.kind == "i" and number > np.iinfo(stored.dtype).max:
        return int(number - n_values)
    if stored.dtype.kind == "u" and number < 0:
        return int(number + n_values)
    return number


def _limits(data: pydicom.Dataset, window: Mapping[str, float] | None, name: str) -> tuple[float, float]:
    """Return the grey values that become black and white.

    They are the ends of `window` or, if it is None, of the file's own window, or else of what its
    bits can hold.
    """
    function = "LINEAR"
    if window is None:
        require_both(data, "WindowCenter", "WindowWidth", name)
        if data.get("WindowCenter") is not None and data.get("WindowWidth") is not None:
            window = {"center": _first(data.WindowCenter), "width": _first(data.WindowWidth)}
            function = str(data.get("VOILUTFunction") or function)
        elif "VOILUTSequence" in data:
            raise InputError(
                f"{name} is shown by a table of its own (VOI LUT Sequence): set prepare.reading.window instead"
            )
    return _limits_of_bits(data) if window is None else _limits_of_window(window, function, name)


def _limits_of_window(window: Mapping[str, float], function: str, name: str) -> tuple[float, float]:
    """Return the grey values at the ends of a window, by its VOI LUT function (PS3.3 C.11.2.1.2).

    LINEAR has width - 1 steps about center - 0.5, and LINEAR_EXACT has width about center.
    """
    center = window["center"]
    width = window["width"]
    if function == "LINEAR_EXACT" and width > 0:
        return center - width / 2, center + width / 2
    if function != "LINEAR":
        raise InputError(
            f"{name} has a window of the kind {function}, where LINEAR is read: set prepare.reading.window"
        )
    if not width > 1:
        raise InputError(f"{name} is to be shown in a window of width {width:g}: more than 1 is needed")
    black = center - 0.5 - (width - 1) / 2
    return black, black + width - 1


def _limits_of_bits(data: pydicom.Dataset) -> tuple[float, float]:
    """Return the least and the largest grey value of the modality that the stored bits can express."""
    bits = int(data.BitsStored)
    is_signed = bool(data.PixelRepresentation)
    ends = np.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if is_signed else [0, 2**bits - 1])
    black, white = sorted(float(value) for value in apply_modality_lut(ends, data))
    return black, white


def _first(value: Any) -> float:
    """Return a number or the first of several: of a file's windows, the first is the usual one."""
    return float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)


def require_both(data: pydicom.Dataset, one: str, other: str, name: str) -> None:
    """Raise `InputError` where a file has one of two tags that map grey values together, but not the other.

    The one alone would be ignored.
    """
    absent_tags = [tag for tag in (one, other) if data.get(tag) is None or str(data.get(tag)).strip() == ""]
    if len(absent_tags) == 1:
        (absent,) = absent_tags
        present = other if absent == one else one
        raise InputError(
            f"{name} has the {present} {data.get(present)} but no {absent}, so that it is not said what its grey "
            "values mean: write both tags, or remove both"
        )
