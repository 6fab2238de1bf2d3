"""Lesions and benign look-alikes of the phantom, added to healthy anatomy.

Positions are (row, column) in pixels, brightness is that of `anatomy`.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.anatomy import MILLIMETRES, pixel_offsets, soft_mask

Shape = Mapping[str, np.ndarray]  # of one person: a row of what `sample_shapes` returns
_WAVES = 5  # of a nodule's irregular outline
_SPECKS = 6  # of a calcified lesion


def sample_shapes(persons: int, generator: Generator) -> dict[str, np.ndarray]:
    """Sample place and shape of a possible lesion in n persons; all scans of a person share them.

    centre: (n, 2), (row, column) from the image's centre, in pixels, uniform over an ellipse in the
      body.
    phases: (n, _WAVES), of the waves of an irregular outline, in rad.
    specks: (n, _SPECKS, 2), (row, column) from the lesion's centre, in units of 0.6 radii.
    strength: (n,), a factor on the lesion's brightness.
    """
    angle = generator.uniform(0, 2 * np.pi, persons)
    distance = np.sqrt(generator.uniform(0, 1, persons))  # share of the half-axes, uniform in area
    rows = 9.5 * distance * np.sin(angle)
    columns = 11.5 * distance * np.cos(angle)
    return {
        "centre": np.stack([rows, columns], axis=1),
        "phases": generator.uniform(0, 2 * np.pi, (persons, _WAVES)),
        "specks": generator.normal(0, 1, (persons, _SPECKS, 2)),
        "strength": generator.uniform(1.0, 1.5, persons),
    }


def add_lesions(
    images: np.ndarray,
    kinds: np.ndarray,
    diameters: np.ndarray,
    shapes: Mapping[str, np.ndarray],
    generator: Generator,
) -> np.ndarray:
    """Return a copy of `images` (n, SIDE, SIDE) with the lesions or look-alikes of `kinds` added.

    `kinds` (n,) are keys of `_RENDERERS`, or "none"; `diameters` (n,) are in mm; `shapes` has a row
    for each image. In every scan the lesion lies about half a pixel away from the person's
    `centre`.
    """
    result = images.copy()
    rows, columns = pixel_offsets()
    for index in np.flatnonzero(kinds != "none"):
        shape = {name: values[index] for name, values in shapes.items()}
        centre_row, centre_column = shape["centre"] + generator.normal(0, 0.5, 2)
        radius = diameters[index] / MILLIMETRES / 2  # pixels
        render = _RENDERERS[str(kinds[index])]
        lesion = render(rows - centre_row, columns - centre_column, radius, shape, generator)
        result[index] += shape["strength"] * lesion
    return np.asarray(np.maximum(result, 0))


# Each function below renders one kind. `rows` and `columns` (SIDE, SIDE) are the pixels' offsets from
# the lesion's centre, `radius` is in pixels. It returns the brightness (SIDE, SIDE) to be added.


def _nodule(rows: np.ndarray, columns: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """Render a solid lesion, whose outline bulges and spikes: a sum of waves around it."""
    angle = np.arctan2(rows, columns)
    waves_per_turn = np.arange(2, 2 + _WAVES)[:, None, None]
    waves = np.cos(waves_per_turn * angle + shape["phases"][:, None, None])  # (_WAVES, SIDE, SIDE)
    outline_radius = radius * (1 + 0.22 * waves.sum(axis=0))
    return np.asarray(0.20 * soft_mask(np.hypot(rows, columns) - outline_radius))


def _ring(rows: np.ndarray, columns: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """Render a bright rim about a dark middle."""
    distance = np.hypot(rows, columns)
    rim = soft_mask(np.abs(distance - radius) - 0.6)
    middle = soft_mask(distance - radius + 0.8)
    return np.asarray(0.24 * rim - 0.10 * middle)


def _diffuse(rows: np.ndarray, columns: np.ndarray, radius: float, _: Shape, generator: Generator) -> np.ndarray:
    """Render a coarser, brighter patch without an outline: a Gaussian of 1.1 radii."""
    coarse_texture = gaussian_filter(generator.normal(0, 1, rows.shape), 0.6)
    envelope = np.exp(-(rows**2 + columns**2) / (2 * (1.1 * radius) ** 2))
    return np.asarray(envelope * (0.10 + 0.28 * coarse_texture))


def _calcified(rows: np.ndarray, columns: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """Render a cluster of bright specks."""
    specks = []
    for row, column in shape["specks"]:
        distance = np.hypot(rows - 0.6 * radius * row, columns - 0.6 * radius * column)
        specks.append(soft_mask(distance - 0.4))
    return np.asarray(0.36 * np.max(specks, axis=0))


def _cyst(rows: np.ndarray, columns: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """Render a benign look-alike: round, smooth and dark."""
    return -0.16 * soft_mask(np.hypot(rows, columns) - radius)


def _granuloma(rows: np.ndarray, columns: np.ndarray, *_: object) -> np.ndarray:
    """Render a benign look-alike: a very bright dot, 0.8 pixels in radius for every diameter."""
    return 0.45 * soft_mask(np.hypot(rows, columns) - 0.8)


def _node(rows: np.ndarray, columns: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """Render a benign look-alike: solid and oval, with a smooth outline."""
    tilt = shape["phases"][0]  # rad
    along = rows * np.sin(tilt) + columns * np.cos(tilt)
    across = rows * np.cos(tilt) - columns * np.sin(tilt)
    distance = np.hypot(along / 1.4, across / 0.7) - 0.8 * radius
    return 0.16 * soft_mask(distance * 0.7)


_RENDERERS: dict[str, Callable[..., np.ndarray]] = {
    "nodule": _nodule,
    "ring": _ring,
    "diffuse": _diffuse,
    "calcified": _calcified,
    "cyst": _cyst,
    "granuloma": _granuloma,
    "node": _node,
}
