"""A convolutional network from waveforms to frames. It takes 16-bit samples: the package needs no preprocessing."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.systems.speech.config import Network

_HOP = 0.0125  # seconds between two frames; a frame is two hops long
_BANDS = 40  # mel bands
_LOWEST = 60.0  # Hz: below is hum
_STRIDE = 2  # frames that the first convolution makes one of: 25 ms, so 40 characters a second at most
_EPSILON = 1e-6  # power of a frame in which nothing sounds, 60 dB below full scale


class Speed(nn.Module):
    """Plays each recording a little faster or slower while training, by a share of at most `share`.

    Pitch and formants move along, so that one voice stands for several (Ko et al. 2015, "Audio augmentation for speech
    recognition"). What a faster recording leaves empty is silence; a slower one that no longer fits is sped up to fit.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, sound: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:  # (B, S) float, (B,) float
        if not self.training or not self.share:
            return sound, length
        factor = 1 + self.share * (2 * torch.rand(len(sound), device=sound.device) - 1)
        factor = torch.maximum(factor, length / sound.shape[1])
        place = torch.arange(sound.shape[1], device=sound.device) * factor[:, None]
        left = place.long().clamp(max=sound.shape[1] - 2)
        part = (place - left).clamp(0, 1)
        played = sound.gather(1, left) * (1 - part) + sound.gather(1, left + 1) * part
        length = (length / factor).floor()
        return played * (torch.arange(sound.shape[1], device=sound.device) < length[:, None]), length


class Noise(nn.Module):
    """Adds white noise while training: of a recording's deviation, which padding does not change, a share drawn up to
    `share`.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, sound: Tensor, length: Tensor) -> Tensor:  # (B, S) float, (B,) float
        if not self.training or not self.share:
            return sound
        within, count = _within(length, sound.shape[1]), length.clamp(min=1)[:, None]
        centred = (sound - (sound * within).sum(1, keepdim=True) / count) * within
        deviation = ((centred**2).sum(1, keepdim=True) / count).sqrt()
        scale = deviation * self.share * torch.rand(len(sound), 1, device=sound.device)
        return sound + scale * torch.randn_like(sound) * within


class Masks(nn.Module):
    """Blanks bands of time and of frequency while training (Park et al. 2019, "SpecAugment")."""

    widest_time, widest_band = 0.12, 0.2  # shares of the frames, and of the mel bands

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, features: Tensor) -> Tensor:  # (B, T, M)
        if not self.training:
            return features
        for _ in range(self.count):
            features = features * self._kept(features, 1, self.widest_time) * self._kept(features, 2, self.widest_band)
        return features

    def _kept(self, features: Tensor, axis: int, widest: float) -> Tensor:
        size = features.shape[axis]
        width, start = torch.rand(2, len(features), 1, device=features.device)
        width = width * widest * size
        start = start * (size - width)
        place = torch.arange(size, device=features.device)
        kept = (place < start) | (place >= start + width)
        spread: Tensor = kept.unsqueeze(3 - axis)
        return spread


class LogMel(nn.Module):
    """Waveforms (B, S) → log-mel features (B, T, M), each band with mean 0 and deviation 1 over a recording's frames.

    The Fourier transform is a product with fixed kernels, which every runtime has; no frame but whole ones counts.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.hop = round(_HOP * sample_rate)
        window = 2 * self.hop
        bins = torch.arange(window // 2 + 1)
        turn = 2 * math.pi * bins[:, None] * torch.arange(window) / window
        hann = torch.hann_window(window)
        kernels = torch.cat([torch.cos(turn), torch.sin(turn)]) * hann / hann.sum()
        self.kernels = nn.Buffer(kernels.T.contiguous(), persistent=False)  # (window, 2 bins)
        self.bands = nn.Buffer(_mel_bands(sample_rate, len(bins)), persistent=False)  # (bins, M)

    def forward(self, sound: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        hops = sound[:, : sound.shape[1] // self.hop * self.hop].reshape(-1, sound.shape[1] // self.hop, self.hop)
        spectrum = torch.cat([hops[:, :-1], hops[:, 1:]], dim=2) @ self.kernels
        real, imaginary = spectrum.chunk(2, dim=2)
        features = torch.log((real**2 + imaginary**2) @ self.bands + _EPSILON)
        frames = torch.div(length, self.hop, rounding_mode="floor") - 1
        return _standard(features, frames), frames


class SeparableBlock(nn.Module):
    """A convolution over time for each channel, then one across channels; the signal has a way around both.

    Kriman et al. 2019, "QuartzNet: deep automatic speech recognition with 1D time-channel separable convolutions".
    """

    def __init__(self, width: int, kernel: int, dropout: float) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(width, width, (1, kernel), padding=(0, kernel // 2), groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )

    def forward(self, signal: Tensor, within: Tensor) -> Tensor:  # (B, W, 1, T), (B, 1, 1, T)
        changed: Tensor = (signal + self.change(signal)) * within
        return changed


class Recogniser(Trunk):
    """Waveforms (B, S) int16 and their lengths (B,) → states (B, T, `width`) and frames (B,).

    - What lies beyond a recording's end is zero before each convolution, as beyond the array: padding changes nothing.
    - `frames` says how many of the T frames are the recording's own.
    - Time is the second axis of a picture one pixel high: with channels last, such convolutions take a third of the
      time of one-dimensional ones on a CPU.
    """

    inputs = ("waveform", "length")

    def __init__(
        self,
        sample_rate: int,
        *,
        width: int,
        depth: int,
        kernel: int,
        dropout: float,
        augment: nn.ModuleDict,
    ) -> None:
        super().__init__()
        self.features = width
        self.augment, self.mel = augment, LogMel(sample_rate)
        self.shrink = nn.Sequential(
            nn.Conv2d(_BANDS, width, (1, 5), stride=(1, _STRIDE), padding=(0, 2), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(SeparableBlock(width, kernel, dropout) for _ in range(depth))

    def forward(self, waveform: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:  # what no recording of the batch reaches costs time and says nothing
            waveform = waveform[:, : int(length.max())]
        sound, samples = self.augment["speed"](waveform.float() / 2**15, length.float())
        features, frames = self.mel(self.augment["noise"](sound, samples), samples)
        signal = self.shrink(self.augment["masks"](features).transpose(1, 2).unsqueeze(2))
        frames = torch.div(frames + _STRIDE - 1, _STRIDE, rounding_mode="floor")
        within = _within(frames, signal.shape[3])[:, None, None]
        signal = signal * within
        for block in self.blocks:
            signal = block(signal, within)
        return signal.squeeze(2).transpose(1, 2), frames


def build(train: Examples, network: Network) -> Recogniser:
    """Return an untrained trunk for the sample rate of `train.encoding`."""
    augment = nn.ModuleDict(
        {"speed": Speed(network.speed), "noise": Noise(network.noise), "masks": Masks(network.masks)}
    )
    recogniser = Recogniser(
        int(train.encoding["sample_rate"]),
        width=network.width,
        depth=network.depth,
        kernel=network.kernel,
        dropout=network.dropout,
        augment=augment,
    )
    for weights in recogniser.parameters():
        if weights.ndim == 4:
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    return recogniser


def _within(count: Tensor, size: int) -> Tensor:
    """Return (B, size), 1 where a frame or a sample is the recording's own: the first `count`, (B,)."""
    return (torch.arange(size, device=count.device) < count[:, None]).float()


def _standard(features: Tensor, frames: Tensor) -> Tensor:
    within = _within(frames, features.shape[1])[:, :, None]
    count = frames.clamp(min=1)[:, None, None]
    centred = (features - (features * within).sum(1, keepdim=True) / count) * within
    deviation = ((centred**2).sum(1, keepdim=True) / count).sqrt()
    return centred / (deviation + 0.1)  # a band in which nothing happens stays quiet


def _mel_bands(sample_rate: int, bins: int) -> Tensor:
    """Return (bins, M): triangles that are equally wide in mel (O'Shaughnessy 1987: 2595 log10(1 + f / 700))."""
    highest = sample_rate / 2
    low, high = (2595 * np.log10(1 + edge / 700) for edge in (_LOWEST, highest))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    frequency = np.linspace(0, highest, bins)[:, None]
    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.clip(np.minimum(rising, falling), 0, None), dtype=torch.float32)
