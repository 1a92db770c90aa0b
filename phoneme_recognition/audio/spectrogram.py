"""A spectrogram as phoneticians read it: wide-band, in dB."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WINDOW = 0.010  # s; a Gaussian of this length resolves like 5 ms, which shows formants and glottal pulses
_HOP = 0.002  # s
_BINS = 512  # at least; finer than the window resolves, so that the picture is smooth
_QUIETEST = 1e-10  # a floor in power: digital silence has no logarithm


class Spectrogram(NamedTuple):
    """Levels over time and frequency.

    Attributes:
        times: (num_frames,) middle of each frame in s.
        frequencies: (num_bins,) in Hz.
        levels: (num_bins, num_frames) in dB; a sine of amplitude 1 has 0 dB.
    """

    times: NDArray[np.float64]
    frequencies: NDArray[np.float64]
    levels: NDArray[np.float64]


def spectrogram(samples: NDArray[np.float32], sampling_rate: int) -> Spectrogram:
    """The wide-band spectrogram of (num_samples,) samples; sound shorter than a window is filled up.

    The window is a Gaussian that falls to exp(-12) at its ends (Praat's manual, "Sound: To Spectrogram").
    """
    width, hop = round(_WINDOW * sampling_rate), max(1, round(_HOP * sampling_rate))
    position = np.linspace(-1.0, 1.0, width)
    window = np.exp(-12.0 * position**2)
    padded = np.pad(samples, (0, max(0, width - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop] * window
    size = max(_BINS, width)
    amplitudes = np.abs(np.fft.rfft(frames, size, axis=1)).T * (2.0 / window.sum())
    levels: NDArray[np.float64] = 10.0 * np.log10(np.maximum(np.square(amplitudes), _QUIETEST))
    times = (np.arange(len(frames), dtype=np.float64) * hop + width / 2) / sampling_rate
    frequencies = np.arange(len(levels), dtype=np.float64) * (sampling_rate / size)
    return Spectrogram(times, frequencies, levels)
