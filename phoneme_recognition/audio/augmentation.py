"""Waveform augmentation whose draws can be repeated.

The transforms are audiomentations' or a user's own; what is here seeds them for one draw, watches what they
give back, and says which one failed and where.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.errors import UserError
from phoneme_recognition.failures import place, reason
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

    Args:
        samples: (num_samples,) float32, left as they are.
        transforms: in the order of their use.
        sampling_rate: in Hz.
        seed: decides every draw from ``random`` and ``numpy.random``.

    Returns:
        (num_samples,) float32, of another length where a transform changes it.

    Raises:
        UserError: a transform failed; its class, the reason and the line are named.
    """
    samples = samples.copy()  # a transform may write into what it gets
    with seeded(seed):
        for transform in transforms:
            changed = _apply(transform, samples, sampling_rate)
            if changed.ndim == 1 and changed.size and np.isfinite(changed).all():
                samples = changed
            else:
                logger.warning("%s gave no usable sound: passed over for this draw", type(transform).__name__)
    return samples


def _apply(
    transform: WaveformTransform, samples: NDArray[np.float32], sampling_rate: int
) -> NDArray[np.float32]:
    try:
        return np.asarray(transform(samples, sampling_rate), dtype=np.float32)
    except UserError:
        raise  # says already what is wrong
    except Exception as error:  # a user's own code may raise anything
        kind = type(transform)
        raise UserError(
            f"augmentation {kind.__module__}.{kind.__qualname__} failed on a recording of "
            f"{len(samples) / sampling_rate:.1f} s",
            got=f"{reason(error)} ({place(error, _files(kind))})",
            remedy="Correct its code or its init_args, or take it out of data.augmentations.",
        ) from error


def _files(kind: type) -> set[str]:
    """The files of a class and of those it derives from, but for the interface that all share."""
    own = [one for one in kind.__mro__ if not one.__module__.startswith(("audiomentations.core", "builtins"))]
    return {inspect.getfile(one) for one in own if hasattr(inspect.getmodule(one), "__file__")}
