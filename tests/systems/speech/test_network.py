"""The network of speech: its augmentation and spectrogram, its loss by hand, and the same in ONNX."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from known import known
from scipy.signal import spectrogram
from torch.nn import functional as F

from hallmark.answers.transcript import network as answer
from hallmark.contracts.examples import Examples
from hallmark.layers.model import Model, build
from hallmark.systems.speech import network
from hallmark.systems.speech.network import AdditiveNoise, LogMelSpectrogram, SpecAugment, SpeedPerturbation
from hallmark.train.onnx_export import write_onnx

# torch 2.13's exporter itself uses what it deprecates; nothing here can mend it.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SMALL: dict[str, Any] = {"width": 16, "depth": 2, "kernel": 5, "dropout": 0.0, "speed": 0.1, "noise": 0.1, "masks": 1}
ENCODING = {"alphabet": "abc ", "sample_rate": 8000}


def _build(encoding: dict[str, object] = ENCODING, **changed: Any) -> Model:
    torch.manual_seed(5)
    train = Examples(pd.DataFrame(index=range(3)), {}, (), encoding=encoding)
    return build(partial(network.AcousticEncoder, **(SMALL | changed)), train, answer)


def _sounds(n: int, samples: int = 8000) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(3)
    lengths = generator.integers(samples // 3, samples + 1, n).astype(np.int32)
    waveforms = generator.integers(-(2**13), 2**13, (n, samples)).astype(np.int16)
    return {"waveform": waveforms * (np.arange(samples) < lengths[:, None]).astype(np.int16), "length": lengths}


def _run(built: Model, sounds: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        logits, frames = built(*(torch.from_numpy(sounds[name]) for name in built.inputs))
    return logits.numpy(), frames.numpy()


@pytest.mark.parametrize(("rate", "samples"), [(8000, 8000), (8000, 8050), (16000, 12345), (11025, 5000)])
def test_any_recording_becomes_logits_for_its_frames(rate: int, samples: int) -> None:
    sounds = _sounds(5, samples)
    logits, frames = _run(_build({"alphabet": "abc ", "sample_rate": rate}).eval(), sounds)
    assert logits.shape[0] == 5
    assert logits.shape[2] == 1 + 4
    assert np.isfinite(logits).all()
    assert (frames <= logits.shape[1]).all()
    assert frames == pytest.approx(sounds["length"] / rate / 0.025, abs=1.5)


def test_padding_counts_for_nothing() -> None:
    built = _build().eval()
    sounds = _sounds(4)
    longer = {**sounds, "waveform": np.pad(sounds["waveform"], ((0, 0), (0, 4000)))}
    (logits, frames), (more, same) = _run(built, sounds), _run(built, longer)
    assert (frames == same).all()
    for row, count in enumerate(frames.astype(int)):
        np.testing.assert_allclose(more[row, :count], logits[row, :count], atol=1e-4)


def test_what_lies_beyond_the_end_of_the_sound_counts_for_nothing() -> None:
    built = _build().eval()
    sounds = _sounds(4, 8000)
    sounds["length"] = np.minimum(sounds["length"], 6000) // 100 * 100
    noisy = np.where(np.arange(8000) >= sounds["length"][:, None], 9000, sounds["waveform"]).astype(np.int16)
    (logits, frames), (same, _) = _run(built, sounds), _run(built, {**sounds, "waveform": noisy})
    for row, count in enumerate(frames.astype(int)):
        np.testing.assert_allclose(same[row, :count], logits[row, :count], atol=1e-4)


@pytest.mark.slow
def test_onnx_gives_the_same_outputs_for_any_batch(tmp_path: Path) -> None:
    built = _build().eval()
    sounds = _sounds(64)
    write_onnx(built, sounds, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    for rows in (1, 3, 64):
        part = {name: array[:rows] for name, array in sounds.items()}
        for given, wanted in zip(session.run(["logits", "frames"], part), _run(built, part), strict=True):
            np.testing.assert_allclose(given, wanted, atol=1e-4)


def test_log_mel_is_that_of_scipys_spectrogram() -> None:
    mel = LogMelSpectrogram(8000)
    sound = np.random.default_rng(1).normal(size=4000).astype(np.float32) * 0.1
    _, _, power = spectrogram(
        sound, 8000, window="hann", nperseg=200, noverlap=100, detrend=False, scaling="spectrum", mode="psd"
    )
    power[1:-1] /= 2  # scipy adds the negative frequencies
    bands = np.log(power.T @ mel.bands.numpy() + 1e-6)
    wanted = (bands - bands.mean(axis=0)) / (bands.std(axis=0) + 0.1)
    features, frames = mel(torch.from_numpy(sound[None]), torch.tensor([4000.0]))

    assert frames.tolist() == [39]
    np.testing.assert_allclose(features[0].numpy(), wanted, atol=1e-3)


def test_loudness_is_taken_out() -> None:
    built = _build().eval()
    sounds = _sounds(3)
    quiet = {**sounds, "waveform": sounds["waveform"] // 2}
    assert np.abs(_run(built, sounds)[0] - _run(built, quiet)[0]).max() < 0.02


def test_loss_is_the_mean_of_each_transcripts_own_by_hand() -> None:
    # Two frames, one letter: the paths that give "a" are aa, a-, -a.
    share = torch.tensor([[[0.4, 0.6], [0.7, 0.3]], [[0.5, 0.5], [0.5, 0.5]]])
    batch = {"target.tokens": torch.tensor([[1], [1]], dtype=torch.int16), "target.length": torch.tensor([1, 1])}
    found = answer.loss((share.log(), torch.tensor([2.0, 1.0])), batch)
    paths = 0.6 * 0.3 + 0.6 * 0.7 + 0.4 * 0.3
    assert found.item() == pytest.approx(-(np.log(paths) + np.log(0.5)) / 2, rel=1e-5)


def test_a_transcript_that_does_not_fit_counts_as_nothing() -> None:
    batch = {"target.tokens": torch.tensor([[1, 1, 1]]), "target.length": torch.tensor([3])}
    logits = torch.zeros(1, 2, 2, requires_grad=True)

    found = answer.loss((logits, torch.tensor([2.0])), batch)
    torch.autograd.backward(found)

    assert found.item() == 0
    assert (known(logits.grad) == 0).all()


def test_learns_some_commands_by_heart(commands: Examples) -> None:
    few = commands.take(np.arange(8))
    settings = SMALL | {"width": 64, "speed": 0.0, "noise": 0.0, "masks": 0}
    built = build(partial(network.AcousticEncoder, **settings), few, answer)
    batch = {name: torch.from_numpy(few.arrays[name]) for name in (*built.inputs, *built.targets)}
    optimiser = torch.optim.AdamW(built.parameters(), lr=1e-2)

    for _ in range(120):
        optimiser.zero_grad()
        loss = answer.loss(built(batch["waveform"], batch["length"]), batch)
        torch.autograd.backward(loss)
        optimiser.step()

    assert loss.item() < 0.1


def test_speed_changes_pitch_and_length_together() -> None:
    torch.manual_seed(2)
    tone = torch.sin(2 * torch.pi * 200 * torch.arange(8000) / 8000).tile(20, 1)
    tone[:, 6000:] = 0
    played, length = SpeedPerturbation(0.2)(tone, torch.full((20,), 6000.0))

    assert 4900 < length.min() < 5800
    assert 6200 < length.max() <= 7501

    for sound, size in zip(played, length.int().tolist(), strict=True):
        assert (sound[size:] == 0).all()
        pitch = F.pad(sound[:size], (0, 8000 - size)).double().numpy()
        assert np.abs(np.fft.rfft(pitch)).argmax() == pytest.approx(200 * 6000 / size, abs=2)


def test_speed_never_cuts_a_recording_that_fills_its_array() -> None:
    torch.manual_seed(2)
    _, length = SpeedPerturbation(0.3)(torch.randn(50, 4000), torch.full((50,), 4000.0))
    assert length.max() <= 4000


@pytest.mark.parametrize(
    ("layer", "given"),
    [
        (AdditiveNoise(0.5), (torch.rand(3, 400), torch.full((3,), 400.0))),
        (SpecAugment(2), (torch.rand(3, 40, 40) + 1,)),
    ],
)
def test_augmentation_rests_outside_training(layer: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
    assert layer.eval()(*given) is given[0]
    changed = layer.train()(*given)
    assert changed.shape == given[0].shape
    assert not torch.equal(changed, given[0])


def test_padding_changes_no_noise() -> None:
    torch.manual_seed(4)
    sound = torch.randn(6, 4000) * torch.logspace(-2, 0, 6)[:, None] + 0.3
    length = torch.full((6,), 4000.0)
    added = []
    for padding in (0, 12000):
        padded = F.pad(sound, (0, padding))
        torch.manual_seed(8)  # the same shares
        added.append(AdditiveNoise(0.5)(padded, length) - padded)

    assert (added[1][:, 4000:] == 0).all()
    np.testing.assert_allclose(added[1][:, :4000].std(dim=1), added[0].std(dim=1), rtol=0.06)  # of 4,000 draws each

    torch.manual_seed(8)
    np.testing.assert_allclose(added[0].std(dim=1), 0.5 * torch.rand(6) * sound.std(dim=1), rtol=0.06)


def test_masks_blank_no_more_than_their_share() -> None:
    torch.manual_seed(1)
    left = SpecAugment(1)(torch.ones(300, 100, 40))
    assert (left.amax(2) == 0).sum(1).max() <= 13  # of 100 frames
    assert (left.amax(1) == 0).sum(1).max() <= 9  # of 40 bands
