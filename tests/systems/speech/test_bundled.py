import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from hallmark import digests
from hallmark.contracts.examples import Source
from hallmark.errors import InputError
from hallmark.systems.speech import bundled, config
from hallmark.systems.speech.bundled import noise, phrases, synthesis
from hallmark.systems.speech.bundled.espeak import open_synthesiser

pytestmark = pytest.mark.slow


def test_the_folder_is_one_that_a_person_could_have_made(commands_folder: Path) -> None:
    table = pd.read_csv(commands_folder / "transcripts.csv")
    assert len(table) == len(list(commands_folder.rglob("*.wav"))) == 160
    assert table["speaker"].nunique() == 20
    rate, sound = wavfile.read(commands_folder / table["file"][0])
    assert (rate, sound.dtype, sound.ndim) == (11025, np.int16, 1)
    source = Source(**json.loads((commands_folder / "source.json").read_text()))
    assert (source.simulated, source.entity) == (True, "speaker")


def test_a_speaker_keeps_its_voice(commands_folder: Path) -> None:
    table = pd.read_csv(commands_folder / "transcripts.csv")
    own = ["accent", "voice", "variant", "pitch", "words_per_minute"]
    assert len(table.drop_duplicates(["speaker", *own])) == 20
    assert not table.drop_duplicates("speaker").duplicated(["accent", "variant"]).any()


def _written(folder: Path, seed: int = 3) -> str:
    """Speakers of Klatt's synthesis are among them: it draws from C's `rand`, whose state is the whole process's."""
    bundled.write(folder, config.Raw(speakers=8, clips=2), seed=seed)
    assert "buzzing" in set(pd.read_csv(folder / "transcripts.csv")["voice"])
    return digests.folder(folder)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of what one seed gives."""
    return _written(tmp_path_factory.mktemp("first"))


def test_same_bytes_whatever_was_spoken_before_and_others_by_another_seed(tmp_path: Path, first: str) -> None:
    with open_synthesiser() as voice:
        for name in ("en-us+klatt", "en-us+whisper", "en-us+f2"):
            voice.set_voice(name, pitch=50, words_per_minute=170)
            voice.speak("turn on the kitchen light")
    assert _written(tmp_path / "again") == first
    assert _written(tmp_path / "other", seed=4) != first


def test_same_bytes_in_another_process(tmp_path: Path, first: str) -> None:
    code = "import sys, pathlib; from hallmark.systems.speech import config, bundled;" + (
        "bundled.write(pathlib.Path(sys.argv[1]), config.Raw(speakers=8, clips=2), seed=3)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there")], check=True)
    assert digests.folder(tmp_path / "there") == first


def test_what_cannot_be_spoken_is_one_sentence() -> None:
    unknown = synthesis.Utterance(text="stop", voice="xx-nowhere", pitch=50, words_per_minute=170)
    with pytest.raises(InputError, match="eSpeak NG did not speak: eSpeak NG has no voice 'xx-nowhere'$"):
        synthesis.speak([unknown])


def test_babble_is_of_the_speaker_s_own_other_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[np.ndarray, list[np.ndarray]]] = []

    def add(clip: np.ndarray, others: list[np.ndarray], **_: object) -> np.ndarray:
        given.append((clip, others))
        return clip

    monkeypatch.setattr(noise, "add_noise", add)
    bundled.write(tmp_path, config.Raw(speakers=4, clips=3), seed=3)
    voices = []
    for first in range(0, 12, 3):
        own = {id(one): one for _, others in given[first : first + 3] for one in others}
        assert len(own) == 3
        for clip, others in given[first : first + 3]:
            assert len(others) == 2
            (left,) = own.keys() - {id(one) for one in others}
            start = np.flatnonzero(clip)[0]
            assert np.array_equal(clip[start : start + len(own[left])], own[left])
        voices.append(set(own))
    assert len(set.union(*voices)) == 12  # no clip stands behind two speakers


def test_commands_have_a_vocabulary_and_more_combinations_than_are_drawn() -> None:
    generator = np.random.default_rng(1)
    drawn = {phrases.draw_phrase(generator) for _ in range(3000)}
    assert len(phrases.vocabulary()) == 60
    assert {word for phrase in drawn for word in phrase.split()} == phrases.vocabulary()
    assert len(drawn) > 1000


def test_more_speakers_than_voices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"raw\.speakers is 500: eSpeak NG has 180 pairs"):
        bundled.write(tmp_path, config.Raw(speakers=500, clips=2), seed=1)


@pytest.mark.parametrize("kind", noise.KINDS)
def test_noise_lies_as_far_below_the_voice_as_asked(kind: str) -> None:
    generator = np.random.default_rng(2)
    clip, others = generator.standard_normal(8000), [generator.standard_normal(n) for n in (3000, 9000)]
    mixed = noise.add_noise(clip, others, kind=kind, decibels=6.0, rate=8000, generator=generator)
    ratio = 10 * np.log10(np.mean(clip**2) / np.mean((mixed - clip) ** 2))
    assert ratio == pytest.approx(6.0, abs=1e-6)


def test_pink_noise_falls_with_the_frequency_and_white_does_not() -> None:
    generator, tops = np.random.default_rng(2), {}
    for kind in ("white", "pink"):
        mixed = noise.add_noise(
            np.ones(2**14), [], kind=kind, decibels=0.0, rate=8000, generator=generator
        )  # ones: all else is noise
        power = np.abs(np.fft.rfft(mixed - 1)[1:]) ** 2
        tops[kind] = power[: len(power) // 2].sum() / power.sum()
    assert tops["white"] == pytest.approx(0.5, abs=0.05)
    assert tops["pink"] > 0.85


def test_a_voice_that_does_not_exist_is_named() -> None:
    with open_synthesiser() as voice, pytest.raises(InputError, match="has no voice 'xx-nowhere'"):
        voice.set_voice("xx-nowhere", pitch=50, words_per_minute=170)


def test_speaking_faster_takes_less_time() -> None:
    with open_synthesiser() as voice:
        lengths = []
        for rate in (120, 240):
            voice.set_voice("en-us+m3", pitch=50, words_per_minute=rate)
            lengths.append(len(voice.speak("turn on the kitchen light")))
    assert lengths[1] < 0.7 * lengths[0]
