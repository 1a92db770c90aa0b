"""Randomness as a pure function of (seed, epoch, row), never of a worker's or a process's state.

So any number of workers gives the same batches, a resumed run goes on exactly, and any single draw can
be repeated by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def draw_seed(*numbers: int) -> int:
    """A well-mixed 63-bit seed from any non-negative integers, e.g. (seed, epoch, row)."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed ``random`` and ``numpy.random`` inside, and put both back as they were afterwards.

    Both, because audiomentations and users' own transforms draw from either.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
