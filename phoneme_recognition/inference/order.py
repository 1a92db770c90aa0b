"""Recordings in, what was heard in them out, in the same order, while others are read and heard."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from phoneme_recognition.inference.hearing import Ear, Heard, join
from phoneme_recognition.inference.sounds import Sound
from phoneme_recognition.inference.streams import Streams
from phoneme_recognition.inference.windows import Window

# Recordings of so many batches, and of so many seconds, are looked at for those of like length; of fewer
# at first, so that the network need not wait until all these are read.
_BATCHES_IN_VIEW = 8
_SECONDS_IN_VIEW = 300.0
_SECONDS_AT_FIRST = 60.0
# Seconds of sound for which it does not pay to start others: the rest is heard with all cores at once.
_LITTLE = 40.0
# What is shorter than this share of the batch's longest is left for another batch.
_LIKE = 0.8


@dataclass
class Recording:
    """One recording on its way.

    Attributes:
        name: the path as it was given.
        samples: its length.
        problem: why it could not be read, or None.
        parts: what was heard in each of its windows, None where that is not known yet.
    """

    name: str
    samples: int = 0
    problem: str | None = None
    parts: list[Heard | None] = field(default_factory=list)

    def ids(self) -> list[int] | None:
        """Phoneme ids, or None as long as a window is missing."""
        heard = [part for part in self.parts if part is not None]
        return join(heard) if len(heard) == len(self.parts) else None


class _Stretch(NamedTuple):
    recording: Recording
    place: int
    sound: Sound
    window: Window

    def __len__(self) -> int:
        return self.window.stop - self.window.start


class Hall:
    """Where recordings wait until their batch is heard, and until all before them have been given back.

    Which stretches make a batch depends on what was given alone, never on what was faster.

    Args:
        sounds: names and sounds (or why there are none), read as they are needed.
        ear: hears them.
        batch_seconds: of a batch, padding included.
    """

    def __init__(self, sounds: Iterator[tuple[str, Sound | str]], ear: Ear, batch_seconds: float) -> None:
        self._sounds, self._ear = sounds, ear
        self._batch = batch_seconds * ear.sampling_rate
        self._most = max(_BATCHES_IN_VIEW * self._batch, _SECONDS_IN_VIEW * ear.sampling_rate)
        self._view = min(self._most, max(2 * self._batch, _SECONDS_AT_FIRST * ear.sampling_rate))
        self._inside: deque[Recording] = deque()
        self._waiting: dict[int, _Stretch] = {}
        self._entered = self._samples = 0
        self._all_in = False

    def __iter__(self) -> Iterator[Recording]:
        """Each recording once, in the order given, all of it heard."""
        heard: deque[tuple[list[_Stretch], Future[list[Heard]]]] = deque()
        self._let_in()
        little = self._all_in and self._samples <= _LITTLE * self._ear.sampling_rate
        batches = math.ceil(self._samples / self._batch)
        with Streams(self._ear, batches if self._all_in else None) as streams:
            while True:
                self._let_in()
                if self._waiting and len(heard) <= 2 * streams.count:
                    batch = self._next_batch()
                    excerpts = [self._ear.excerpt(one.sound, one.window) for one in batch]
                    if self._all_in and not heard and (little or not self._waiting):
                        _note(batch, streams.now(excerpts))
                    else:
                        heard.append((batch, streams.submit(excerpts)))
                elif heard:
                    batch, result = heard.popleft()
                    _note(batch, streams.result(result))
                while self._inside and self._inside[0].ids() is not None:
                    yield self._inside.popleft()
                if self._all_in and not self._inside:
                    return

    def _let_in(self) -> None:
        """Read until enough is in view."""
        while not self._all_in and self._samples < self._view:
            found = next(self._sounds, None)
            if found is None:
                self._all_in = True
                return
            name, sound = found
            if isinstance(sound, str):
                self._inside.append(Recording(name, problem=sound))
                continue
            windows = self._ear.windows(sound)
            recording = Recording(name, len(sound), parts=[None] * len(windows))
            self._inside.append(recording)
            for place, window in enumerate(windows):
                stretch = _Stretch(recording, place, sound, window)
                self._waiting[self._entered] = stretch
                self._entered, self._samples = self._entered + 1, self._samples + len(stretch)

    def _next_batch(self) -> list[_Stretch]:
        lengths = {key: len(one) for key, one in self._waiting.items()}
        # When no more come, the longest is next: with short ones at the end no core waits long for another.
        first = max(lengths, key=lengths.__getitem__) if self._all_in else next(iter(lengths))
        chosen = like_lengths(lengths, first, self._batch)
        batch = [self._waiting.pop(key) for key in chosen]
        self._samples -= sum(map(len, batch))
        self._view = min(self._most, self._view + 2 * self._batch)
        return batch


def like_lengths(lengths: Mapping[int, int], first: int, most: float) -> list[int]:
    """A batch around one, of those that are most like it in length.

    Args:
        lengths: in samples, those that have waited longer first.
        first: the key of the one.
        most: samples of a batch, padding included; one that is longer is a batch by itself.

    Returns:
        The keys of the batch.
    """
    batch, shortest, longest = [first], lengths[first], lengths[first]
    for key in sorted(lengths, key=lambda key: (abs(lengths[key] - lengths[first]), key)):
        if key == first:
            continue
        low, high = min(shortest, lengths[key]), max(longest, lengths[key])
        if low < _LIKE * high:
            break
        if high * (len(batch) + 1) <= most:
            batch, shortest, longest = [*batch, key], low, high
    return batch


def _note(batch: list[_Stretch], heard: list[Heard]) -> None:
    for stretch, part in zip(batch, heard, strict=True):
        stretch.recording.parts[stretch.place] = part
