"""What may be wrong in a body, and what only looks so: shapes of several kinds and sizes, added to the anatomy."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.anatomy import MILLIMETRES, grid, within

Shape = Mapping[str, np.ndarray]  # of one person: "phases" (_WAVES,), "specks" (_SPECKS, 2) …, see `draw_shapes`
_WAVES = 5  # of a nodule's irregular outline
_SPECKS = 6  # of a calcified lesion


def draw_shapes(persons: int, generator: Generator) -> dict[str, np.ndarray]:
    """Draw where in each person something may lie, and how irregular it is: the same in every scan, values (n, …)."""
    angle = generator.uniform(0, 2 * np.pi, persons)
    distance = np.sqrt(generator.uniform(0, 1, persons))  # from the centre, as a share of the way to the outline
    centre = np.stack([9.5 * distance * np.sin(angle), 11.5 * distance * np.cos(angle)], axis=1)
    return {
        "centre": centre,  # pixels down and to the right of the middle
        "phases": generator.uniform(0, 2 * np.pi, (persons, _WAVES)),
        "specks": generator.normal(0, 1, (persons, _SPECKS, 2)),
        "strength": generator.uniform(1.0, 1.5, persons),
    }


def add_lesions(
    image: np.ndarray,
    kinds: np.ndarray,
    sizes: np.ndarray,
    shapes: Mapping[str, np.ndarray],
    generator: Generator,
) -> np.ndarray:
    """Return `image` (n, SIDE, SIDE) with what `kinds` (n,) says, of the diameter `sizes` (n,) in mm.

    Each kind's function takes how far down and to the right of its centre the pixels lie (SIDE, SIDE), the radius in
    pixels and the person's shape, and returns what is added to the image (SIDE, SIDE).
    """
    result = image.copy()
    down, right = grid()
    for row in np.flatnonzero(kinds != "none"):
        shape = {name: values[row] for name, values in shapes.items()}
        centre = shape["centre"] + generator.normal(0, 0.5, 2)
        radius = sizes[row] / MILLIMETRES / 2  # pixels
        draw = _KINDS[str(kinds[row])]
        lesion = draw(down - centre[0], right - centre[1], radius, shape, generator)
        result[row] += shape["strength"] * lesion
    return np.asarray(np.maximum(result, 0))


def _nodule(down: np.ndarray, right: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """Solid, with an outline that bulges and spikes."""
    angle = np.arctan2(down, right)
    bulges = np.cos(np.arange(2, 2 + _WAVES)[:, None, None] * angle + shape["phases"][:, None, None]).sum(axis=0)
    return np.asarray(0.20 * within(np.hypot(down, right) - radius * (1 + 0.22 * bulges)))


def _ring(down: np.ndarray, right: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """A bright rim about a dark middle."""
    distance = np.hypot(down, right)
    return np.asarray(0.24 * within(np.abs(distance - radius) - 0.6) - 0.10 * within(distance - radius + 0.8))


def _diffuse(down: np.ndarray, right: np.ndarray, radius: float, _: Shape, generator: Generator) -> np.ndarray:
    """A patch half as large again, without an outline, where tissue is coarse and brighter."""
    coarse = gaussian_filter(generator.normal(0, 1, down.shape), 0.6)
    return np.asarray(np.exp(-(down**2 + right**2) / (2 * (1.1 * radius) ** 2)) * (0.10 + 0.28 * coarse))


def _calcified(down: np.ndarray, right: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """A cluster of specks."""
    specks = [within(np.hypot(down - 0.6 * radius * y, right - 0.6 * radius * x) - 0.4) for y, x in shape["specks"]]
    return np.asarray(0.36 * np.max(specks, axis=0))


def _cyst(down: np.ndarray, right: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """Benign: round, smooth and dark."""
    return -0.16 * within(np.hypot(down, right) - radius)


def _granuloma(down: np.ndarray, right: np.ndarray, *_: object) -> np.ndarray:
    """Benign: one small and very bright dot."""
    return 0.45 * within(np.hypot(down, right) - 0.8)


def _node(down: np.ndarray, right: np.ndarray, radius: float, shape: Shape, _: object) -> np.ndarray:
    """Benign: solid and oval, with a smooth outline."""
    turn = shape["phases"][0]
    along = down * np.sin(turn) + right * np.cos(turn)
    across = down * np.cos(turn) - right * np.sin(turn)
    return 0.16 * within((np.hypot(along / 1.4, across / 0.7) - 0.8 * radius) * 0.7)


_KINDS: dict[str, Callable[..., np.ndarray]] = {
    "nodule": _nodule,
    "ring": _ring,
    "diffuse": _diffuse,
    "calcified": _calcified,
    "cyst": _cyst,
    "granuloma": _granuloma,
    "node": _node,
}
