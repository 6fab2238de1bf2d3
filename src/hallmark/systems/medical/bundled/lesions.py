"""What may be wrong in a body, and what only looks so: shapes of several kinds and sizes, added to the anatomy."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.anatomy import MILLIMETRES, grid, within

Own = Mapping[str, np.ndarray]  # what is drawn for one person
_WAVES = 5  # of a nodule's irregular outline
_SPECKS = 6  # of a calcified lesion


def shapes(persons: int, generator: Generator) -> dict[str, np.ndarray]:
    """Draw where in each person something may lie, and how irregular it is: the same in every scan, values (n, …)."""
    angle, reach = generator.uniform(0, 2 * np.pi, persons), np.sqrt(generator.uniform(0, 1, persons))
    return {
        "at": np.stack([9.5 * reach * np.sin(angle), 11.5 * reach * np.cos(angle)], axis=1),  # pixels from the centre
        "phases": generator.uniform(0, 2 * np.pi, (persons, _WAVES)),
        "specks": generator.normal(0, 1, (persons, _SPECKS, 2)),
        "strength": generator.uniform(1.0, 1.5, persons),
    }


def add(
    image: np.ndarray,
    kinds: np.ndarray,
    sizes: np.ndarray,
    shape: Mapping[str, np.ndarray],
    generator: Generator,
) -> np.ndarray:
    """Return `image` (n, SIDE, SIDE) with what `kinds` (n,) says, of the diameter `sizes` (n,) in mm."""
    added = image.copy()
    down, right = grid()
    for row in np.flatnonzero(kinds != "none"):
        centre = shape["at"][row] + generator.normal(0, 0.5, 2)
        own = {name: values[row] for name, values in shape.items()}
        drawn = _KINDS[str(kinds[row])](
            down - centre[0], right - centre[1], sizes[row] / MILLIMETRES / 2, own, generator
        )
        added[row] += own["strength"] * drawn
    return np.asarray(np.maximum(added, 0))


def _nodule(down: np.ndarray, right: np.ndarray, radius: float, own: Own, _: object) -> np.ndarray:
    """Solid, with an outline that bulges and spikes."""
    angle = np.arctan2(down, right)
    bulges = np.cos(np.arange(2, 2 + _WAVES)[:, None, None] * angle + own["phases"][:, None, None]).sum(axis=0)
    return np.asarray(0.20 * within(np.hypot(down, right) - radius * (1 + 0.22 * bulges)))


def _ring(down: np.ndarray, right: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """A bright rim about a dark middle."""
    distance = np.hypot(down, right)
    return np.asarray(0.24 * within(np.abs(distance - radius) - 0.6) - 0.10 * within(distance - radius + 0.8))


def _diffuse(down: np.ndarray, right: np.ndarray, radius: float, _: Own, generator: Generator) -> np.ndarray:
    """A patch half as large again, without an outline, where tissue is coarse and brighter."""
    coarse = gaussian_filter(generator.normal(0, 1, down.shape), 0.6)
    return np.asarray(np.exp(-(down**2 + right**2) / (2 * (1.1 * radius) ** 2)) * (0.10 + 0.28 * coarse))


def _calcified(down: np.ndarray, right: np.ndarray, radius: float, own: Own, _: object) -> np.ndarray:
    """A cluster of specks."""
    specks = [within(np.hypot(down - 0.6 * radius * y, right - 0.6 * radius * x) - 0.4) for y, x in own["specks"]]
    return np.asarray(0.36 * np.max(specks, axis=0))


def _cyst(down: np.ndarray, right: np.ndarray, radius: float, *_: object) -> np.ndarray:
    """Benign: round, smooth and dark."""
    return -0.16 * within(np.hypot(down, right) - radius)


def _granuloma(down: np.ndarray, right: np.ndarray, *_: object) -> np.ndarray:
    """Benign: one small and very bright dot."""
    return 0.45 * within(np.hypot(down, right) - 0.8)


def _node(down: np.ndarray, right: np.ndarray, radius: float, own: Own, _: object) -> np.ndarray:
    """Benign: solid and oval, with a smooth outline."""
    turn = own["phases"][0]
    long, short = down * np.sin(turn) + right * np.cos(turn), down * np.cos(turn) - right * np.sin(turn)
    return 0.16 * within((np.hypot(long / 1.4, short / 0.7) - 0.8 * radius) * 0.7)


_KINDS: dict[str, Callable[..., np.ndarray]] = {
    "nodule": _nodule,
    "ring": _ring,
    "diffuse": _diffuse,
    "calcified": _calcified,
    "cyst": _cyst,
    "granuloma": _granuloma,
    "node": _node,
}
