"""The spectrogram of a recording."""

import numpy as np
from known import known

from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank
from hallmark.systems.speech.plots import draw


def test_a_spectrogram_of_the_recording_without_its_padding(commands: Examples) -> None:
    example = commands.take(np.array([0]))
    _, axes = blank()

    draw(axes, example)

    spectrogram = known(axes.images[0].get_array())
    assert spectrogram.shape[0] == 101  # 0 to 4 kHz in steps of 40 Hz
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (kHz)")
    assert axes.get_xlim() == (0, example.arrays["length"][0] / 8000)
    assert not axes.texts
