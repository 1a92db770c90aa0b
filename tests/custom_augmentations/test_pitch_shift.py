"""The shipped example of an augmentation: what it does to a tone, and that it can be repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_augmentations import CustomPitchShift
from phoneme_recognition.audio.augmentation import augment
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.errors import UserError

RATE = 16000
TONE = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)


def frequency(samples: NDArray[np.float32]) -> float:
    """Of the strongest partial, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


@pytest.mark.parametrize("semitones", [-12.0, 0.0, 7.0])
def test_a_tone_moves_by_so_many_semitones(semitones: float) -> None:
    shift = CustomPitchShift(semitones, semitones, p=1.0)
    shifted = augment(TONE, [shift], sampling_rate=RATE, seed=1)
    assert frequency(shifted) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.01)
    assert len(shifted) == len(TONE)


@pytest.mark.parametrize("semitones", [-4.0, 4.0])
def test_the_harmonics_of_a_low_voice_move_together(semitones: float) -> None:
    time = np.arange(RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 90 * number * time) / number for number in range(1, 20))
    shifted = augment(
        np.asarray(voice, np.float32),
        [CustomPitchShift(semitones, semitones, p=1.0)],
        sampling_rate=RATE,
        seed=1,
    )
    spectrum = np.abs(np.fft.rfft(shifted * np.hanning(RATE)))  # a bin is 1 Hz
    wanted = 90 * 2 ** (semitones / 12)
    for number in (1, 2, 3, 5, 8):
        around = spectrum[round(number * wanted) - 40 : round(number * wanted) + 40]
        assert np.argmax(around) == pytest.approx(40, abs=4)


def test_sound_does_not_leak_into_pauses(clips: Path) -> None:
    speech = read_audio(clips / "ru_0054.flac", RATE)
    shifted = augment(speech, [CustomPitchShift(-3, -3, p=1.0)], sampling_rate=RATE, seed=1)
    for start, end in (
        (0.340, 0.385),
        (2.72, 2.79),
    ):  # up to 7 ms before the first phone; between two phrases
        pause = slice(round(start * RATE), round(end * RATE))
        assert np.mean(shifted[pause] ** 2) < 1e-5 * np.mean(shifted**2)  # 50 dB below


def test_the_seed_decides() -> None:
    shift = CustomPitchShift(-4, 4, p=0.5)
    draws = [augment(TONE, [shift], sampling_rate=RATE, seed=seed) for seed in (1, 1, 2, 3, 4, 5)]
    assert np.array_equal(draws[0], draws[1])
    assert len({frequency(draw) for draw in draws}) > 2
    assert any(np.array_equal(draw, TONE) for draw in draws)


def test_swapped_ends_are_explained() -> None:
    entry = ClassEntry("custom_augmentations.CustomPitchShift", {"min_semitones": 4, "max_semitones": -4})
    with pytest.raises(UserError, match="min_semitones 4 is above"):
        instantiate(entry)
