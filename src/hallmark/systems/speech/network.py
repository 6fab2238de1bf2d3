"""Acoustic encoder: a convolutional network from waveforms to states of frames, for a CTC output (QuartzNet's blocks).

It takes 16-bit samples and makes its log-mel spectrogram itself: the package needs no preprocessing.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk
from hallmark.systems.speech.config import Network

_HOP_SECONDS = 0.0125  # between two frames; a frame is two hops long
_MEL_BANDS = 40
_LOWEST_HZ = 60.0  # below is hum
_STRIDE = 2  # frames that the first convolution makes one of: 25 ms, so 40 characters a second at most
_POWER_FLOOR = 1e-6  # power of a frame in which nothing sounds, 60 dB below full scale
_DEVIATION_FLOOR = 0.1  # added to the deviation of a band: one in which nothing happens stays quiet


class SpeedPerturbation(nn.Module):
    """Speed perturbation while training: plays each recording faster or slower by at most the share `max_change`.

    Pitch and formants move along, so that one voice stands for several (Ko et al. 2015, "Audio augmentation for speech
    recognition"). What a faster recording leaves empty is silence; a slower one that no longer fits is sped up to fit.
    """

    def __init__(self, max_change: float) -> None:
        super().__init__()
        self.max_change = max_change

    def forward(self, samples: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:  # (B, S) float, (B,) float
        if not self.training or not self.max_change:
            return samples, length
        size = samples.shape[1]
        factor = 1 + self.max_change * (2 * torch.rand(len(samples), device=samples.device) - 1)
        factor = torch.maximum(factor, length / size)

        # Linear interpolation between the samples at both sides of each new place.
        place = torch.arange(size, device=samples.device) * factor[:, None]
        left = place.long().clamp(max=size - 2)
        weight = (place - left).clamp(0, 1)
        played = samples.gather(1, left) * (1 - weight) + samples.gather(1, left + 1) * weight

        new_length = (length / factor).floor()
        is_own = torch.arange(size, device=samples.device) < new_length[:, None]
        return played * is_own, new_length


class AdditiveNoise(nn.Module):
    """White noise while training, of a deviation drawn up to the share `max_share` of the recording's own, in which
    padding does not count.
    """

    def __init__(self, max_share: float) -> None:
        super().__init__()
        self.max_share = max_share

    def forward(self, samples: Tensor, length: Tensor) -> Tensor:  # (B, S) float, (B,) float
        if not self.training or not self.max_share:
            return samples
        is_own = _is_own(length, samples.shape[1])
        _, deviation = _centre(samples, is_own, length.clamp(min=1)[:, None])

        scale = deviation * self.max_share * torch.rand(len(samples), 1, device=samples.device)
        return samples + scale * torch.randn_like(samples) * is_own


class SpecAugment(nn.Module):
    """SpecAugment (Park et al. 2019) while training: blanks `count` bands of time and as many of frequency."""

    max_time_share = 0.12  # of the frames, in one band
    max_frequency_share = 0.2  # of the mel bands, in one band

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, features: Tensor) -> Tensor:  # (B, T, M)
        if not self.training:
            return features
        for _ in range(self.count):
            time_mask = self._draw_mask(features, axis=1, max_share=self.max_time_share)
            frequency_mask = self._draw_mask(features, axis=2, max_share=self.max_frequency_share)
            features = features * time_mask * frequency_mask
        return features

    def _draw_mask(self, features: Tensor, *, axis: int, max_share: float) -> Tensor:
        """Return False in one band of each example along `axis`, which broadcasts along the other."""
        size = features.shape[axis]
        width, start = torch.rand(2, len(features), 1, device=features.device)
        width = width * max_share * size
        start = start * (size - width)

        place = torch.arange(size, device=features.device)
        is_outside = (place < start) | (place >= start + width)
        mask: Tensor = is_outside.unsqueeze(3 - axis)
        return mask


class LogMelSpectrogram(nn.Module):
    """Waveforms (B, S) → log-mel spectrogram (B, T, M), with mean 0 and deviation 1 of each band over its frames.

    The Fourier transform is a product with fixed kernels, which every runtime has; no frame but whole ones counts.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.hop = round(_HOP_SECONDS * sample_rate)
        window = 2 * self.hop
        bins = torch.arange(window // 2 + 1)
        phase = 2 * math.pi * bins[:, None] * torch.arange(window) / window
        hann = torch.hann_window(window)
        kernels = torch.cat([torch.cos(phase), torch.sin(phase)]) * hann / hann.sum()
        self.kernels = nn.Buffer(kernels.T.contiguous(), persistent=False)  # (window, 2 bins)
        self.bands = nn.Buffer(_mel_filters(sample_rate, len(bins)), persistent=False)  # (bins, M)

    def forward(self, samples: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        whole_hops = samples.shape[1] // self.hop
        hops = samples[:, : whole_hops * self.hop].reshape(-1, whole_hops, self.hop)
        frames = torch.cat([hops[:, :-1], hops[:, 1:]], dim=2)

        real, imaginary = (frames @ self.kernels).chunk(2, dim=2)
        power = real**2 + imaginary**2
        log_mel = torch.log(power @ self.bands + _POWER_FLOOR)

        frame_counts = torch.div(length, self.hop, rounding_mode="floor") - 1
        return _standardise(log_mel, frame_counts), frame_counts


class SeparableBlock(nn.Module):
    """Time-channel separable convolution with a residual connection: over time for each channel, then across channels.

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

    def forward(self, signal: Tensor, is_own: Tensor) -> Tensor:  # (B, W, 1, T), (B, 1, 1, T)
        changed: Tensor = (signal + self.change(signal)) * is_own
        return changed


class AcousticEncoder(Trunk):
    """Waveforms (B, S) int16 and their lengths (B,) → states (B, T, `width`) and frame counts (B,).

    - What lies beyond a recording's end is zero before each convolution, as beyond the array: padding changes nothing.
    - The frame counts say how many of the T frames are the recording's own.
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
        self.augment = augment
        self.mel = LogMelSpectrogram(sample_rate)
        self.shrink = nn.Sequential(
            nn.Conv2d(_MEL_BANDS, width, (1, 5), stride=(1, _STRIDE), padding=(0, 2), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(SeparableBlock(width, kernel, dropout) for _ in range(depth))

    def forward(self, waveform: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:  # what no recording of the batch reaches costs time and says nothing
            waveform = waveform[:, : int(length.max())]
        samples, sample_counts = self.augment["speed"](waveform.float() / 2**15, length.float())
        samples = self.augment["noise"](samples, sample_counts)

        log_mel, frame_counts = self.mel(samples, sample_counts)
        log_mel = self.augment["masks"](log_mel)

        signal = self.shrink(log_mel.transpose(1, 2).unsqueeze(2))
        frame_counts = torch.div(frame_counts + _STRIDE - 1, _STRIDE, rounding_mode="floor")
        is_own = _is_own(frame_counts, signal.shape[3])[:, None, None]
        signal = signal * is_own
        for block in self.blocks:
            signal = block(signal, is_own)
        return signal.squeeze(2).transpose(1, 2), frame_counts


def build(train: Examples, network: Network) -> AcousticEncoder:
    """Return an untrained trunk for the sample rate of `train.encoding`."""
    augment = nn.ModuleDict(
        {
            "speed": SpeedPerturbation(network.speed),
            "noise": AdditiveNoise(network.noise),
            "masks": SpecAugment(network.masks),
        }
    )
    encoder = AcousticEncoder(
        int(train.encoding["sample_rate"]),
        width=network.width,
        depth=network.depth,
        kernel=network.kernel,
        dropout=network.dropout,
        augment=augment,
    )

    for weights in encoder.parameters():
        if weights.ndim == 4:  # of convolutions
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    return encoder


def _is_own(counts: Tensor, size: int) -> Tensor:
    """Return (B, size), 1 where a frame or a sample is the recording's own, not padding: the first `counts` (B,)."""
    return (torch.arange(size, device=counts.device) < counts[:, None]).float()


def _centre(signal: Tensor, is_own: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Return the signal (B, T, …) less its mean over the recording's own places, 0 beyond them, and its deviation."""
    mean = (signal * is_own).sum(1, keepdim=True) / counts
    centred = (signal - mean) * is_own
    deviation = ((centred**2).sum(1, keepdim=True) / counts).sqrt()
    return centred, deviation


def _standardise(log_mel: Tensor, frame_counts: Tensor) -> Tensor:
    is_own = _is_own(frame_counts, log_mel.shape[1])[:, :, None]
    centred, deviation = _centre(log_mel, is_own, frame_counts.clamp(min=1)[:, None, None])
    return centred / (deviation + _DEVIATION_FLOOR)


def _mel_filters(sample_rate: int, bins: int) -> Tensor:
    """Return triangular filters (bins, M), equally wide in mel (O'Shaughnessy 1987: 2595 log10(1 + f / 700))."""
    nyquist = sample_rate / 2
    lowest_mel = 2595 * np.log10(1 + _LOWEST_HZ / 700)
    highest_mel = 2595 * np.log10(1 + nyquist / 700)
    edges = 700 * (10 ** (np.linspace(lowest_mel, highest_mel, _MEL_BANDS + 2) / 2595) - 1)
    frequency = np.linspace(0, nyquist, bins)[:, None]

    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.clip(np.minimum(rising, falling), 0, None), dtype=torch.float32)
