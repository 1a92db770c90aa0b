"""Rooms that speech may be heard in, simulated: what a microphone some way from the speaker picks up.

By the image-source method for rooms with flat walls (Allen and Berkley, JASA 65, 1979) of pyroomacoustics.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SPEED = 343.0  # of sound, m/s at 20 °C
_WALL = 0.4  # m that speaker and microphone keep from every wall
_HEAD = (1.0, 1.8)  # m above the floor, from sitting to standing
# Reflections up to this share of the order that Sabine's decay by 60 dB needs: about the first 40 dB. What
# would follow lies below any recording's own noise, and is nine tenths of the work.
_ORDER_SHARE = 0.6


@dataclass(frozen=True)
class Room:
    """A room with a speaker and a microphone in it.

    Attributes:
        size: width, length and height in m.
        rt60: reverberation time in s that the walls are chosen for: the sound has fallen by 60 dB.
        speaker: where the speaker is, in m from a corner.
        microphone: where the microphone is, likewise.
    """

    size: tuple[float, float, float]
    rt60: float
    speaker: tuple[float, float, float]
    microphone: tuple[float, float, float]

    @property
    def volume(self) -> float:
        """In m³."""
        return float(np.prod(self.size))

    @property
    def distance(self) -> float:
        """From the speaker to the microphone in m."""
        return float(np.linalg.norm(np.subtract(self.speaker, self.microphone)))


def draw_rooms(count: int, *, sampling_rate: int, seed: int) -> Iterator[Room]:
    """Draw rooms from a closet to a lecture hall, and places in them from near to far.

    A large room is seldom as dry as a small one, and a small one seldom rings: the reverberation time is
    drawn from a range that rises with the size. Sizes and distances spread evenly on a logarithmic scale;
    distances are whole numbers of samples, so that the direct sound arrives at one.

    Args:
        count: how many.
        sampling_rate: in Hz.
        seed: the same gives the same rooms.
    """
    rng = random.Random(seed)
    for _ in range(count):
        width = 2.0 * 4.5 ** rng.random()  # 2 to 9 m
        size = (width, width * rng.uniform(1.1, 1.7), rng.uniform(2.3, 2.8) + 0.15 * width)
        share = (width - 2.0) / 7.0
        rt60 = rng.uniform(0.2 + 0.15 * share, 0.45 + 0.2 * share)
        yield Room(size, rt60, *_places(rng, size, sampling_rate))


def _places(
    rng: random.Random, size: tuple[float, float, float], sampling_rate: int
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    step = _SPEED / sampling_rate
    while True:
        speaker = _inside(rng, size)
        towards = np.subtract(_inside(rng, size), speaker)
        length = float(np.linalg.norm(towards))
        wanted = 0.3 * 10 ** rng.uniform(0.0, 1.1)  # 0.3 to 3.8 m
        if length >= wanted:
            reached = speaker + towards / length * round(wanted / step) * step
            return speaker, (float(reached[0]), float(reached[1]), float(reached[2]))


def _inside(rng: random.Random, size: tuple[float, float, float]) -> tuple[float, float, float]:
    width, length, _ = size
    return (rng.uniform(_WALL, width - _WALL), rng.uniform(_WALL, length - _WALL), rng.uniform(*_HEAD))


def simulate(room: Room, sampling_rate: int) -> NDArray[np.float32]:
    """The room's impulse response from speaker to microphone.

    It begins with the direct sound, not with the silence before it: speech that is convolved with it keeps
    its timing, so that phone labels stay true.

    Args:
        room: one whose distance is a whole number of samples, as :func:`draw_rooms` gives.
        sampling_rate: in Hz.

    Returns:
        (num_samples,) float32, the largest magnitude is 1.
    """
    import pyroomacoustics

    absorption, order = pyroomacoustics.inverse_sabine(room.rt60, room.size)
    shoebox = pyroomacoustics.ShoeBox(
        room.size,
        fs=sampling_rate,
        materials=pyroomacoustics.Material(absorption),
        max_order=max(1, round(_ORDER_SHARE * order)),
    )
    shoebox.set_sound_speed(_SPEED)
    shoebox.add_source(room.speaker)
    shoebox.add_microphone(room.microphone)
    shoebox.compute_rir()
    response = np.asarray(shoebox.rir[0][0])
    # Every arrival is a windowed sinc; its middle is half a window late.
    late = pyroomacoustics.constants.get("frac_delay_length") // 2
    direct = late + round(room.distance / _SPEED * sampling_rate)
    trimmed = response[direct:]
    scaled: NDArray[np.float32] = (trimmed / np.abs(trimmed).max()).astype(np.float32)
    return scaled
