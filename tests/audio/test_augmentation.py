"""Augmentation as a pure function of samples and seed."""

from __future__ import annotations

import logging
import random

import audiomentations
import numpy as np
import pytest
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import augment
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


def test_seeds_of_neighbouring_draws_differ() -> None:
    seeds = {draw_seed(42, epoch, row) for epoch in range(20) for row in range(20)}
    assert len(seeds) == 400
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert draw_seed(1, 2) == draw_seed(1, 2)
