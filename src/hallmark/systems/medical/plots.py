"""One scan with its occlusion map: where the probability of the answer depends on it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from scipy.ndimage import gaussian_filter

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict
from hallmark.report_figures import PALETTE

_PATCHES = 10  # steps along the longer side; a patch is two steps wide, so that neighbours overlap
# Blue: against the answer; vermilion: for it; transparent: no effect (Okabe & Ito's colours).
_COLOURS = LinearSegmentedColormap.from_list("attribution", [f"{PALETTE[0]}d0", "#ffffff00", f"{PALETTE[1]}d0"])


def draw(axes: Axes, example: Examples, predict: Predict) -> None:
    """Draw the array "image", uint8 (1, C, H, W), the occlusion map over it, and the map's scale."""
    image = example.arrays["image"][0]
    if image.shape[0] == 1:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    else:
        axes.imshow(image.transpose(1, 2, 0), interpolation="nearest")

    occlusion_map = attribution(example, predict)
    largest = max(float(np.abs(occlusion_map).max()), 0.01)  # smaller effects on the probability stay pale
    overlay = axes.imshow(occlusion_map, cmap=_COLOURS, vmin=-largest, vmax=largest, interpolation="bilinear")
    bar = axes.inset_axes((1.02, 0.0, 0.04, 1.0))
    axes.figure.colorbar(overlay, cax=bar, ticks=[-largest, 0, largest], format="%+.2f")
    bar.tick_params(labelsize=6, length=2)
    axes.set_axis_off()


def attribution(example: Examples, predict: Predict) -> np.ndarray:
    """Occlusion map (H, W): the fall of the answer's probability when a pixel is covered.

    A square patch slides over the scan; within it, the scan is blurred beyond recognition. Each
    pixel gets the mean fall over the patches that cover it (Zeiler & Fergus 2014, "Visualizing and
    understanding convolutional networks"; blur as in Fong & Vedaldi 2017, since a grey patch would
    itself be something to see). `example` is one example; `predict` may be any scorer, since only
    its outputs are used.
    """
    image = np.asarray(example.arrays["image"])
    height, width = image.shape[2:]
    step = max(1, -(-max(height, width) // _PATCHES))
    patches = [
        np.s_[max(top, 0) : top + 2 * step, max(left, 0) : left + 2 * step]
        for top in range(1 - step, height, step)
        for left in range(1 - step, width, step)
    ]

    covered = np.repeat(image, len(patches) + 1, axis=0)  # a scan for each patch; the last one is uncovered
    blurred = gaussian_filter(image, (0, 0, 2 * step, 2 * step))
    for row, patch in enumerate(patches):
        covered[(row, slice(None), *patch)] = blurred[(0, slice(None), *patch)]

    copies = example.take(np.zeros(len(covered), int))
    logits = predict(Examples(copies.table, {**copies.arrays, "image": covered}, example.labels))["logits"]
    probability = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    answer = int(np.argmax(probability[-1]))

    total = np.zeros((height, width))
    count = np.zeros((height, width))
    for row, patch in enumerate(patches):
        total[patch] += probability[-1, answer] - probability[row, answer]
        count[patch] += 1
    return total / count
