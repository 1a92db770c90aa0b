"""A network in several threads at once, each with its share of the cores.

On a CPU that hears more a second than all cores on one batch: no core waits for the slowest in every layer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import torch

from phoneme_recognition.inference.hearing import Ear, Heard
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.windows import Window

# More would take memory for batches, and share the memory's bandwidth.
_MOST = 8

Stretches = Sequence[tuple[Sound, Window]]


class Streams:
    """Hears several batches at a time; use it in a ``with`` statement.

    Args:
        ear: the first to listen; others are its twins, made when they are needed.

    Attributes:
        count: batches that are heard at a time.
    """

    def __init__(self, ear: Ear) -> None:
        self._ear, self._cores = ear, torch.get_num_threads()
        self.count = 1 if ear.device.type != "cpu" else min(_MOST, self._cores)
        self._mine = threading.local()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Streams:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            # The number is a thread's own, but new threads begin with the last that was set anywhere.
            torch.set_num_threads(self._cores)

    def now(self, stretches: Stretches) -> list[Heard]:
        """Hear a batch in this thread, with all cores: where nothing else is to be heard."""
        return self._ear.hear(stretches)

    def submit(self, stretches: Stretches) -> Future[list[Heard]]:
        """Hear a batch in one of the threads."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.count, "hearing", self._begin)
        return self._pool.submit(self._hear, stretches)

    def _begin(self) -> None:
        torch.set_num_threads(max(1, self._cores // self.count))
        self._mine.ear = self._ear.twin()

    def _hear(self, stretches: Stretches) -> list[Heard]:
        heard: list[Heard] = self._mine.ear.hear(stretches)
        return heard
