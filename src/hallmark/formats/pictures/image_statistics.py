"""Image statistics: descriptors of any picture, for the checks of range, drift and shortcuts."""

import numpy as np
import pandas as pd

_CHUNK = 4096  # pictures that are floats in memory at once
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def describe_images(images: np.ndarray) -> pd.DataFrame:
    """Return the descriptors of pictures, uint8 (n, C, H, W), as a table with a row for each picture.

    All are computed of the luminance from 0 (black) to 1 (white), and lie between 0 and 1:

    - brightness: mean.
    - contrast: standard deviation.
    - sharpness: mean absolute difference of neighbouring pixels, vertical and horizontal.
    - ink: fraction of the pixels brighter than 0.5.
    - offset: distance of the centroid of brightness from the picture's centre, in half diagonals.
    """
    chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
    return pd.concat([_describe(chunk) for chunk in chunks], ignore_index=True)


def _describe(images: np.ndarray) -> pd.DataFrame:
    scaled = images.astype(np.float32) / 255
    is_grey = images.shape[1] == 1
    grey = scaled[:, 0] if is_grey else np.tensordot(scaled, _LUMINANCE, ([1], [0]))  # (n, H, W)

    pixels = (1, 2)
    vertical_steps = np.abs(np.diff(grey, axis=1)).mean(axis=pixels)
    horizontal_steps = np.abs(np.diff(grey, axis=2)).mean(axis=pixels)
    values = {
        "brightness": grey.mean(axis=pixels),
        "contrast": grey.std(axis=pixels),
        "sharpness": (vertical_steps + horizontal_steps) / 2,
        "ink": (grey > 0.5).mean(axis=pixels),
        "offset": _offset(grey),
    }
    return pd.DataFrame({name: value.astype(np.float64) for name, value in values.items()})


def _offset(grey: np.ndarray) -> np.ndarray:
    """Return how far the centroid of brightness of (n, H, W) is from the centre, in half diagonals (n,).

    A black picture has 0.
    """
    _, height, width = grey.shape
    rows = np.linspace(-1, 1, height, dtype=np.float32)  # positions from top to bottom
    columns = np.linspace(-1, 1, width, dtype=np.float32)  # from left to right
    total = np.maximum(grey.sum(axis=(1, 2)), np.finfo(np.float32).tiny)
    down = (grey.sum(axis=2) @ rows) / total
    across = (grey.sum(axis=1) @ columns) / total
    offset: np.ndarray = np.hypot(down, across) / np.sqrt(2)
    return offset
