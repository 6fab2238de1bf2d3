"""Speech synthesis by eSpeak NG, in a process of its own so that it is reproducible."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from hallmark.errors import InputError

_ESPEAK = "hallmark.systems.speech.bundled.espeak"  # the module that the process runs


class Utterance(TypedDict):
    """A text and how to speak it.

    voice: eSpeak's name of it, such as en-us+m3 (accent+variant).
    pitch: From 0 to 100; 50 is the voice's own.
    """

    text: str
    voice: str
    pitch: int
    words_per_minute: int


def speak(utterances: Sequence[Utterance]) -> tuple[list[np.ndarray], int]:
    """Return the samples of each utterance, int16 (S,), and the sample rate in Hz.

    A new process speaks them, in their order: the library keeps state between utterances, so each
    depends on those before it. Raises `InputError` if eSpeak NG lacks a voice or gives no samples.
    """
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        path = Path(folder) / "clips.npz"
        process = subprocess.run(  # noqa: S603 (no argument comes from outside)
            [sys.executable, "-m", _ESPEAK, str(path)],
            input=json.dumps(utterances),
            capture_output=True,
            encoding="utf-8",
        )
        if process.returncode:
            reason = process.stderr.strip() or f"it ended with status {process.returncode}"
            raise InputError(f"eSpeak NG did not speak: {reason}")

        with np.load(path) as arrays:
            samples = arrays["samples"]
            lengths = arrays["lengths"]
            rate = int(arrays["rate"])

    return np.split(samples, np.cumsum(lengths)[:-1]), rate
