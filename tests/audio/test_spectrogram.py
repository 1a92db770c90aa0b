"""The spectrogram of the pictures, against cases worked out by hand and against scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.audio.spectrogram import spectrogram

RATE = 16000


@pytest.mark.parametrize(("amplitude", "level"), [(1.0, 0.0), (0.1, -20.0)])
def test_a_tone_stands_at_its_frequency_with_its_level(amplitude: float, level: float) -> None:
    tone = (amplitude * np.sin(2 * np.pi * 2000 * np.arange(RATE) / RATE)).astype(np.float32)
    found = spectrogram(tone, RATE)
    peak = found.levels.mean(axis=1).argmax()
    assert found.frequencies[peak] == pytest.approx(2000, abs=20)
    assert found.levels[peak].mean() == pytest.approx(level, abs=0.1)
    assert found.levels.shape == (len(found.frequencies), len(found.times))
    assert found.frequencies[-1] == RATE / 2


def test_a_click_stands_at_its_time() -> None:
    click = np.zeros(RATE, np.float32)
    click[RATE // 4] = 1.0
    found = spectrogram(click, RATE)
    assert found.times[found.levels.sum(axis=0).argmax()] == pytest.approx(0.25, abs=0.002)


def test_it_agrees_with_scipy_on_speech(clips: Path) -> None:
    speech = read_audio(clips / "ru_0054.flac", RATE)
    window = np.exp(-12 * np.linspace(-1, 1, 160) ** 2)
    frequencies, times, theirs = scipy.signal.spectrogram(
        speech, RATE, window, noverlap=128, nfft=512, detrend=False, scaling="spectrum", mode="magnitude"
    )
    ours = spectrogram(speech, RATE)
    assert np.allclose(ours.frequencies, frequencies)
    assert np.allclose(ours.times, times)
    assert np.allclose(10 ** (ours.levels / 20), np.maximum(2 * theirs, 1e-5), atol=1e-6)


def test_short_and_silent_sound_has_one_too() -> None:
    found = spectrogram(np.zeros(10, np.float32), RATE)
    assert found.levels.shape[1] == 1
    assert np.isfinite(found.levels).all()
