"""The spectrogram of a recording, with the letters that were recognised."""

import numpy as np
from known import known

from hallmark.answers.transcript.baselines import spell
from hallmark.contracts.examples import Examples
from hallmark.report_figures import blank
from hallmark.systems.speech.plots import draw, recognised_letters


def test_a_spectrogram_with_the_letters_where_they_were_spoken(commands: Examples) -> None:
    example = commands.take(np.array([0]))
    spelled = np.asarray(example.arrays["target.tokens"])
    letters = len(example.encoding["alphabet"])
    _, axes = blank()

    draw(axes, example, lambda _: spell(spelled, np.array([0.5]), letters))

    spectrogram = known(axes.images[0].get_array())
    assert spectrogram.shape[0] == 101  # 0 to 4 kHz in steps of 40 Hz
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (kHz)")
    assert axes.get_xlim()[1] == example.arrays["length"][0] / 8000
    assert "".join(text.get_text() for text in axes.texts) == example.table["label"][0]


def test_letters_stand_at_their_frames() -> None:
    logits = np.zeros((1, 10, 3), np.float32)
    logits[0, [2, 3], 1] = 5.0
    logits[0, 7, 2] = 5.0
    logits[0, 9, 1] = 5.0
    found = recognised_letters({"logits": logits, "frames": np.array([9.0])}, "ab", seconds=2.0)
    assert found == [(0.5, "a"), (1.5, "b")]
