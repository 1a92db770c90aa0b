"""Augmentation as a pure function of samples and seed."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import audiomentations
import librosa
import numpy as np
import pytest
from audiomentations.core.transforms_interface import BaseWaveformTransform
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import augment
from phoneme_recognition.errors import DataError, UserError
from phoneme_recognition.randomness import draw_seed, seeded

SAMPLES = np.sin(np.arange(16000, dtype=np.float32) / 20).astype(np.float32)


def noisy(seed: int) -> NDArray[np.float32]:
    transforms = [
        audiomentations.AddGaussianNoise(min_amplitude=0.001, max_amplitude=0.01, p=0.8),
        audiomentations.Gain(min_gain_db=-6, max_gain_db=6, p=0.8),
    ]
    return augment(SAMPLES, transforms, sampling_rate=16000, seed=seed)


def test_the_seed_decides_and_nothing_else() -> None:
    first = noisy(5)
    random.random()
    np.random.rand(10)
    assert np.array_equal(noisy(5), first)
    assert not np.array_equal(noisy(6), first)


def test_the_surrounding_random_state_is_left_alone() -> None:
    random.seed(1)
    np.random.seed(1)
    expected = (random.random(), np.random.rand())
    random.seed(1)
    np.random.seed(1)
    noisy(3)
    assert (random.random(), np.random.rand()) == expected


def test_the_state_is_put_back_after_an_error_too() -> None:
    random.seed(1)
    expected = random.random()
    random.seed(1)
    with pytest.raises(RuntimeError), seeded(7):
        raise RuntimeError
    assert random.random() == expected


def test_a_transform_that_breaks_the_sound_is_named_and_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    class Breaks:
        def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
            return samples * np.float32(np.nan)

    with caplog.at_level(logging.WARNING):
        assert np.array_equal(augment(SAMPLES, [Breaks()], sampling_rate=16000, seed=1), SAMPLES)
    assert "Breaks" in caplog.text


class OldPitchShift(BaseWaveformTransform):  # type: ignore[misc]  # audiomentations has no types
    """As it was written for librosa before 0.10."""

    def apply(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        shifted: NDArray[np.float32] = librosa.effects.pitch_shift(samples, sample_rate, 2.0)  # type: ignore[call-arg]
        return shifted


class Invert(BaseWaveformTransform):  # type: ignore[misc]
    def apply(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        return -samples


class Careless(BaseWaveformTransform):  # type: ignore[misc]
    """Has no p, changes what it is given, and gives back float64."""

    def __init__(self, loudest: float = 2.0) -> None:
        super().__init__(p=1.0)
        self.loudest = loudest

    def apply(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
        samples *= np.random.uniform(1.0, self.loudest)
        return samples.astype(np.float64)


def test_a_transform_that_fails_is_told_by_class_reason_and_line() -> None:
    with pytest.raises(UserError) as caught:
        augment(SAMPLES, [OldPitchShift(p=1.0)], sampling_rate=16000, seed=1)
    text = str(caught.value)
    assert f"augmentation {__name__}.OldPitchShift failed on a recording of 1.0 s" in text
    assert "TypeError: pitch_shift() takes 1 positional argument but 3 were given" in text
    line = next(
        number for number, code in enumerate(Path(__file__).read_text().split("\n"), 1) if "2.0)" in code
    )
    assert f"(test_augmentation.py, line {line}: shifted" in text
    assert "data.augmentations" in text
    assert "\n" not in text


def test_a_failure_inside_a_library_names_the_library_s_line() -> None:
    low = audiomentations.BandPassFilter(
        min_center_freq=7000,
        max_center_freq=7000,
        min_bandwidth_fraction=0.1,
        max_bandwidth_fraction=0.1,
        p=1.0,
    )
    with pytest.raises(
        UserError, match=r"BandPassFilter failed .*ValueError: .*base_butterword_filter\.py, line"
    ):
        augment(SAMPLES, [low], sampling_rate=8000, seed=1)


def test_an_error_that_explains_itself_is_left_as_it_is() -> None:
    class Wants:
        def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
            raise DataError("no noise", remedy="Fetch some.")

    with pytest.raises(DataError, match=r"^no noise\. Fetch some\.$"):
        augment(SAMPLES, [Wants()], sampling_rate=16000, seed=1)


def test_classes_of_ones_own_need_no_p_and_no_care() -> None:
    assert np.array_equal(augment(SAMPLES, [Invert(p=1.0)], sampling_rate=16000, seed=1), -SAMPLES)
    before = SAMPLES.copy()
    louder = augment(before, [Careless()], sampling_rate=16000, seed=1)
    assert louder.dtype == np.float32
    assert np.array_equal(before, SAMPLES)
    assert np.array_equal(augment(before, [Careless()], sampling_rate=16000, seed=1), louder)
    assert not np.array_equal(augment(before, [Careless()], sampling_rate=16000, seed=2), louder)


@pytest.mark.parametrize("odd", [None, np.zeros((2, 5)), np.zeros(0), np.float32(1)])
def test_what_is_no_sound_is_passed_over(odd: object, caplog: pytest.LogCaptureFixture) -> None:
    class Odd:
        def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
            return odd  # type: ignore[return-value]

    assert np.array_equal(augment(SAMPLES, [Odd()], sampling_rate=16000, seed=1), SAMPLES)
    assert "Odd gave no usable sound" in caplog.text


def test_seeds_of_neighbouring_draws_differ() -> None:
    seeds = {draw_seed(42, epoch, row) for epoch in range(20) for row in range(20)}
    assert len(seeds) == 400
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert draw_seed(1, 2) == draw_seed(1, 2)
