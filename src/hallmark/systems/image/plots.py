"""Plots of a picture: its pixels."""

from matplotlib.axes import Axes

from hallmark.contracts.examples import Examples

draw_shaded = None
draw_attribution = None


def draw(axes: Axes, example: Examples) -> None:
    """Draw the picture of the one row of `example`: the array "image", uint8 (1, C, H, W).

    One channel is drawn in grey, three as red, green and blue.
    """
    image = example.arrays["image"][0]
    is_grey = image.shape[0] == 1
    if is_grey:
        axes.imshow(image[0], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    else:
        axes.imshow(image.transpose(1, 2, 0), interpolation="nearest")
    axes.set_axis_off()
