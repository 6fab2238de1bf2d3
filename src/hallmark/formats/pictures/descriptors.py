"""Numbers that describe a picture whatever it shows: checked for range, watched for drift, searched for shortcuts."""

import numpy as np
import pandas as pd

_CHUNK = 4096  # pictures held as floats at once
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def describe(images: np.ndarray) -> pd.DataFrame:
    """Return the descriptors of uint8 (n, C, H, W), a row for each picture; all run from 0 to 1.

    brightness: mean; contrast: standard deviation; sharpness: mean difference of neighbouring pixels; ink: share of
    pixels brighter than half; offset: distance of the centre of brightness from the picture's centre, in half diagonals
    (0 for a black picture).
    """
    chunks = [_describe(images[start : start + _CHUNK]) for start in range(0, len(images), _CHUNK)]
    return pd.concat(chunks, ignore_index=True)


def _describe(images: np.ndarray) -> pd.DataFrame:
    scaled = images.astype(np.float32) / 255
    grey = scaled[:, 0] if images.shape[1] == 1 else np.tensordot(scaled, _LUMINANCE, ([1], [0]))
    values = {
        "brightness": grey.mean(axis=(1, 2)),
        "contrast": grey.std(axis=(1, 2)),
        "sharpness": (np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2)) + np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2)))
        / 2,
        "ink": (grey > 0.5).mean(axis=(1, 2)),
        "offset": _offset(grey),
    }
    return pd.DataFrame({name: value.astype(np.float64) for name, value in values.items()})


def _offset(grey: np.ndarray) -> np.ndarray:
    rows, columns = (np.linspace(-1, 1, size, dtype=np.float32) for size in grey.shape[1:])
    total = np.maximum(grey.sum(axis=(1, 2)), np.finfo(np.float32).tiny)
    down = (grey.sum(axis=2) @ rows) / total
    across = (grey.sum(axis=1) @ columns) / total
    offset: np.ndarray = np.hypot(down, across) / np.sqrt(2)
    return offset
