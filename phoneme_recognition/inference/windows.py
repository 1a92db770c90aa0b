"""Long recordings are heard in windows: time and memory grow with the length alone, for every network.

Attention over an hour would take time and memory with the square of its length, and some networks hear
thirty seconds at most. So a long recording is cut where it is quietest, each piece is heard with some context
on both sides, and of what the network says the frames of the piece itself are kept. Windows begin on the
grid of the network's frames: their frames are then frames of the whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phoneme_recognition.inference.sounds import Sound

# Seconds. What is no longer than this is heard whole; no window is longer either.
LONGEST = 30.0
# Heard before and behind a piece. Measured: see docs/modes/transcribe.md.
CONTEXT = 1.0
# The border is looked for in so many seconds before the end of the longest piece,
_SEARCHED = 8.0
# where the mean energy over so many is lowest.
_QUIET = 0.2
_STEP = 0.01


class Grid(NamedTuple):
    """How a network's frames lie over the samples.

    Attributes:
        samples: after so many everything repeats.
        frames: so many frames belong to them.
        longest: samples that the network can hear at once.
    """

    samples: int
    frames: int
    longest: int


class Window(NamedTuple):
    """What is heard at once of a recording.

    Attributes:
        start: first sample that the network hears.
        stop: behind the last.
        skip: frames at its beginning that are context.
        keep: frames behind those that count.
    """

    start: int
    stop: int
    skip: int
    keep: int


def grid_of(network: nn.Module, sampling_rate: int) -> Grid:
    """The grid of a network, found by asking it how many frames so many samples give."""
    frame_lengths: Callable[[Tensor], Tensor] = network.frame_lengths  # type: ignore[assignment]
    lengths = torch.arange(sampling_rate, 2 * sampling_rate)
    counts = frame_lengths(lengths)
    steps = (counts[1:] != counts[:-1]).nonzero()[:, 0]
    samples, frames = int(steps[1] - steps[0]), int(counts[steps[0] + 1] - counts[steps[0]])
    positions = _positions(network)
    longest = round(LONGEST * sampling_rate)
    if positions is not None:
        longest = min(longest, positions * samples // frames)
    return Grid(samples, frames, longest)


def _positions(network: Any) -> int | None:
    """Frames for which an architecture has positions (Whisper: 30 s), None where there is no such limit."""
    config = getattr(getattr(network, "encoder", None), "config", None)
    return getattr(config, "max_source_positions", None)


def cut(sound: Sound, grid: Grid, frames: int, sampling_rate: int, context: float = CONTEXT) -> list[Window]:
    """The windows of a recording that is too long to be heard whole.

    Args:
        sound: the recording.
        grid: of the network.
        frames: that the network gives for the whole.
        sampling_rate: in Hz.
        context: in seconds, less where the network hears only little at once.
    """
    around = _on_grid(min(context * sampling_rate, grid.longest / 8), grid)
    borders = [0, *_borders(sound, grid, grid.longest - 2 * around, sampling_rate), len(sound)]
    windows = []
    for begin, end in itertools.pairwise(borders):
        start, stop = max(0, begin - around), min(len(sound), end + around)
        last = end == len(sound)
        until = frames if last else end // grid.samples * grid.frames
        skipped = begin // grid.samples * grid.frames
        windows.append(
            Window(start, stop, skipped - start // grid.samples * grid.frames, max(0, until - skipped))
        )
    return windows


def _borders(sound: Sound, grid: Grid, piece: int, sampling_rate: int) -> Iterator[int]:
    """Samples on the grid, at most a piece apart, each where it is quietest."""
    begin = 0
    while len(sound) - begin > piece:
        earliest = begin + max(grid.samples, piece - min(round(_SEARCHED * sampling_rate), piece // 2))
        quiet = _quietest(sound.stretch(earliest, begin + piece), sampling_rate)
        begin = max(begin + grid.samples, _on_grid(earliest + quiet, grid))
        yield begin


def _quietest(samples: NDArray[np.float32], sampling_rate: int) -> int:
    """The middle of the quietest moment; of equally quiet ones the last."""
    step = max(1, round(_STEP * sampling_rate))
    steps = len(samples) // step
    width = min(round(_QUIET / _STEP), steps)
    if not width:
        return len(samples)
    energy = np.square(samples[: steps * step].reshape(steps, step), dtype=np.float64).sum(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(energy)])
    means = sums[width:] - sums[:-width]
    return int((len(means) - 1 - np.argmin(means[::-1]) + width / 2) * step)


def _on_grid(samples: float, grid: Grid) -> int:
    return int(samples) // grid.samples * grid.samples
