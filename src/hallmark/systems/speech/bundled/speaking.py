"""Speech by eSpeak NG in a process of its own, so that the same utterances always sound the same."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np

from hallmark.errors import InputError


class Utterance(TypedDict):
    """A phrase, and the manner of speaking it: `voice` as in en-us+m3, `pitch` 0 to 100 around the voice's own, 50."""

    text: str
    voice: str
    pitch: int
    words_per_minute: int


def speak(utterances: Sequence[Utterance]) -> tuple[list[np.ndarray], int]:
    """Return the samples (n,), int16, of each utterance, and their rate in Hz.

    The library keeps state between utterances, so they are spoken in their order by a new process.
    Raises `InputError` where it knows no such voice or speaks nothing.
    """
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        spoken = Path(folder) / "spoken.npz"
        done = subprocess.run(  # noqa: S603 (our own words)
            [sys.executable, "-m", "hallmark.systems.speech.bundled.espeak", str(spoken)],
            input=json.dumps(utterances),
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode:
            reason = done.stderr.strip() or f"it ended with status {done.returncode}"
            raise InputError(f"eSpeak NG did not speak: {reason}")
        with np.load(spoken) as arrays:
            samples, lengths, rate = arrays["samples"], arrays["lengths"], int(arrays["rate"])

    return np.split(samples, np.cumsum(lengths)[:-1]), rate
