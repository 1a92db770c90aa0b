"""A network that hears several batches at once, each with its share of the cores.

On a CPU that hears more a second than all cores on one batch: no core waits for the slowest in every layer.
Where processes can be forked safely, each batch is heard in one of its own, with the same weights in memory:
Python lets the threads of one process take turns only, and the shorter the network's steps are, the more of
the time they wait for each other.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import sys
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from types import TracebackType

import torch

from phoneme_recognition.errors import UserError
from phoneme_recognition.inference.hearing import Ear, Excerpt, Heard
from phoneme_recognition.processes import serve_parent

# More would take memory for batches, and share the memory's bandwidth.
_MOST = 32

# Of glibc's mallopt: so many freed bytes at the end of the heap go back to the system, and a piece of so many
# comes from the system at once.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3

_mine = threading.local()


class Streams:
    """Hears several batches at a time; use it in a ``with`` statement.

    Args:
        ear: listens; each thread gets a twin of it, each process has it from its birth.
        batches: how many there will be, if that is known.

    Attributes:
        count: batches that are heard at a time.
    """

    def __init__(self, ear: Ear, batches: int | None = None) -> None:
        self._ear, self._cores = ear, torch.get_num_threads()
        most = _MOST if batches is None else min(_MOST, batches)
        self.count = 1 if ear.device.type != "cpu" else max(1, min(most, self._cores))
        self._pool: Executor | None = None

    def __enter__(self) -> Streams:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            # The number is a thread's own, but new threads begin with the last that was set anywhere.
            torch.set_num_threads(self._cores)

    def now(self, excerpts: Sequence[Excerpt]) -> list[Heard]:
        """Hear a batch here, with all cores: where little else is to be heard."""
        return self._ear.hear(excerpts)

    def submit(self, excerpts: Sequence[Excerpt]) -> Future[list[Heard]]:
        """Hear a batch in one of the threads or processes.

        Raises:
            UserError: a process was ended from outside; so does the result.
        """
        if self._pool is None:
            self._pool = self._processes() if self.count > 1 and _may_fork() else self._threads()
        try:
            return self._pool.submit(_hear, excerpts)
        except BrokenProcessPool:
            raise _killed() from None

    def result(self, heard: Future[list[Heard]]) -> list[Heard]:
        """What was heard in a batch, when it is there.

        Raises:
            UserError: a process was ended from outside.
        """
        try:
            return heard.result()
        except BrokenProcessPool:
            raise _killed() from None

    def _threads(self) -> Executor:
        share = max(1, self._cores // self.count)
        return ThreadPoolExecutor(self.count, "hearing", _begin_thread, (self._ear, share))

    def _processes(self) -> Executor:
        self._ear.prepare()
        context = multiprocessing.get_context("fork")
        pool = ProcessPoolExecutor(self.count, context, _begin_process, (self._ear,))
        with warnings.catch_warnings():
            # From Python 3.12 on: this process has threads. Those of it that read recordings hold no lock
            # that a process needs which only computes, and torch's loaders have lived with this for years.
            warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork.*")
            pool.submit(_nothing)  # all are forked with the first that is asked for
        return pool


def _may_fork() -> bool:
    # On a Mac the system's own libraries do not survive it; a daemon must not have children.
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


def _begin_thread(ear: Ear, cores: int) -> None:
    torch.set_num_threads(cores)
    _mine.ear = ear.twin()


def _begin_process(ear: Ear) -> None:
    serve_parent()
    # What is there already stays: to look through it for garbage would copy it.
    gc.freeze()
    _keep_memory()
    # The threads that multiply matrices were not forked; with one it is done without them.
    torch.set_num_threads(1)
    _mine.ear = ear


def _keep_memory() -> None:
    """Have glibc keep what is freed: each batch wants as much again, in tensors of many megabytes."""
    with suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, 2**30)
        mallopt(_MMAP_THRESHOLD, 2**30)


def _hear(excerpts: Sequence[Excerpt]) -> list[Heard]:
    heard: list[Heard] = _mine.ear.hear(excerpts)
    return heard


def _nothing() -> None:
    pass


def _killed() -> UserError:
    return UserError(
        "a process that hears recordings was ended from outside, probably for want of memory",
        remedy="Start it with fewer cores (OMP_NUM_THREADS), or give batch_seconds a smaller value",
    )
