"""eSpeak NG by ctypes, on the library and the voices that the package espeakng-loader brings along.

Functions and constants are those of espeak-ng/speak_lib.h. `synthesis` runs this module as a process of its own.
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

_OUTPUT_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT
_DEFAULT_BUFFER = 0
_POSITION_CHARACTER = 1  # espeak_POSITION_TYPE
_CHARS_UTF8 = 1
_WORDS_PER_MINUTE = 1  # espeak_PARAMETER
_PITCH = 3  # espeak_PARAMETER: 0 to 100, where 50 is the voice's own
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Synthesiser:
    """Speaks text as int16 samples at `rate` Hz."""

    def __init__(self, library: Path) -> None:
        self._chunks: list[np.ndarray] = []
        self._library: Any = ctypes.CDLL(str(library))
        self._callback = _CALLBACK(self._collect)  # kept, since the library holds no reference that Python counts
        self.rate = int(self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, _DEFAULT_BUFFER, _data().encode(), 0))
        if self.rate <= 0:
            raise InputError(f"eSpeak NG finds no voices in {_data()}: is espeakng-loader installed whole?")
        self._library.espeak_SetSynthCallback(self._callback)

    def set_voice(self, voice: str, *, pitch: int, words_per_minute: int) -> None:
        """Take on a voice, such as en-us+m3; loading one costs more than a phrase does."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise InputError(f"eSpeak NG has no voice {voice!r}")
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._library.espeak_SetParameter(_WORDS_PER_MINUTE, words_per_minute, 0)

    def speak(self, text: str) -> np.ndarray:
        """Return the samples (n,), int16, of one phrase."""
        self._chunks.clear()
        encoded = text.encode()
        status = self._library.espeak_Synth(
            encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        if status or not self._chunks:
            raise InputError(f"eSpeak NG cannot speak {text!r}: status {status}")
        return np.concatenate(self._chunks)

    def close(self) -> None:
        self._library.espeak_Terminate()

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


@contextmanager
def open_synthesiser() -> Iterator[Synthesiser]:
    """Give a synthesiser. Only the first one of a process is in the library's first state.

    What was spoken before changes what is spoken next, by state of the library and of C's own `rand`, which no function
    of either resets and which a second copy of the library would share.
    """
    synthesiser = Synthesiser(Path(espeakng_loader.get_library_path()))
    try:
        yield synthesiser
    finally:
        synthesiser.close()


def _data() -> str:
    return str(espeakng_loader.get_data_path())


def main() -> None:
    """Speak the utterances of standard input, a JSON list, into the npz file that is the one argument."""
    utterances = json.load(sys.stdin)
    clips = []
    present_manner = None

    with open_synthesiser() as synthesiser:
        for utterance in utterances:
            text = utterance.pop("text")
            manner = utterance  # what is left: voice, pitch and rate
            if manner != present_manner:
                synthesiser.set_voice(**manner)
                present_manner = manner
            clips.append(synthesiser.speak(text))

    lengths = [len(clip) for clip in clips]
    np.savez(sys.argv[1], samples=np.concatenate(clips), lengths=lengths, rate=synthesiser.rate)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
