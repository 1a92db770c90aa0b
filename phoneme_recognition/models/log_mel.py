"""Log-mel spectrograms inside the network: as Whisper and as Kaldi (Wav2Vec2-BERT) compute them.

Both take a padded batch and give for each utterance what it would get alone: samples behind an utterance's
end are taken as zero, statistics are over its own frames, and frames behind its end are zero.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers.audio_utils import mel_filter_bank

from phoneme_recognition.models.encoders.padding import valid_frames

SAMPLING_RATE = 16_000
_WINDOW, _HOP = 400, 160  # samples: 25 ms and 10 ms


class WhisperLogMel(nn.Module):
    """Log-mel spectrogram of Whisper (Radford et al., 2022): 100 frames a second, 80 dB deep, about -1 to 1.

    Equal to `transformers.WhisperFeatureExtractor` on the frames of the utterance.

    Args:
        num_mel_bins: channels.
        longest: samples of the longest utterance, 30 s in the published models.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, num_mel_bins: int, longest: int = 30 * SAMPLING_RATE) -> None:
        super().__init__()
        self._longest = longest
        filters = mel_filter_bank(
            num_frequency_bins=_WINDOW // 2 + 1,
            num_mel_filters=num_mel_bins,
            min_frequency=0.0,
            max_frequency=8000.0,
            sampling_rate=SAMPLING_RATE,
            norm="slaney",
            mel_scale="slaney",
        )
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(_WINDOW), persistent=False)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """Samples → frames: one for every 10 ms begun."""
        return -(-lengths // _HOP)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S) waveforms and (B,) samples → (B, T, num_mel_bins) features and (B,) frames."""
        with torch.autocast(waveforms.device.type, enabled=False):
            frames = self.frame_lengths(lengths)
            width = -(-waveforms.shape[1] // _HOP)
            # Silence behind the end; only at 30 s the reflection that torch.stft pads with, as in Whisper.
            silence = min(_WINDOW, max(0, self._longest - waveforms.shape[1]))
            samples = pad(_silence_padding(waveforms, lengths), (0, silence))
            spectrum = torch.stft(samples, _WINDOW, _HOP, window=self.window.float(), return_complex=True)
            power = spectrum[..., :width].abs().square()
            mel = (self.filters.float().T @ power).clamp(min=1e-10).log10()
            valid = valid_frames(frames, width).unsqueeze(1)
            loudest = mel.masked_fill(~valid, -10.0).amax(dim=(1, 2), keepdim=True)
            scaled = (torch.maximum(mel, loudest - 8.0) + 4.0) / 4.0
            return scaled.masked_fill(~valid, 0.0).transpose(1, 2), frames


# Share of the band up to half the sampling rate that every resampler keeps: above, recordings that came from
# another rate are silent, and their features would be those of no recording in training.
_USED_BAND = 0.9


class HTKLogMel(nn.Module):
    """Plain log-mel energies on the HTK mel scale, normalised a channel: 100 frames a second at any rate.

    25-ms windows every 10 ms, pre-emphasis 0.97, as in the HTK Book (Young et al., 2006, section 5.6).

    Args:
        sampling_rate: of the waveforms, in Hz.
        mel_bins: channels.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, sampling_rate: int, mel_bins: int) -> None:
        super().__init__()
        self.hop = sampling_rate // 100
        length = sampling_rate // 40
        self.fft_size = 1 << (length - 1).bit_length()
        filters = mel_filter_bank(
            num_frequency_bins=self.fft_size // 2 + 1,
            num_mel_filters=mel_bins,
            min_frequency=20.0,
            max_frequency=_USED_BAND * sampling_rate / 2,
            sampling_rate=sampling_rate,
            norm=None,
            mel_scale="htk",
        )
        # Each twice, for the squared real and imaginary part: adding them up is the product's work.
        doubled = torch.from_numpy(filters).float().repeat_interleave(2, dim=0)
        self.register_buffer("filters", doubled, persistent=False)
        self.register_buffer("window", torch.hann_window(length), persistent=False)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """Samples → frames, each centred on a multiple of 10 ms."""
        return lengths // self.hop + 1

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S) waveforms and (B,) samples → (B, T, mel_bins) features and (B,) frames."""
        with torch.autocast(waveforms.device.type, enabled=False):
            emphasised = pad(waveforms.float(), (1, 0))
            emphasised = torch.sub(emphasised[:, 1:], emphasised[:, :-1], alpha=0.97)
            spectrum = torch.stft(
                _silence_padding(emphasised, lengths),
                self.fft_size,
                self.hop,
                self.window.numel(),
                self.window,
                pad_mode="constant",
                return_complex=True,
            )
            squares = torch.view_as_real(spectrum.transpose(1, 2)).square()
            mel = (squares.flatten(2) @ self.filters + 1e-6).log()
            frames = self.frame_lengths(lengths)
            return _normalise(mel, frames), frames


class KaldiLogMel(nn.Module):
    """Kaldi's filterbank as Wav2Vec2-BERT uses it: normalised a channel, two 10-ms frames stacked in one.

    Equal to `transformers.SeamlessM4TFeatureExtractor` (up to its float64 arithmetic); a last odd frame
    counts in the normalisation and is then dropped, as there.

    Args:
        num_mel_bins: channels of one 10-ms frame.
        stride: frames stacked in one.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, num_mel_bins: int = 80, stride: int = 2) -> None:
        super().__init__()
        self.stride = stride
        filters = mel_filter_bank(
            num_frequency_bins=_KALDI_FFT // 2 + 1,
            num_mel_filters=num_mel_bins,
            min_frequency=20.0,
            max_frequency=SAMPLING_RATE / 2,
            sampling_rate=SAMPLING_RATE,
            norm=None,
            mel_scale="kaldi",
            triangularize_in_mel_space=True,
        )
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)
        # Kaldi's "povey" window.
        self.register_buffer("window", torch.hann_window(_WINDOW, periodic=False).pow(0.85), persistent=False)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """Samples → stacked frames: whole windows only."""
        return self._windows(lengths) // self.stride

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, S) waveforms and (B,) samples → (B, T, stride * num_mel_bins) features and (B,) frames."""
        with torch.autocast(waveforms.device.type, enabled=False):
            windows = self._windows(lengths)
            features = _normalise(self._log_mel(waveforms), windows)
            batch, frames, channels = features.shape
            whole = frames // self.stride
            stacked = features[:, : whole * self.stride].reshape(batch, whole, self.stride * channels)
            return stacked, windows // self.stride

    def _windows(self, lengths: Tensor) -> Tensor:
        return ((lengths - _WINDOW) // _HOP + 1).clamp(min=0)

    def _log_mel(self, waveforms: Tensor) -> Tensor:
        # Kaldi works on 16-bit integers, and its floor on the energy is meant for them.
        frames = waveforms.float().unfold(1, _WINDOW, _HOP) * 2.0**15
        frames = frames - frames.mean(dim=-1, keepdim=True)
        previous = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
        emphasised = (frames - 0.97 * previous) * self.window.float()
        power: Tensor = torch.fft.rfft(emphasised, n=_KALDI_FFT).abs().square()
        return (power @ self.filters.float()).clamp(min=_KALDI_FLOOR).log()


_KALDI_FFT = 512
_KALDI_FLOOR = 1.192092955078125e-07


def _silence_padding(waveforms: Tensor, lengths: Tensor) -> Tensor:
    """A copy that is zero behind each end; row by row, as a mask over all samples costs more than the FFT."""
    samples = waveforms.float().clone()
    for row, length in zip(samples, lengths.tolist(), strict=True):
        row[length:] = 0.0
    return samples


def _normalise(features: Tensor, lengths: Tensor) -> Tensor:
    """Zero mean and unit variance of each channel over an utterance's own frames; zero behind them."""
    valid = valid_frames(lengths, features.shape[1]).unsqueeze(-1)
    count = lengths.view(-1, 1, 1)
    mean = features.masked_fill(~valid, 0.0).sum(dim=1, keepdim=True) / count.clamp(min=1)
    centred = (features - mean).masked_fill(~valid, 0.0)
    variance = centred.square().sum(dim=1, keepdim=True) / (count - 1).clamp(min=1)
    return centred * (variance + 1e-7).rsqrt()
