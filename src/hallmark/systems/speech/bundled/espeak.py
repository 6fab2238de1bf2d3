"""eSpeak NG by ctypes, with the library and the voices that the package espeakng-loader contains.

Functions and constants are those of espeak-ng/speak_lib.h. `synthesis` runs this module as a
process of its own, since the library's state depends on everything spoken before.
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
        # An attribute, so that Python doesn't delete the function while the library can still call
        # it.
        self._callback = _CALLBACK(self._collect)
        voices = str(espeakng_loader.get_data_path())
        rate = self._library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, _DEFAULT_BUFFER, voices.encode(), 0)
        self.rate = int(rate)
        if self.rate <= 0:
            raise InputError(f"eSpeak NG finds no voices in {voices}: is espeakng-loader installed whole?")
        self._library.espeak_SetSynthCallback(self._callback)

    def set_voice(self, voice: str, *, pitch: int, words_per_minute: int) -> None:
        """Load a voice, such as en-us+m3, for the texts that follow.

        This takes longer than speaking a phrase. `pitch` is from 0 to 100, where 50 is the voice's
        own. Raises `InputError` if there is no such voice.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise InputError(f"eSpeak NG has no voice {voice!r}")
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._library.espeak_SetParameter(_WORDS_PER_MINUTE, words_per_minute, 0)

    def speak(self, text: str) -> np.ndarray:
        """Return the samples of one text, int16 (S,).

        Raises `InputError` if the library gives none.
        """
        self._chunks.clear()
        encoded = text.encode()
        status = self._library.espeak_Synth(
            encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        if status or not self._chunks:
            raise InputError(f"eSpeak NG cannot speak {text!r}: status {status}")
        return np.concatenate(self._chunks)

    def close(self) -> None:
        """Free the library's memory. Nothing can be spoken afterwards."""
        self._library.espeak_Terminate()

    def _collect(self, samples: Any, count: int, _events: Any) -> int:
        """The library's callback: keep a copy of the next `count` samples.

        Returns 0, by which synthesis continues.
        """
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0


@contextmanager
def open_synthesiser() -> Iterator[Synthesiser]:
    """Open a synthesiser and close it afterwards.

    Only the first one in a process speaks reproducibly. Each text changes state of the library and
    of C's `rand`, on which the sound of the next one depends. Nothing resets that state, and a
    second copy of the library would share it.
    """
    synthesiser = Synthesiser(Path(espeakng_loader.get_library_path()))
    try:
        yield synthesiser
    finally:
        synthesiser.close()


def main() -> None:
    """Speak a JSON list of utterances from standard input into the npz file that the argument
    names.

    The file has `samples` int16 (S,), all utterances one after the other, `lengths`, the samples of
    each, and `rate` in Hz.
    """
    utterances = json.load(sys.stdin)
    clips = []
    loaded_voice = None

    with open_synthesiser() as synthesiser:
        for utterance in utterances:
            text = utterance.pop("text")
            voice = utterance  # without the text: voice, pitch and words_per_minute
            if voice != loaded_voice:
                synthesiser.set_voice(**voice)
                loaded_voice = voice
            clips.append(synthesiser.speak(text))

    lengths = [len(clip) for clip in clips]
    np.savez(sys.argv[1], samples=np.concatenate(clips), lengths=lengths, rate=synthesiser.rate)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
