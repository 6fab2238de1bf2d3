import numpy as np
import pandas as pd
import pytest

from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank
from hallmark.systems.image.plots import draw


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_shown_as_they_are(channels: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (channels, 5, 7), dtype=np.uint8)
    _, axes = blank()
    draw(axes, Examples(pd.DataFrame({"id": ["a"]}), {"image": image[None]}))
    shown = axes.images[0].get_array()
    assert shown is not None
    assert (np.asarray(shown) == (image[0] if channels == 1 else image.transpose(1, 2, 0))).all()
    assert not axes.axison
