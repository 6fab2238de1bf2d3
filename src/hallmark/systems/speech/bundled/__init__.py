"""Synthetic speech: noisy commands in many voices of eSpeak NG, as WAV files with a table."""

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
# eSpeak NG's variants, by how they sound. Breathy ones (f2, f3, f5, whisper …) are left out: their
# noise differs between processes, so the same seed would not give the same bytes.
_VARIANTS = {
    "female": "Annie f1 f4 belinda linda steph steph3 aunty anika Andrea grandma shelby",
    "male": "m1 m2 m3 m4 m5 m6 m7 Alex Denis Michael Lee travis",
    # By Klatt's formant synthesis.
    "buzzing": "klatt klatt3 klatt4 klatt6 Reed caleb adam david benjamin edward mike2 robosoft",
}
_DECIMATION = 2  # eSpeak's 22,050 Hz become 11,025 Hz
_QUIET = 0.005  # of full scale: samples up to this before and after a phrase are cut off
_PAUSE_SECONDS = (0.05, 0.2)  # range of the silence put before a phrase, and of that after it
_LOUDNESS_DECIBELS = (-30.0, -18.0)  # range of a clip's root mean square, relative to full scale
_NOISE_DECIBELS = (0.0, 25.0)  # range of the signal-to-noise ratio
_PITCHES = (25, 76)  # on eSpeak's scale, where 50 is the voice's own pitch; the upper end excluded
_WORDS_PER_MINUTE = (150, 201)  # the upper end excluded


def write(folder: Path, raw: Raw, *, seed: int) -> None:
    """Write `<speaker>/<clip>.wav` (11,025 Hz, 16 bit), `transcripts.csv` and `source.json`.

    There are `raw.clips` clips of each of `raw.speakers` speakers. A speaker is a variant of eSpeak
    NG with one accent, one pitch and one rate of speech; no two speakers share both variant and
    accent. `transcripts.csv` has a row for each clip: its file and text, what makes up its speaker,
    the kind of noise and the signal-to-noise ratio in decibels.

    Raises `InputError` if there are more speakers than pairs of variant and accent.
    """
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(_draw_clips(raw.speakers, raw.clips, generator))
    voices, rate = _speak_clips(table)
    clips = _add_background(voices, table, rate, generator)

    for file, samples in zip(table["file"], clips, strict=True):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(folder / file, rate, samples)
    table.drop(columns="spoken_by").to_csv(folder / "transcripts.csv", index=False)
    (folder / "source.json").write_text(json.dumps(SOURCE, indent=2) + "\n", encoding="utf-8")


def _draw_clips(
    speaker_count: int,
    clips_each: int,
    generator: np.random.Generator,
) -> Iterator[dict[str, object]]:
    """Draw the speakers, and yield a row of the transcript table for each of their clips.

    `spoken_by`, eSpeak's name of the voice (accent+variant), is for the synthesis and not written.
    """
    variants = [(kind, variant) for kind, names in _VARIANTS.items() for variant in names.split()]
    pairs = list(product(variants, _ACCENTS))
    if speaker_count > len(pairs):
        raise InputError(f"raw.speakers is {speaker_count}: eSpeak NG has {len(pairs)} pairs of voice and accent")

    drawn_pairs = generator.permutation(len(pairs))[:speaker_count]
    for number, pair in enumerate(drawn_pairs):
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
            # Another order of these draws would give other raw data.
            decibels = round(float(generator.uniform(*_NOISE_DECIBELS)), 1)
            text = phrases.draw_phrase(generator)
            noise_kind = str(generator.choice(noise.KINDS))
            file = f"{speaker['speaker']}/{clip:02d}.wav"
            yield {"file": file, "text": text, **speaker, "noise": noise_kind, "decibels": decibels}


def _speak_clips(table: pd.DataFrame) -> tuple[list[np.ndarray], int]:
    """Speak the text of each row: return the samples of each, and the sample rate in Hz.

    Samples are float (S,), from -1 to 1, without the silence before and after the text.
    """
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
        loud_positions = np.flatnonzero(np.abs(samples) > _QUIET)
        voices.append(samples[loud_positions[0] : loud_positions[-1] + 1])
    return voices, rate // _DECIMATION


def _add_background(
    voices: list[np.ndarray], table: pd.DataFrame, rate: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the samples int16 (S,) of each row's clip, noise included.

    A clip is silence, the voice and silence, with noise over all of it. `voices` has the samples of
    each row's voice at `rate` Hz. The loudness of each clip is drawn.
    """
    rows_of_speaker = table.groupby("speaker").indices
    for row, clip in enumerate(table.to_dict("records")):
        # Babble is made of the same speaker's other clips, so that no voice is heard in two splits.
        own_rows = rows_of_speaker[clip["speaker"]]
        other_voices = [voices[other] for other in own_rows if other != row]

        pause_samples = np.round(rate * generator.uniform(*_PAUSE_SECONDS, 2)).astype(int)
        padded = np.pad(voices[row], pause_samples)
        noisy = noise.add_noise(
            padded,
            other_voices,
            kind=clip["noise"],
            decibels=clip["decibels"],
            rate=rate,
            generator=generator,
        )

        wanted_amplitude = 10 ** (generator.uniform(*_LOUDNESS_DECIBELS) / 20)  # root mean square
        scaled = noisy * (wanted_amplitude / np.sqrt(np.mean(noisy**2)))
        yield np.rint(np.clip(scaled, -1, 1) * (2**15 - 1)).astype(np.int16)
