import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hallmark.formats.pictures.image_statistics import describe_images


def test_a_half_white_picture_by_hand() -> None:
    image = np.zeros((1, 1, 4, 4), np.uint8)
    image[..., 2:] = 255  # the right half
    described = describe_images(image).iloc[0]
    assert described["brightness"] == pytest.approx(0.5)
    assert described["contrast"] == pytest.approx(0.5)
    assert described["ink"] == pytest.approx(0.5)
    assert described["sharpness"] == pytest.approx((0 + 1 / 3) / 2)  # one of three steps across, none down
    assert described["offset"] == pytest.approx(np.mean([1 / 3, 1]) / np.sqrt(2))  # centre of columns at 1/3 and 1


def test_a_black_picture_is_finite() -> None:
    assert (describe_images(np.zeros((1, 1, 4, 4), np.uint8)).iloc[0] == 0).all()


def test_colour_counts_by_luminance() -> None:
    green = np.zeros((1, 3, 4, 4), np.uint8)
    green[:, 1] = 255
    assert describe_images(green)["brightness"][0] == pytest.approx(0.587)
    grey = np.random.default_rng(1).integers(0, 256, (5, 1, 8, 8), dtype=np.uint8)
    assert np.allclose(describe_images(np.repeat(grey, 3, axis=1)), describe_images(grey), atol=1e-5)


def test_rows_do_not_depend_on_their_neighbours() -> None:
    images = np.random.default_rng(1).integers(0, 256, (4100, 1, 4, 4), dtype=np.uint8)  # two chunks
    assert np.allclose(describe_images(images).iloc[4097:], describe_images(images[4097:]))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_all_run_from_0_to_1(data: st.DataObject) -> None:
    height, width = data.draw(array_shapes(min_dims=2, max_dims=2, min_side=4, max_side=9))
    images = data.draw(arrays(np.uint8, (2, data.draw(st.sampled_from([1, 3])), height, width)))
    described = describe_images(images)
    assert described.to_numpy().min() >= 0
    assert described.to_numpy().max() <= 1 + 1e-6
