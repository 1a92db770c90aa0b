"""Simulated rooms: their sizes, how long they ring, and that they leave the timing of speech alone."""

from __future__ import annotations

import random
from pathlib import Path

import audiomentations
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from phoneme_recognition.audio.augmentation import augment
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.audio.room_responses import Room, draw_rooms, simulate

RATE = 16000


@pytest.fixture(scope="module")
def rooms() -> list[Room]:
    return list(draw_rooms(60, sampling_rate=RATE, seed=1979))


def decay_time(response: NDArray[np.float32]) -> float:
    """RT60 in s from the backward-integrated energy between -5 and -25 dB (Schroeder 1965; ISO 3382-2)."""
    energy = np.cumsum(np.square(response[::-1], dtype=np.float64))[::-1]
    level = 10 * np.log10(energy / energy[0])
    inside = np.flatnonzero((level <= -5) & (level >= -25))
    slope = np.polyfit(inside / RATE, level[inside], 1)[0]
    return float(-60 / slope)


def test_rooms_spread_over_what_people_speak_in(rooms: list[Room]) -> None:
    volumes = sorted(room.volume for room in rooms)
    assert volumes[0] < 20
    assert volumes[30] < 120
    assert 300 < volumes[-1] < 600
    distances = sorted(room.distance for room in rooms)
    assert 0.29 < distances[0] < 0.4
    assert 2.0 < distances[-1] < 3.9
    for room in rooms:
        for place in (room.speaker, room.microphone):
            assert all(0.3 < x < side - 0.3 for x, side in zip(place, room.size, strict=True))


def test_the_seed_decides(rooms: list[Room]) -> None:
    random.random()
    assert list(draw_rooms(60, sampling_rate=RATE, seed=1979)) == rooms
    assert list(draw_rooms(60, sampling_rate=RATE, seed=1980)) != rooms


def test_they_ring_as_long_as_they_should(rooms: list[Room]) -> None:
    times = []
    for room in rooms[::4]:
        measured = decay_time(simulate(room, RATE))
        assert measured == pytest.approx(room.rt60, rel=0.35)  # Sabine's formula is for diffuse fields
        times.append(measured)
    assert 0.15 < min(times) < 0.35
    assert 0.5 < max(times) < 0.9


def test_the_direct_sound_comes_first_and_falls_with_distance(rooms: list[Room]) -> None:
    for room in rooms[::6]:
        response = simulate(room, RATE)
        assert response[0] == 1.0
        assert np.abs(response[1:]).max() < 1.0
        assert np.array_equal(response, simulate(room, RATE))
    near, far = min(rooms, key=lambda room: room.distance), max(rooms, key=lambda room: room.distance)
    share = [
        np.square(one[:40]).sum() / np.square(one).sum()
        for one in (simulate(near, RATE), simulate(far, RATE))
    ]
    assert share[0] > 2 * share[1]


def test_the_first_echo_comes_from_the_nearest_wall_when_geometry_says() -> None:
    step = 343.0 / RATE
    # In the middle of a room, 100 samples apart; the floor is nearest: a path of 2·√(50² + 70²) samples.
    size = (300 * step, 300 * step, 300 * step)
    speaker, microphone = (100 * step, 150 * step, 70 * step), (200 * step, 150 * step, 70 * step)
    response = simulate(Room(size, 0.5, speaker, microphone), RATE)
    expected = 2 * np.hypot(50, 70) - 100  # after the direct sound
    assert np.argmax(np.abs(response[20:120])) + 20 == pytest.approx(expected, abs=1)


def test_speech_keeps_its_timing_and_length(rooms: list[Room], clips: Path, tmp_path: Path) -> None:
    for number, room in enumerate(rooms[::10]):
        soundfile.write(tmp_path / f"{number}.wav", simulate(room, RATE), RATE)
    speech = read_audio(clips / "ru_0054.flac", RATE)
    transform = audiomentations.ApplyImpulseResponse(str(tmp_path), p=1.0)
    for seed in range(6):
        heard = augment(speech, [transform], sampling_rate=RATE, seed=seed)
        assert len(heard) == len(speech)
        correlation = np.fft.irfft(
            np.fft.rfft(heard, 2 * len(speech)) * np.fft.rfft(speech, 2 * len(speech)).conj()
        )
        assert int(np.argmax(np.abs(correlation))) <= 1  # samples late
