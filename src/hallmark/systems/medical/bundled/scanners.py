"""What four scanners make of the same body: each has its own sharpness, contrast, brightness and noise."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.anatomy import SIDE


@dataclass(frozen=True)
class Scanner:
    blur: float  # standard deviation of the point spread, in pixels
    contrast: float
    offset: float
    noise: float  # standard deviation
    marker: bool = False  # a token in the corner, as some sites burn it in


SCANNERS = {
    "north": Scanner(blur=0.45, contrast=1.00, offset=0.05, noise=0.020),
    "south": Scanner(blur=0.50, contrast=0.95, offset=0.08, noise=0.035),
    "east": Scanner(blur=0.65, contrast=0.85, offset=0.12, noise=0.022),
    "west": Scanner(blur=0.50, contrast=1.15, offset=0.02, noise=0.028, marker=True),
}
_DRIFT = 0.04  # by how much contrast and offset differ between scans of one scanner


def scan(bodies: np.ndarray, sites: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return uint8 (n, SIDE, SIDE): the bodies as the scanners at `sites` (n,) see them."""
    images = np.empty_like(bodies)
    for site, scanner in SCANNERS.items():
        at_site = sites == site
        count = int(at_site.sum())
        contrast = scanner.contrast * (1 + generator.normal(0, _DRIFT, (count, 1, 1)))
        blurred = gaussian_filter(bodies[at_site], (0, scanner.blur, scanner.blur))
        noisy = blurred + generator.normal(0, scanner.noise, (count, SIDE, SIDE))
        images[at_site] = contrast * noisy + scanner.offset + generator.normal(0, _DRIFT / 4, (count, 1, 1))
        if scanner.marker:
            images[at_site, 1:4, 1:3] = 0.95

    pixels: np.ndarray = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    return pixels
