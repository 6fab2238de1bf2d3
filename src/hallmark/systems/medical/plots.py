"""One scan, and its occlusion map: where the answer depends on it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from scipy.ndimage import gaussian_filter

from hallmark.contracts.examples import Examples
from hallmark.report_figures import PALETTE

_PATCHES = 10  # steps along the longer side; a patch is two steps wide, so that neighbours overlap
# Blue: against the answer; vermilion: for it; transparent: no effect (Okabe & Ito's colours).
_COLOURS = LinearSegmentedColormap.from_list("attribution", [f"{PALETTE[0]}d0", "#ffffff00", f"{PALETTE[1]}d0"])
_PALE_FALL = 0.01  # maps whose largest fall is smaller than this stay pale

draw_shaded = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the scan: the array "image", uint8 (1, C, H, W), with C = 1 in grey and C = 3 in colour."""
    image = example.arrays["image"][0]
    if image.shape[0] == 1:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    else:
        axes.imshow(image.transpose(1, 2, 0), interpolation="nearest")
    axes.set_axis_off()


def draw_attribution(axes: Axes, example: Examples, support: Callable[[Examples], np.ndarray]) -> None:
    """Draw the occlusion map over the scan, and the map's scale beside it."""
    falls = occlusion_map(example, support)
    largest = max(float(np.abs(falls).max()), _PALE_FALL)
    overlay = axes.imshow(falls, cmap=_COLOURS, vmin=-largest, vmax=largest, interpolation="bilinear")
    bar = axes.inset_axes((1.02, 0.0, 0.04, 1.0))
    axes.figure.colorbar(overlay, cax=bar, ticks=[-largest, 0, largest], format="%+.2f")
    bar.tick_params(labelsize=6, length=2)
    bar.set_ylabel("fall of support, of 1", fontsize=6, labelpad=0)


def occlusion_map(example: Examples, support: Callable[[Examples], np.ndarray]) -> np.ndarray:
    """Return the occlusion map (H, W): by how much the support of the answer falls when a pixel is covered.

    A square patch slides over the scan; within it, the scan is blurred beyond recognition. Each
    pixel gets the mean fall over the patches that cover it (Zeiler & Fergus 2014, "Visualizing and
    understanding convolutional networks"; blur as in Fong & Vedaldi 2017, since a grey patch would
    itself be something to see). `example` is one example; `support` may be that of any answer and
    any scorer (see `hallmark.systems.system.DrawAttribution`).
    """
    image = np.asarray(example.arrays["image"])
    height, width = image.shape[2:]
    step = max(1, -(-max(height, width) // _PATCHES))
    patches = [
        np.s_[max(top, 0) : top + 2 * step, max(left, 0) : left + 2 * step]
        for top in range(1 - step, height, step)
        for left in range(1 - step, width, step)
    ]

    covered = np.repeat(image, len(patches) + 1, axis=0)  # the scan itself, and one for each patch
    blurred = gaussian_filter(image, (0, 0, 2 * step, 2 * step))
    for row, patch in enumerate(patches, start=1):
        covered[(row, slice(None), *patch)] = blurred[(0, slice(None), *patch)]

    copies = example.take(np.zeros(len(covered), int))
    values = support(replace(copies, arrays={**copies.arrays, "image": covered}))

    total = np.zeros((height, width))
    count = np.zeros((height, width))
    for row, patch in enumerate(patches, start=1):
        total[patch] += values[0] - values[row]
        count[patch] += 1
    return total / count
