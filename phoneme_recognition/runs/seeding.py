"""The run's seed."""

from __future__ import annotations

import logging
import secrets

from lightning.pytorch import seed_everything

from phoneme_recognition.config import Config

logger = logging.getLogger(__name__)


def settle_seed(config: Config) -> int:
    """Seed everything with the config's seed; without one, it is drawn, said, and put into the config."""
    if config.seed_everything is None:
        config.seed_everything = secrets.randbelow(2**31)
        logger.info("seed_everything: %d (drawn)", config.seed_everything)
    seed_everything(config.seed_everything, workers=False, verbose=False)
    return config.seed_everything
