"""The samples of recordings, read in threads while the network works, in memory that stays bounded.

libsndfile and soxr let other threads run while they work, so threads are enough.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.header import duration_of
from phoneme_recognition.audio.reading import read_audio, read_blocks
from phoneme_recognition.data.collate import VARIANCE_FLOOR, normalise_waveform
from phoneme_recognition.errors import AudioError

# What is read ahead at most, and by how many threads: a GPU hears faster than one thread decodes MP3.
_SECONDS_AHEAD = 300.0
_FILES_AHEAD = 64
_THREADS = min(8, os.cpu_count() or 1)
_BLOCK = 1 << 20
_FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Sound:
    """The samples of one recording.

    Attributes:
        samples: (num_samples,) float32, or int16 (as the training cache has them) of a long recording, which
            takes half the memory.
    """

    samples: NDArray[np.float32] | NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.samples)

    def stretch(self, start: int, stop: int) -> NDArray[np.float32]:
        """(stop - start,) float32 samples, nominally in -1 … 1."""
        return _floats(self.samples[start:stop])

    def normalised(self, start: int, stop: int) -> NDArray[np.float32]:
        """The same with zero mean and unit variance over the whole recording, not over the stretch.

        So a pause in a long recording stays as quiet as it is beside the speech.
        """
        if (start, stop) == (0, len(self)):
            return normalise_waveform(self.stretch(start, stop))
        mean, variance = self._moments
        scale = 1.0 / np.sqrt(variance + VARIANCE_FLOOR)
        return (self.stretch(start, stop) - np.float32(mean)) * np.float32(scale)

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Mean and variance, in float64: an hour has more samples than float32 can count."""
        total = squares = 0.0
        for start in range(0, len(self), _BLOCK):
            block = self.stretch(start, start + _BLOCK).astype(np.float64)
            total, squares = total + float(block.sum()), squares + float(block @ block)
        mean = total / len(self)
        return mean, max(0.0, squares / len(self) - mean**2)


def read_sound(recording: str | Path, sampling_rate: int, long_seconds: float) -> Sound | str:
    """Read one recording, or say why it cannot be used.

    Args:
        recording: a file.
        sampling_rate: the wanted rate in Hz.
        long_seconds: a longer one is read block by block and held as 16-bit integers.
    """
    try:
        path = Path(recording)
        seconds = duration_of(AudioFile(str(path))) if path.is_file() else None
        if seconds is None or seconds <= long_seconds:
            return Sound(read_audio(path, sampling_rate))
        # Grows in place, where joining blocks would for a moment take twice the memory.
        held = bytearray()
        for block in read_blocks(path, sampling_rate):
            held += (
                np.clip(np.rint(block * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
                .astype(np.int16)
                .tobytes()
            )
        return Sound(np.frombuffer(held, np.int16))
    except AudioError as error:
        return str(error)
    except Exception as error:  # whatever a strange file makes a library raise: the others go on
        return f"damaged: {type(error).__name__}: {error}"


def read_ahead(
    recordings: Iterable[str | Path], sampling_rate: int, long_seconds: float
) -> Generator[tuple[str, Sound | str]]:
    """Read recordings in the order given, some ahead of what has been taken.

    Args:
        recordings: files; asked for one by one, so there may be any number.
        sampling_rate: the wanted rate in Hz.
        long_seconds: as for `read_sound`.

    Yields:
        The path as it was given, and the sound or why there is none.
    """
    left = iter(recordings)
    ahead: deque[tuple[str, float, Future[Sound | str]]] = deque()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reading")
    try:
        while True:
            while not ahead or (sum(one[1] for one in ahead) < _SECONDS_AHEAD and len(ahead) < _FILES_AHEAD):
                following = list(itertools.islice(left, 1))
                if not following:
                    break
                path = Path(following[0])
                seconds = (duration_of(AudioFile(str(path))) if path.is_file() else None) or 0.0
                ahead.append(
                    (str(following[0]), seconds, pool.submit(read_sound, path, sampling_rate, long_seconds))
                )
            if not ahead:
                return
            name, _, sound = ahead.popleft()
            yield name, sound.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _floats(samples: NDArray[np.float32] | NDArray[np.int16]) -> NDArray[np.float32]:
    if samples.dtype == np.float32:
        return np.asarray(samples, dtype=np.float32)
    return samples.astype(np.float32) * np.float32(1 / _FULL_SCALE)
