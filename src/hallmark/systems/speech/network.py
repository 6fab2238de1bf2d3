"""Acoustic encoder: a convolutional network from waveforms to states, for a CTC output.

Its blocks are those of QuartzNet. It takes 16-bit samples and computes its log-mel spectrogram
itself: the package needs no preprocessing.

Axes: B recordings of a batch, S samples, M mel bands, W channels; T is time, from the first to the
last: frames of the spectrogram, one every 12.5 ms, or after the first convolution steps of 25 ms.
Recordings shorter than the batch's longest are padded at the end; "own" samples, frames or steps
are those before the padding.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from hallmark.contracts.examples import Examples
from hallmark.layers.model import Trunk

_HOP_SECONDS = 0.0125  # between two frames; a frame is two hops long
_MEL_BANDS = 40
_LOWEST_HZ = 60.0  # below it is the hum of the mains
_STRIDE = 2  # frames in a step of 25 ms: CTC can write at most one character in each, 40 a second
_POWER_FLOOR = 1e-6  # added to the power of a band before the logarithm: 60 dB below full scale
_DEVIATION_FLOOR = 0.1  # added to the deviation of a band: one that hardly changes stays near 0


class SpeedPerturbation(nn.Module):
    """Speed perturbation while training: play each recording a little faster or slower.

    The speed is drawn from 1 - `max_change` to 1 + `max_change`. Pitch and formants change with the
    speed, so that one voice serves as several (Ko et al. 2015, "Audio augmentation for speech
    recognition"). After a faster recording comes silence. A recording is never slowed so much that
    it would exceed S samples.

    Samples (B, S) and their own lengths (B,), both float → the same of what is played.
    """

    def __init__(self, max_change: float) -> None:
        super().__init__()
        self.max_change = max_change

    def forward(self, samples: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training or not self.max_change:
            return samples, length
        size = samples.shape[1]
        speed = 1 + self.max_change * (2 * torch.rand(len(samples), device=samples.device) - 1)
        speed = torch.maximum(speed, length / size)

        # Linear interpolation between the two old samples around each new one.
        old_position = torch.arange(size, device=samples.device) * speed[:, None]
        left = old_position.long().clamp(max=size - 2)
        right_weight = (old_position - left).clamp(0, 1)
        left_part = samples.gather(1, left) * (1 - right_weight)
        right_part = samples.gather(1, left + 1) * right_weight
        played = left_part + right_part

        new_length = (length / speed).floor()
        is_own = torch.arange(size, device=samples.device) < new_length[:, None]
        return played * is_own, new_length


class AdditiveNoise(nn.Module):
    """White noise while training, as loud as a random share of the recording.

    Its deviation is drawn from 0 to `max_share` times the recording's. Padding neither counts for
    the recording's deviation nor gets noise. Samples (B, S) and lengths (B,), float → (B, S).
    """

    def __init__(self, max_share: float) -> None:
        super().__init__()
        self.max_share = max_share

    def forward(self, samples: Tensor, length: Tensor) -> Tensor:
        if not self.training or not self.max_share:
            return samples
        is_own = _is_own(length, samples.shape[1])
        _, deviation = _centre(samples, is_own, length.clamp(min=1)[:, None])

        scale = deviation * self.max_share * torch.rand(len(samples), 1, device=samples.device)
        return samples + scale * torch.randn_like(samples) * is_own


class SpecAugment(nn.Module):
    """SpecAugment (Park et al. 2019) while training: hide stretches of time and of frequency.

    `count` stretches of each are set to 0, the mean. Their widths and places are drawn for each
    recording. Spectrogram (B, T, M) → (B, T, M).
    """

    max_time_share = 0.12  # widest stretch of time, of the T frames
    max_frequency_share = 0.2  # widest stretch of frequency, of the M mel bands

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, features: Tensor) -> Tensor:
        if not self.training:
            return features
        for _ in range(self.count):
            time_mask = self._draw_mask(features, axis=1, max_share=self.max_time_share)
            frequency_mask = self._draw_mask(features, axis=2, max_share=self.max_frequency_share)
            features = features * time_mask * frequency_mask
        return features

    def _draw_mask(self, features: Tensor, *, axis: int, max_share: float) -> Tensor:
        """Return a mask that is False in one stretch of `axis`, drawn for each recording.

        Axis 1 is time, axis 2 frequency. The mask is (B, T, 1) or (B, 1, M), so that it broadcasts
        over the other axis.
        """
        size = features.shape[axis]
        width, start = torch.rand(2, len(features), 1, device=features.device)
        width = width * max_share * size
        start = start * (size - width)

        position = torch.arange(size, device=features.device)
        is_outside = (position < start) | (position >= start + width)
        mask: Tensor = is_outside.unsqueeze(3 - axis)
        return mask


class LogMelSpectrogram(nn.Module):
    """Log-mel spectrogram, standardised in each recording and band.

    Samples (B, S) from -1 to 1 and lengths (B,) → spectrogram (B, T, M) and frame counts (B,). In
    each recording, each band has mean 0 and deviation 1 over the recording's own frames, and is 0
    after them. A frame that is partly padding is not an own frame.

    The Fourier transform is a product with fixed kernels, since not every runtime has an operator
    for it.
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
    """Time-channel separable convolution with a residual connection.

    A convolution over time for each channel, then one across channels at each time. `signal` (B, W,
    1, T) → (B, W, 1, T), set to 0 where `is_own` (B, 1, 1, T) is 0, in padding. Kriman et al. 2019,
    "QuartzNet: deep automatic speech recognition with 1D time-channel separable convolutions".
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

    def forward(self, signal: Tensor, is_own: Tensor) -> Tensor:
        changed: Tensor = (signal + self.change(signal)) * is_own
        return changed


class AcousticEncoder(Trunk):
    """The network: waveforms → a state for each step of 25 ms.

    Waveforms int16 (B, S) and their lengths (B,) in samples → states (B, T, W), and how many of the
    T are own (B,).

    - T counts steps of 25 ms, and W is `width`.
    - Padding is set to 0 before each convolution, which itself pads with 0, so a recording's states
      don't depend on how much it is padded.
    - The convolutions are of pictures one pixel high, (B, W, 1, T): with channels last, they take a
      third of the time of one-dimensional ones on a CPU.
    """

    inputs = ("waveform", "length")

    def __init__(
        self,
        train: Examples,
        *,
        width: int,
        depth: int,
        kernel: int,
        dropout: float,
        speed: float = 0.0,
        noise: float = 0.0,
        masks: int = 0,
    ) -> None:
        """The sample rate is that of `train.encoding`.

        `speed`, `noise` and `masks` are those of `SpeedPerturbation`, `AdditiveNoise` and
        `SpecAugment`.
        """
        super().__init__()
        self.features = width
        self.augment = nn.ModuleDict(
            {"speed": SpeedPerturbation(speed), "noise": AdditiveNoise(noise), "masks": SpecAugment(masks)}
        )
        self.mel = LogMelSpectrogram(int(train.encoding["sample_rate"]))
        self.shrink = nn.Sequential(
            nn.Conv2d(_MEL_BANDS, width, (1, 5), stride=(1, _STRIDE), padding=(0, 2), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(SeparableBlock(width, kernel, dropout) for _ in range(depth))

        for weights in self.parameters():
            if weights.ndim == 4:  # a convolution's
                weights.data = weights.data.contiguous(memory_format=torch.channels_last)

    def forward(self, waveform: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:  # padding that all recordings of the batch share only costs time
            waveform = waveform[:, : int(length.max())]
        samples, sample_counts = self.augment["speed"](waveform.float() / 2**15, length.float())
        samples = self.augment["noise"](samples, sample_counts)

        log_mel, frame_counts = self.mel(samples, sample_counts)
        log_mel = self.augment["masks"](log_mel)

        signal = self.shrink(log_mel.transpose(1, 2).unsqueeze(2))
        # Rounded up: a last frame alone is a step, too.
        step_counts = torch.div(frame_counts + _STRIDE - 1, _STRIDE, rounding_mode="floor")
        is_own = _is_own(step_counts, signal.shape[3])[:, None, None]
        signal = signal * is_own
        for block in self.blocks:
            signal = block(signal, is_own)
        return signal.squeeze(2).transpose(1, 2), step_counts


def _is_own(counts: Tensor, size: int) -> Tensor:
    """Return float (B, size): 1 for the first `counts` (B,) places of each row, else 0."""
    return (torch.arange(size, device=counts.device) < counts[:, None]).float()


def _centre(signal: Tensor, is_own: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Subtract the mean of each recording: return the centred signal and its deviation.

    Both are over the recording's own places along axis 1; after them, the centred signal is 0.

    signal: (B, S) or (B, T, M).
    is_own: (B, S) or (B, T, 1), 1 for own places, else 0.
    counts: (B, 1) or (B, 1, 1), how many places are own, at least 1.

    The deviation is (B, 1) or (B, 1, M).
    """
    mean = (signal * is_own).sum(1, keepdim=True) / counts
    centred = (signal - mean) * is_own
    deviation = ((centred**2).sum(1, keepdim=True) / counts).sqrt()
    return centred, deviation


def _standardise(log_mel: Tensor, frame_counts: Tensor) -> Tensor:
    """Return (B, T, M): mean 0 and deviation 1 over a recording's own frames, 0 after them."""
    is_own = _is_own(frame_counts, log_mel.shape[1])[:, :, None]
    centred, deviation = _centre(log_mel, is_own, frame_counts.clamp(min=1)[:, None, None])
    return centred / (deviation + _DEVIATION_FLOOR)


def _mel_filters(sample_rate: int, bins: int) -> Tensor:
    """Return triangular filters (bins, M) that sum a spectrum in mel bands.

    The bins are frequencies from 0 Hz to half the sample rate. The filters are equally wide in mel,
    2595 log10(1 + f / 700) for a frequency f in Hz (O'Shaughnessy 1987).
    """
    nyquist = sample_rate / 2
    lowest_mel = 2595 * np.log10(1 + _LOWEST_HZ / 700)
    highest_mel = 2595 * np.log10(1 + nyquist / 700)
    edges_mel = np.linspace(lowest_mel, highest_mel, _MEL_BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)  # Hz; filter i: up from edge i, down to i + 2
    frequency = np.linspace(0, nyquist, bins)[:, None]

    rising = (frequency - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequency) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.clip(np.minimum(rising, falling), 0, None), dtype=torch.float32)
