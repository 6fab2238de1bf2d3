"""Synthetic speech: commands spoken by eSpeak NG in many voices, behind noise, as WAV files with a table."""

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
from hallmark.systems.speech.bundled.synthesis import Utterance, speak
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
_DECIMATION = 2  # eSpeak's 22,050 Hz become 11,025 Hz
_QUIET = 0.005  # of full scale: what eSpeak leaves before and after a phrase
_PAUSE_SECONDS = (0.05, 0.2)  # before and after the phrase
_LOUDNESS_DECIBELS = (-30.0, -18.0)  # below full scale, root mean square
_NOISE_DECIBELS = (0.0, 25.0)  # from the voice to the noise
_PITCHES = (25, 76)  # eSpeak's scale, 50 the voice's own; the last is left out
_WORDS_PER_MINUTE = (150, 201)  # the last is left out


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write `<speaker>/<clip>.wav` (11,025 Hz, 16 bit), `transcripts.csv` and `source.json`.

    A speaker is a variant of eSpeak NG with an accent, a pitch and a rate of its own. Raises `InputError` on more
    speakers than there are pairs of variant and accent.
    """
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(_draw_clips(raw.speakers, raw.clips, generator))
    voices, rate = _speak_clips(table)

    for file, samples in zip(table["file"], _add_background(voices, table, rate, generator), strict=True):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(folder / file, rate, samples)
    table.drop(columns="spoken_by").to_csv(folder / "transcripts.csv", index=False)
    (folder / "source.json").write_text(json.dumps(SOURCE, indent=2) + "\n", encoding="utf-8")


def _draw_clips(speaker_count: int, clips_each: int, generator: np.random.Generator) -> Iterator[dict[str, object]]:
    """Draw the speakers and what each says, as rows of the transcript table."""
    variants = [(kind, variant) for kind, names in _VARIANTS.items() for variant in names.split()]
    pairs = list(product(variants, _ACCENTS))
    if speaker_count > len(pairs):
        raise InputError(f"raw.speakers is {speaker_count}: eSpeak NG has {len(pairs)} pairs of voice and accent")

    for number, pair in enumerate(generator.permutation(len(pairs))[:speaker_count]):
        (kind, variant), accent = pairs[pair]
        speaker = {
            "speaker": f"speaker-{number:03d}",
            "accent": accent,
            "voice": kind,
            "variant": variant,
            "pitch": int(generator.integers(*_PITCHES)),
            "words_per_minute": int(generator.integers(*_WORDS_PER_MINUTE)),
            "spoken_by": f"{_ACCENTS[accent]}+{variant}",
        }
        for clip in range(clips_each):
            # The order of these draws is part of the raw data.
            decibels = round(float(generator.uniform(*_NOISE_DECIBELS)), 1)
            text = phrases.draw_phrase(generator)
            noise_kind = str(generator.choice(noise.KINDS))
            file = f"{speaker['speaker']}/{clip:02d}.wav"
            yield {"file": file, "text": text, **speaker, "noise": noise_kind, "decibels": decibels}


def _speak_clips(table: pd.DataFrame) -> tuple[list[np.ndarray], int]:
    """Return a voice (n,) of floats from -1 to 1 for each row, without silence around it, and the rate in Hz."""
    utterances = [
        Utterance(
            text=row["text"],
            voice=row["spoken_by"],
            pitch=row["pitch"],
            words_per_minute=row["words_per_minute"],
        )
        for row in table.to_dict("records")
    ]
    recordings, rate = speak(utterances)

    voices = []
    for recording in recordings:
        samples = resample_poly(recording.astype(np.float32) / 2**15, 1, _DECIMATION)
        loud = np.flatnonzero(np.abs(samples) > _QUIET)
        voices.append(samples[loud[0] : loud[-1] + 1])
    return voices, rate // _DECIMATION


def _add_background(
    voices: list[np.ndarray], table: pd.DataFrame, rate: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the samples (n,), int16, of each clip: pause, voice and pause, in noise, at a loudness of its own."""
    rows_of_speaker = table.groupby("speaker").indices
    for row, clip in enumerate(table.to_dict("records")):
        # Babble is of the speaker's own other clips: no voice may cross a split.
        own_rows = rows_of_speaker[clip["speaker"]]
        other_voices = [voices[other] for other in own_rows if other != row]

        before, after = np.round(rate * generator.uniform(*_PAUSE_SECONDS, 2)).astype(int)
        padded = np.pad(voices[row], (before, after))
        noisy = noise.add_noise(
            padded,
            other_voices,
            kind=clip["noise"],
            decibels=clip["decibels"],
            rate=rate,
            generator=generator,
        )

        loudness = 10 ** (generator.uniform(*_LOUDNESS_DECIBELS) / 20)
        scaled = noisy * (loudness / np.sqrt(np.mean(noisy**2)))
        yield np.rint(np.clip(scaled, -1, 1) * (2**15 - 1)).astype(np.int16)
