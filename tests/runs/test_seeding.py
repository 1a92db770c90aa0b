"""The seed of a run: given, zero, or drawn."""

from __future__ import annotations

import logging
import random

import numpy as np
import pytest
import torch

from phoneme_recognition.config.sections import Config
from phoneme_recognition.runs.seeding import settle_seed


def draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


@pytest.mark.parametrize("seed", [0, 42])
def test_a_given_seed_decides_what_every_generator_draws(seed: int) -> None:
    config, settled = settle_seed(Config(seed_everything=seed))
    first = draws()
    assert (config.seed_everything, settled) == (seed, seed)
    settle_seed(Config(seed_everything=seed))
    assert draws() == first
    settle_seed(Config(seed_everything=seed + 1))
    assert draws() != first


def test_no_seed_draws_one_that_is_said_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        (config, seed), (_, other) = (settle_seed(Config(seed_everything=None)) for _ in range(2))
    assert config.seed_everything == seed != other
    assert f"seed_everything: {seed} (drawn)" in caplog.text
    settle_seed(config)
    first = draws()
    settle_seed(Config(seed_everything=seed))
    assert draws() == first
