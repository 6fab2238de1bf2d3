"""The picture of a scan: the map of what an answer looks at, by hand and as it is drawn."""

import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank
from hallmark.systems.medical.plots import draw, draw_attribution, occlusion_map


def _scan(channels: int = 1, side: int = 20, corner: int = 255) -> Examples:
    image = np.full((1, channels, side, side), 60, np.uint8)
    image[..., :4, :4] = corner
    return Examples(pd.DataFrame({"id": ["a"]}), {"image": image, "clinical": np.ones((1, 2), np.float32)}, ("a", "b"))


def _looks_at_the_corner(examples: Examples) -> np.ndarray:
    """The probability of label b, which is high where the upper left corner is bright, and nothing else counts."""
    assert len(examples.arrays["clinical"]) == len(examples.table) == len(examples)  # copies stay whole examples
    bright = examples.arrays["image"][:, :, :4, :4].mean(axis=(1, 2, 3)) / 255
    return np.asarray(1 / (1 + np.exp(4 - 8 * bright)))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_a_predictor_looks_at_is_found_and_nothing_else(channels: int) -> None:
    found = occlusion_map(_scan(channels), _looks_at_the_corner)
    assert found.shape == (20, 20)
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert row < 4
    assert column < 4
    assert found[:4, :4].min() > 0.02
    # The farthest patch that touches the corner begins at its last pixel, and is four pixels long.
    assert np.abs(found[7:]).max() == np.abs(found[:, 7:]).max() == 0


def test_what_speaks_against_the_answer_is_negative() -> None:
    found = occlusion_map(_scan(corner=120), lambda examples: 1 - _looks_at_the_corner(examples))
    # The corner is a little brighter than its surroundings: covering it makes the answer (a) surer.
    assert found.min() < -0.001
    assert found.max() == pytest.approx(0, abs=1e-9)


def test_the_map_is_in_units_of_the_support_by_hand() -> None:
    example = _scan(side=4, corner=60)  # patches of two by two pixels, one pixel apart
    example.arrays["image"][0, 0, 0, 0] = 200

    def looks_at_one_pixel(examples: Examples) -> np.ndarray:
        return np.where(examples.arrays["image"][:, 0, 0, 0] == 200, 0.75, 0.5)

    found = occlusion_map(example, looks_at_one_pixel)
    # One patch covers the pixel, and takes a quarter off the answer; the pixels beside it are in other patches too.
    assert found[:2, :2] == pytest.approx(np.array([[0.25, 0.125], [0.125, 0.0625]]))
    assert np.abs(found[2:]).max() == np.abs(found[:, 2:]).max() == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_the_scan_is_shown_with_its_map_and_scale(channels: int) -> None:
    example = _scan(channels)
    _, axes = blank()
    draw(axes, example)
    assert not axes.axison
    draw_attribution(axes, example, _looks_at_the_corner)
    scan, over = (np.asarray(image.get_array()) for image in axes.images)
    image = example.arrays["image"][0]

    assert (scan == (image[0] if channels == 1 else image.transpose(1, 2, 0))).all()
    assert over.shape == (20, 20)

    low, high = axes.images[1].get_clim()
    assert low == -high
    assert len(axes.child_axes) == 1  # the scale


def test_where_nothing_matters_no_colour_shows() -> None:
    _, axes = blank()
    draw_attribution(axes, _scan(), lambda examples: np.ones(len(examples)))
    assert axes.images[0].get_clim() == (-0.01, 0.01)
    assert not np.asarray(axes.images[0].get_array()).any()
