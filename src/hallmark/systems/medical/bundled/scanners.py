"""Four scanners, which differ in sharpness, contrast, brightness and noise."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from hallmark.systems.medical.bundled.anatomy import SIDE


@dataclass(frozen=True)
class Scanner:
    """How a scanner turns a body's brightness into the image's, from 0 (black) to 1 (white)."""

    blur: float  # standard deviation of the point spread, in pixels
    contrast: float  # factor on the brightness
    offset: float  # added to the brightness
    noise: float  # standard deviation, in the body's brightness
    has_marker: bool = False  # whether it burns a bright mark into the upper left corner


SCANNERS = {  # by site
    "north": Scanner(blur=0.45, contrast=1.00, offset=0.05, noise=0.020),
    "south": Scanner(blur=0.50, contrast=0.95, offset=0.08, noise=0.035),
    "east": Scanner(blur=0.65, contrast=0.85, offset=0.12, noise=0.022),
    "west": Scanner(blur=0.50, contrast=1.15, offset=0.02, noise=0.028, has_marker=True),
}
# Standard deviations from scan to scan of one scanner:
_CONTRAST_VARIATION = 0.04  # as a share of the contrast
_OFFSET_VARIATION = 0.01  # brightness
_MARKER = np.s_[1:4, 1:3]  # rows and columns of the image
_MARKER_BRIGHTNESS = 0.95


def scan(bodies: np.ndarray, sites: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return uint8 scans of `bodies`, both (n, SIDE, SIDE), by the scanners at `sites` (n,)."""
    images = np.empty_like(bodies)
    for site, scanner in SCANNERS.items():
        is_at_site = sites == site
        count = int(is_at_site.sum())

        contrast = scanner.contrast * (1 + generator.normal(0, _CONTRAST_VARIATION, (count, 1, 1)))
        blurred = gaussian_filter(bodies[is_at_site], (0, scanner.blur, scanner.blur))
        noisy = blurred + generator.normal(0, scanner.noise, (count, SIDE, SIDE))
        offset_variation = generator.normal(0, _OFFSET_VARIATION, (count, 1, 1))
        images[is_at_site] = contrast * noisy + scanner.offset + offset_variation
        if scanner.has_marker:
            images[(is_at_site, *_MARKER)] = _MARKER_BRIGHTNESS

    pixels: np.ndarray = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    return pixels
