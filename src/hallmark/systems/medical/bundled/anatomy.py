"""What a scan shows of a healthy body: outline, organs, vessels and the texture of tissue, from 0 (air) to about 1."""

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import gaussian_filter

SIDE = 40  # pixels
MILLIMETRES = 4.0  # the side of a pixel
_VESSELS = 7
_EDGE = 0.6  # pixels over which one tissue gives way to the next


def grid() -> tuple[np.ndarray, np.ndarray]:
    """Return how far down and how far to the right each pixel lies from the centre, in pixels (SIDE, SIDE)."""
    line = np.arange(SIDE) - (SIDE - 1) / 2
    down, right = np.meshgrid(line, line, indexing="ij")
    return down, right


def within(distance: np.ndarray) -> np.ndarray:
    """Return 1 inside (negative distance in pixels), 0 outside, with a soft edge."""
    return np.asarray(1 / (1 + np.exp(np.clip(distance / (_EDGE / 2), -30, 30))))


def draw_shapes(sex: np.ndarray, age: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw what makes the anatomy of persons of `sex` and `age` in years (n,): in pixels, values (n, …, 1, 1)."""
    ageing = (age[:, None, None] - 58) / 30

    def between(low: float, high: float, *more: int) -> np.ndarray:
        return generator.uniform(low, high, (len(sex), *more, 1, 1))

    angle = between(0, 2 * np.pi, _VESSELS)
    length = between(2, 7, _VESSELS)
    start = np.stack([between(-11, 11, _VESSELS), between(-13, 13, _VESSELS)], axis=2)
    end = start + np.stack([length * np.sin(angle), length * np.cos(angle)], axis=2)
    return {
        "body": np.stack([between(14, 16), between(16, 18)], 1) + 0.8 * (sex == "male")[:, None, None, None],
        "density": 1 + 0.25 * ageing + between(-0.15, 0.15),
        "left": np.stack([between(4, 6), between(5, 7)], 1),
        "left_at": np.stack([between(-3, 3), between(-9, -6)], 1),
        "right": np.stack([between(3, 5), between(4, 6)], 1),
        "right_at": np.stack([between(-3, 3), between(6, 9)], 1),
        "bright": between(0.08, 0.22, _VESSELS),
        "from": start,
        "to": end,
    }


def draw_bodies(shape: Mapping[str, np.ndarray], generator: np.random.Generator) -> np.ndarray:
    """Draw scans (n, SIDE, SIDE) of persons' shapes.

    Each person lies a little differently each time, and tissue is never twice the same.
    """
    count = len(shape["density"])
    down, right = (axis[None] - generator.normal(0, 0.7, (count, 1, 1)) for axis in grid())

    image = 0.30 * _ellipse(down, right, np.zeros((count, 2, 1, 1)), shape["body"])
    tissue = gaussian_filter(generator.normal(0, 1, image.shape), (0, 1.2, 1.2), mode="wrap")
    image += 0.13 * tissue * (image > 0.15) * shape["density"]
    for organ, brightness in (("left", 0.16), ("right", -0.12)):
        image += brightness * _ellipse(down, right, shape[f"{organ}_at"], shape[organ])
    for number in range(_VESSELS):
        image += shape["bright"][:, number] * _tube(down, right, shape["from"][:, number], shape["to"][:, number])
    return np.maximum(image, 0)


def _ellipse(down: np.ndarray, right: np.ndarray, at: np.ndarray, radii: np.ndarray) -> np.ndarray:
    distance = np.hypot((down - at[:, 0]) / radii[:, 0], (right - at[:, 1]) / radii[:, 1])
    return within((distance - 1) * radii.min(axis=1))


def _tube(down: np.ndarray, right: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A vessel a good pixel wide, from `start` to `end` (n, 2, 1, 1)."""
    along = end - start
    length = np.maximum((along**2).sum(axis=1), 1e-6)
    share = np.clip(((down - start[:, 0]) * along[:, 0] + (right - start[:, 1]) * along[:, 1]) / length, 0, 1)
    distance = np.hypot(down - start[:, 0] - share * along[:, 0], right - start[:, 1] - share * along[:, 1])
    return within(distance - 0.6)
