"""The folder of simulated rooms: made once, whole or not at all, by one process."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from phoneme_recognition.audio.room_responses import Room
from phoneme_recognition.data import room_folder
from phoneme_recognition.data.room_folder import find_responses, make_responses
from phoneme_recognition.errors import DataError


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_folder, "COUNT", 4)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_rooms_on_every_machine(tmp_path: Path) -> None:
    one, other = make_responses(tmp_path / "one"), make_responses(tmp_path / "other")
    assert one.name == other.name
    assert len(contents(one)) == 4
    assert contents(one) == contents(other)


def test_the_files_say_what_they_are(tmp_path: Path) -> None:
    for number, path in enumerate(sorted(make_responses(tmp_path).iterdir()), 1):
        index, volume, time, distance = path.stem.split("_")
        assert int(index) == number
        assert 10 < int(volume.removesuffix("m3")) < 600
        assert 200 <= int(time.removesuffix("ms")) <= 650
        assert 0.3 <= float(distance.removesuffix("m")) <= 3.8
        samples, rate = soundfile.read(path)
        assert rate == 16000
        assert np.argmax(np.abs(samples)) == 0  # the direct sound


def test_they_are_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        first = make_responses(tmp_path)
    assert "simulating 4 rooms" in caplog.text
    monkeypatch.setattr(room_folder, "simulate", None)
    assert make_responses(tmp_path) == first
    assert find_responses(None, tmp_path) == str(first)


def test_several_at_once_make_them_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def simulate(room: Room, sampling_rate: int) -> NDArray[np.float32]:
        made.append(room)
        return np.ones(10, np.float32)

    monkeypatch.setattr(room_folder, "simulate", simulate)
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: make_responses(tmp_path), range(4)))
    assert len(folders) == 1
    assert len(made) == 4


def test_nothing_is_left_of_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(room: Room, sampling_rate: int) -> NDArray[np.float32]:
        if any(tmp_path.rglob("*.wav")):
            raise OSError(28, "No space left on device")
        return np.ones(10, np.float32)

    monkeypatch.setattr(room_folder, "simulate", fail)
    with pytest.raises(DataError, match=r"cannot be written.*No space left.*ir_path"):
        make_responses(tmp_path)
    assert not list(tmp_path.rglob("*.wav"))
    monkeypatch.undo()
    monkeypatch.setattr(room_folder, "COUNT", 4)
    assert len(contents(make_responses(tmp_path))) == 4


def test_several_paths_of_ones_own_are_all_checked(tmp_path: Path, clips: Path) -> None:
    for name in ("z/b.wav", "z/a.wav", "y/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_responses([str(clips / "ru_0054.flac"), tmp_path], tmp_path)
    assert found == [
        str(clips / "ru_0054.flac"),
        *(str(tmp_path / name) for name in ("y/c.wav", "z/a.wav", "z/b.wav")),
    ]
    with pytest.raises(DataError, match="missing does not exist"):
        find_responses([clips, tmp_path / "missing"], tmp_path)
