"""eSpeak NG by ctypes, on the library and the voices that the package espeakng-loader brings along.

Functions and constants are those of espeak-ng/speak_lib.h. `speaking` runs this module as a process of its own.
"""

import ctypes
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np

from hallmark.errors import InputError

_SYNCHRONOUS, _BUFFER, _CHARACTERS, _UTF_8 = 2, 0, 1, 1  # AUDIO_OUTPUT_SYNCHRONOUS, default length, POS_CHARACTER …
_RATE, _PITCH = 1, 3  # espeak_PARAMETER: words a minute; 0 to 100, where 50 is the voice's own
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Synthesiser:
    """Speaks text as int16 samples at `rate` Hz."""

    def __init__(self, library: Path) -> None:
        self._heard: list[np.ndarray] = []
        self._library: Any = ctypes.CDLL(str(library))
        self._callback = _CALLBACK(self._hear)  # kept, since the library holds no reference that Python counts
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, _BUFFER, _data().encode(), 0))
        if self.rate <= 0:
            raise InputError(f"eSpeak NG finds no voices in {_data()}: is espeakng-loader installed whole?")
        self._library.espeak_SetSynthCallback(self._callback)

    def become(self, voice: str, *, pitch: int, words_per_minute: int) -> None:
        """Take on a voice, such as en-us+m3; loading one costs more than a phrase does."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise InputError(f"eSpeak NG has no voice {voice!r}")
        for parameter, value in ((_PITCH, pitch), (_RATE, words_per_minute)):
            self._library.espeak_SetParameter(parameter, value, 0)

    def say(self, text: str) -> np.ndarray:
        """Return the samples (n,), int16, of one phrase."""
        self._heard.clear()
        said = text.encode()
        failed = self._library.espeak_Synth(said, len(said) + 1, 0, _CHARACTERS, 0, _UTF_8, None, None)
        if failed or not self._heard:
            raise InputError(f"eSpeak NG cannot speak {text!r}: status {failed}")
        return np.concatenate(self._heard)

    def close(self) -> None:
        self._library.espeak_Terminate()

    def _hear(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


@contextmanager
def synthesiser() -> Iterator[Synthesiser]:
    """Give a synthesiser. Only the first one of a process is in the library's first state.

    What was spoken before changes what is spoken next, by state of the library and of C's own `rand`, which no function
    of either resets and which a second copy of the library would share.
    """
    speaking = Synthesiser(Path(espeakng_loader.get_library_path()))
    try:
        yield speaking
    finally:
        speaking.close()


def _data() -> str:
    return str(espeakng_loader.get_data_path())


def main() -> None:
    """Speak the utterances of standard input, a JSON list, into the npz file that is the one argument."""
    utterances = json.load(sys.stdin)
    clips = []
    manner = None

    with synthesiser() as voice:
        for utterance in utterances:
            text = utterance.pop("text")
            if utterance != manner:
                manner = utterance
                voice.become(**manner)
            clips.append(voice.say(text))

    lengths = [len(clip) for clip in clips]
    np.savez(sys.argv[1], samples=np.concatenate(clips), lengths=lengths, rate=voice.rate)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
