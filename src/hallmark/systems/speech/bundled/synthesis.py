"""Speech synthesis by eSpeak NG in a process of its own, so that the same utterances always sound the same."""

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
    """A phrase, and the manner of speaking it: `voice` as in en-us+m3, `pitch` 0 to 100 around the voice's own, 50."""

    text: str
    voice: str
    pitch: int
    words_per_minute: int


def speak(utterances: Sequence[Utterance]) -> tuple[list[np.ndarray], int]:
    """Return the samples (n,), int16, of each utterance, and their rate in Hz.

    The library keeps state between utterances, so they are spoken in their order by a new process.
    Raises `InputError` where it has no such voice or speaks nothing.
    """
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        path = Path(folder) / "clips.npz"
        process = subprocess.run(  # noqa: S603 (our own words)
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
