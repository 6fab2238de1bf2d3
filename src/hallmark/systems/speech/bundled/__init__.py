"""Commands spoken by eSpeak NG in many voices, behind noise: a WAV folder with a table, as a person's own would be."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import wavfile
from scipy.signal import resample_poly

from hallmark.errors import InputError
from hallmark.systems.speech.bundled import noise, phrases
from hallmark.systems.speech.bundled.speaking import Utterance, speak
from hallmark.systems.speech.config import Raw

SOURCE = {
    "title": "House commands in synthetic speech, with noise",
    "origin": "eSpeak NG, https://github.com/espeak-ng/espeak-ng, by espeakng-loader",
    "licence": "made here: free of any licence",
    "simulated": True,
    "entity": "speaker",
}
_ACCENTS = {
    "American": "en-us",
    "British": "en",
    "Scottish": "en-gb-scotland",
    "Received Pronunciation": "en-gb-x-rp",
    "Caribbean": "en-029",
}
# Variants of eSpeak NG by how they sound. Those with breath (f2, f3, f5, whisper …) are left out: their noise is
# another in each process.
_VARIANTS = {
    "female": "Annie f1 f4 belinda linda steph steph3 aunty anika Andrea grandma shelby",
    "male": "m1 m2 m3 m4 m5 m6 m7 Alex Denis Michael Lee travis",
    "buzzing": "klatt klatt3 klatt4 klatt6 Reed caleb adam david benjamin edward mike2 robosoft",  # Klatt's synthesis
}
_HALVED = 2  # eSpeak's 22,050 Hz become 11,025 Hz
_QUIET = 0.005  # of full scale: what eSpeak leaves before and after a phrase
_PAUSE = (0.05, 0.2)  # seconds before and after the phrase
_LOUDNESS = (-30.0, -18.0)  # decibels below full scale, root mean square
_RATIO = (0.0, 25.0)  # decibels from the voice to the noise


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write `<speaker>/<clip>.wav` (11,025 Hz, 16 bit), `transcripts.csv` and `source.json`.

    A speaker is a variant of eSpeak NG with an accent, a pitch and a rate of its own. Raises `InputError` on more
    speakers than there are pairs of variant and accent.
    """
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(_cast(raw.speakers, raw.clips, generator))
    spoken, rate = _speak(table)
    for file, sound in zip(table["file"], _behind_noise(spoken, table, rate, generator), strict=True):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(folder / file, rate, sound)
    table.drop(columns="spoken_by").to_csv(folder / "transcripts.csv", index=False)
    (folder / "source.json").write_text(json.dumps(SOURCE, indent=2) + "\n", encoding="utf-8")


def _cast(speakers: int, count: int, generator: np.random.Generator) -> Iterator[dict[str, object]]:
    voices = [(kind, variant) for kind, variants in _VARIANTS.items() for variant in variants.split()]
    pairs = list(product(voices, _ACCENTS))
    if speakers > len(pairs):
        raise InputError(f"raw.speakers is {speakers}: eSpeak NG has {len(pairs)} pairs of voice and accent")
    for number, pair in enumerate(generator.permutation(len(pairs))[:speakers]):
        (kind, variant), accent = pairs[pair]
        speaker = {
            "speaker": f"speaker-{number:03d}",
            "accent": accent,
            "voice": kind,
            "variant": variant,
            "pitch": int(generator.integers(25, 76)),
            "words_per_minute": int(generator.integers(150, 201)),
            "spoken_by": f"{_ACCENTS[accent]}+{variant}",
        }
        for clip in range(count):
            ratio = round(float(generator.uniform(*_RATIO)), 1)
            said = {"file": f"{speaker['speaker']}/{clip:02d}.wav", "text": phrases.draw(generator)}
            yield {**said, **speaker, "noise": str(generator.choice(noise.KINDS)), "decibels": ratio}


def _speak(table: pd.DataFrame) -> tuple[list[np.ndarray], int]:
    """Return a clip (n,) of floats for each row, and their rate in Hz."""
    columns = ("text", "spoken_by", "pitch", "words_per_minute")
    utterances = [
        Utterance(text=text, voice=voice, pitch=int(pitch), words_per_minute=int(words))
        for text, voice, pitch, words in zip(*(table[column] for column in columns), strict=True)
    ]
    spoken, rate = speak(utterances)

    clips = []
    for phrase in spoken:
        clip = resample_poly(phrase.astype(np.float32) / 2**15, 1, _HALVED)
        loud = np.flatnonzero(np.abs(clip) > _QUIET)
        clips.append(clip[loud[0] : loud[-1] + 1])
    return clips, rate // _HALVED


def _behind_noise(
    spoken: list[np.ndarray], table: pd.DataFrame, rate: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    rows = table.groupby("speaker").indices
    for place, (clip, speaker, kind, decibels) in enumerate(
        zip(spoken, table["speaker"], table["noise"], table["decibels"], strict=True)
    ):
        others = [spoken[row] for row in rows[speaker] if row != place]  # its own: no voice may cross a split
        before, after = (round(rate * second) for second in generator.uniform(*_PAUSE, 2))
        padded = np.pad(clip, (before, after))
        mixed = noise.add(padded, others, kind=kind, decibels=decibels, rate=rate, generator=generator)
        level = 10 ** (generator.uniform(*_LOUDNESS) / 20) / np.sqrt(np.mean(mixed**2))
        yield np.rint(np.clip(mixed * level, -1, 1) * (2**15 - 1)).astype(np.int16)
