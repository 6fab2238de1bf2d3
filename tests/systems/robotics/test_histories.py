"""A window that is shifted as a robot drives holds what `stack` makes of the same readings afterwards."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hallmark.systems.robotics.reading.histories import Window, stack


@given(steps=st.integers(1, 12), length=st.integers(1, 6), sensors=st.integers(1, 3), seed=st.integers(0, 99))
def test_driving_sees_what_the_log_holds(steps: int, length: int, sensors: int, seed: int) -> None:
    readings = np.random.default_rng(seed).normal(size=(steps, 2, sensors)).astype(np.float32)
    window = Window(2, length, sensors)
    for reading in readings:
        seen = window.append(reading)
    log = readings.swapaxes(0, 1).reshape(-1, sensors)  # robot after robot
    position = np.tile(np.arange(steps), 2)
    last = np.array([steps - 1, 2 * steps - 1])
    observations, present = stack(log, position, last, length)
    np.testing.assert_array_equal(seen["observations"], observations)
    np.testing.assert_array_equal(seen["present"], present)
