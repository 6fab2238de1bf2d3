"""Healthy anatomy of the phantom: outline, organs, vessels and the texture of tissue.

Brightness has no unit: 0 is air, and the brightest structures are near 1. Positions are (row,
column) from the image's centre in pixels, rows downwards and columns to the right.
"""

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.patients import MEAN_AGE

SIDE = 40  # pixels, of a square image
MILLIMETRES = 4.0  # the side of a pixel
_VESSELS = 7  # in each person
_VESSEL_RADIUS = 0.6  # pixels
_EDGE = 0.6  # pixels over which one tissue gives way to the next
_SHIFT = 0.7  # pixels, standard deviation of a person's position from scan to scan

# Brightness:
_BODY_BRIGHTNESS = 0.30
_TEXTURE_BRIGHTNESS = 0.13  # standard deviation before smoothing, at a density of 1
_ORGAN_BRIGHTNESS = {"left": 0.16, "right": -0.12}  # added to the body's


def pixel_offsets() -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's row and column from the image's centre, in pixels, each (SIDE, SIDE)."""
    offsets = np.arange(SIDE) - (SIDE - 1) / 2
    rows, columns = np.meshgrid(offsets, offsets, indexing="ij")
    return rows, columns


def soft_mask(distance: np.ndarray) -> np.ndarray:
    """Return 1 inside a shape and 0 outside, with a sigmoid edge about `_EDGE` pixels wide.

    `distance` is each pixel's distance from the outline in pixels, negative inside; any shape.
    """
    return np.asarray(1 / (1 + np.exp(np.clip(distance / (_EDGE / 2), -30, 30))))


def sample_anatomies(sex: np.ndarray, age: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Sample the anatomy parameters of n persons; all scans of a person share them.

    `sex` (n,) is "female" or "male", `age` (n,) is in years. All arrays end in two axes of length
    1, which broadcast over the rows and columns of an image. With V vessels a person:

    body_half_axes: (n, 2, 1, 1), of the elliptic outline along rows and columns, in pixels.
    density: (n, 1, 1), a factor on the strength of the tissue's texture; it grows with age.
    left_half_axes, right_half_axes: (n, 2, 1, 1), of the organ in the image's left or right half,
      in pixels.
    left_centre, right_centre: (n, 2, 1, 1), (row, column) of that organ's centre, in pixels.
    vessel_start, vessel_end: (n, V, 2, 1, 1), (row, column) of both ends of each vessel, in pixels.
    vessel_brightness: (n, V, 1, 1), added to what lies behind.
    """
    count = len(sex)

    def uniform(low: float, high: float) -> np.ndarray:
        return generator.uniform(low, high, (count, 1, 1))

    def vessel_uniform(low: float, high: float) -> np.ndarray:
        return generator.uniform(low, high, (count, _VESSELS, 1, 1))

    # The order of the calls fixes the raw data of a seed.
    vessel_angle = vessel_uniform(0, 2 * np.pi)
    vessel_length = vessel_uniform(2, 7)
    vessel_start = _pair(vessel_uniform(-11, 11), vessel_uniform(-13, 13))
    vessel_extent = _pair(vessel_length * np.sin(vessel_angle), vessel_length * np.cos(vessel_angle))

    is_male = (sex == "male")[:, None, None, None]
    years_above_mean = age[:, None, None] - MEAN_AGE
    return {
        "body_half_axes": _pair(uniform(14, 16), uniform(16, 18)) + 0.8 * is_male,
        "density": 1 + 0.25 * (years_above_mean / 30) + uniform(-0.15, 0.15),  # + 0.25 in 30 years
        "left_half_axes": _pair(uniform(4, 6), uniform(5, 7)),
        "left_centre": _pair(uniform(-3, 3), uniform(-9, -6)),
        "right_half_axes": _pair(uniform(3, 5), uniform(4, 6)),
        "right_centre": _pair(uniform(-3, 3), uniform(6, 9)),
        "vessel_brightness": vessel_uniform(0.08, 0.22),
        "vessel_start": vessel_start,
        "vessel_end": vessel_start + vessel_extent,
    }


def _pair(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return (row, column) pairs (…, 2, 1, 1) of two arrays (…, 1, 1)."""
    return np.stack([rows, columns], axis=-3)


def render_bodies(anatomies: Mapping[str, np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """Return healthy bodies (n, SIDE, SIDE), brightness of 0 or more, one a row of `anatomies`.

    Every scan has a random shift (`_SHIFT`) and tissue
    of its own, so that two scans of a person differ. `anatomies` are parameters as
    `sample_anatomies` returns.
    """
    count = len(anatomies["density"])
    rows, columns = pixel_offsets()
    rows = rows - generator.normal(0, _SHIFT, (count, 1, 1))
    columns = columns - generator.normal(0, _SHIFT, (count, 1, 1))

    image_centre = np.zeros((count, 2, 1, 1))
    image = _BODY_BRIGHTNESS * _ellipse(rows, columns, image_centre, anatomies["body_half_axes"])
    is_body = image > _BODY_BRIGHTNESS / 2

    texture = gaussian_filter(generator.normal(0, 1, image.shape), (0, 1.2, 1.2), mode="wrap")
    image += _TEXTURE_BRIGHTNESS * texture * is_body * anatomies["density"]

    for side, brightness in _ORGAN_BRIGHTNESS.items():
        centre = anatomies[f"{side}_centre"]
        half_axes = anatomies[f"{side}_half_axes"]
        image += brightness * _ellipse(rows, columns, centre, half_axes)

    for vessel in range(_VESSELS):
        start = anatomies["vessel_start"][:, vessel]
        end = anatomies["vessel_end"][:, vessel]
        image += anatomies["vessel_brightness"][:, vessel] * _tube(rows, columns, start, end)
    return np.maximum(image, 0)


def _ellipse(rows: np.ndarray, columns: np.ndarray, centre: np.ndarray, half_axes: np.ndarray) -> np.ndarray:
    """Return soft masks (n, SIDE, SIDE) of ellipses.

    `rows` and `columns` (n, SIDE, SIDE) are the pixels' offsets; `centre` and `half_axes` (n, 2, 1,
    1) are (row, column), all in pixels.
    """
    row_share = (rows - centre[:, 0]) / half_axes[:, 0]
    column_share = (columns - centre[:, 1]) / half_axes[:, 1]
    relative_radius = np.hypot(row_share, column_share)  # 1 on the outline
    return soft_mask((relative_radius - 1) * half_axes.min(axis=1))


def _tube(rows: np.ndarray, columns: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return soft masks (n, SIDE, SIDE) of vessels from `start` to `end` (n, 2, 1, 1)."""
    extent = end - start
    rows_from_start = rows - start[:, 0]
    columns_from_start = columns - start[:, 1]

    # The nearest point of the vessel's middle line, as a share of the way from start to end.
    squared_length = np.maximum((extent**2).sum(axis=1), 1e-6)
    share = (rows_from_start * extent[:, 0] + columns_from_start * extent[:, 1]) / squared_length
    share = np.clip(share, 0, 1)

    rows_off = rows_from_start - share * extent[:, 0]
    columns_off = columns_from_start - share * extent[:, 1]
    distance = np.hypot(rows_off, columns_off)
    return soft_mask(distance - _VESSEL_RADIUS)
