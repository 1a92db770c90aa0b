"""The run's seed."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace

from lightning.pytorch import seed_everything

from phoneme_recognition.config import Config
from phoneme_recognition.processes import from_first

logger = logging.getLogger(__name__)


def settle_seed(config: Config) -> tuple[Config, int]:
    """Seed everything with the config's seed; without one, a seed is drawn, said, and put into the config."""
    seed = config.seed_everything
    if seed is None:
        seed = from_first(lambda: secrets.randbelow(2**31))
        logger.info("seed_everything: %d (drawn)", seed)
    seed_everything(seed, workers=False, verbose=False)
    return replace(config, seed_everything=seed), seed
