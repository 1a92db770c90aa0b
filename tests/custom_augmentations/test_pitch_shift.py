"""The shipped example of an augmentation: what it does to a tone, and that it can be repeated."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_augmentations import CustomPitchShift
from phoneme_recognition.audio.augmentation import augment
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
