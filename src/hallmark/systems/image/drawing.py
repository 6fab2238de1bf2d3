"""Shows a picture as a person would look at it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

if TYPE_CHECKING:
    import pandas as pd


def draw(axes: Axes, inputs: Mapping[str, np.ndarray], row: "pd.Series[Any]") -> None:  # noqa: ARG001 (the contract's)
    """Draw `inputs["image"]`, uint8 (C, H, W), with its pixels as they are; the caller writes the title."""
    image = inputs["image"]
    if image.shape[0] == 1:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    else:
        axes.imshow(image.transpose(1, 2, 0), interpolation="nearest")
    axes.set_axis_off()
