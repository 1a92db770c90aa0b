"""Waveform augmentation whose draws can be repeated.

The transforms are audiomentations' or a user's own; what is here seeds them for one draw and watches
what they give back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.randomness import seeded

logger = logging.getLogger(__name__)


class WaveformTransform(Protocol):
    """What audiomentations' transforms are: called with (num_samples,) float32 and a rate in Hz."""

    def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Give back the changed samples, of any length above 0."""


def augment(
    samples: NDArray[np.float32], transforms: Sequence[WaveformTransform], *, sampling_rate: int, seed: int
) -> NDArray[np.float32]:
    """Apply the transforms in order, as a pure function of the samples and the seed.

    A transform that gives back nothing, NaN or infinity for this recording is passed over with a
    warning that names it.
    """
    with seeded(seed):
        for transform in transforms:
            changed = np.asarray(transform(samples, sampling_rate), dtype=np.float32)
            if changed.ndim == 1 and changed.size and np.isfinite(changed).all():
                samples = changed
            else:
                logger.warning("%s gave no usable sound: passed over for this draw", type(transform).__name__)
    return samples
