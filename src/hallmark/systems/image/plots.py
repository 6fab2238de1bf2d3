"""Shows a picture as it is."""

from matplotlib.axes import Axes

from hallmark.contracts.examples import Examples
from hallmark.contracts.scorers import Predict


def draw(axes: Axes, example: Examples, predict: Predict) -> None:  # noqa: ARG001 (the contract's)
    """Draw the array "image", uint8 (1, C, H, W), with its pixels as they are."""
    image = example.arrays["image"][0]
    is_grey = image.shape[0] == 1
    if is_grey:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    else:
        axes.imshow(image.transpose(1, 2, 0), interpolation="nearest")
    axes.set_axis_off()
