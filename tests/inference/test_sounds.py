"""Reading ahead: the samples of `read_audio`, in order, bounded, and no file stops the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from phoneme_recognition.audio.reading import read_audio, read_blocks
from phoneme_recognition.errors import AudioError
from phoneme_recognition.inference import sounds
from phoneme_recognition.inference.sounds import Sound, read_ahead, read_sound


@pytest.fixture(scope="module", params=["flac", "wav", "mp3"])
def stereo(request: pytest.FixtureRequest, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sentences at 44.1 kHz, two channels, several blocks long."""
    both = np.concatenate([read_audio(clips / f"ru_{number}.flac", 16000) for number in ("0054", "0063")])
    samples = soxr.resample(both, 16000, 44100)
    path: Path = tmp_path_factory.mktemp("stereo") / f"both.{request.param}"
    soundfile.write(path, np.stack([samples, 0.5 * samples], axis=1), 44100)
    return path


def test_blocks_are_the_recording_as_it_is_read_at_once(stereo: Path) -> None:
    blocks = list(read_blocks(stereo, 16000))
    assert len(blocks) > 2
    np.testing.assert_array_equal(np.concatenate(blocks), read_audio(stereo, 16000))


def test_a_long_recording_is_held_as_integers(stereo: Path) -> None:
    short, long = read_sound(stereo, 16000, 60.0), read_sound(stereo, 16000, 1.0)
    assert isinstance(short, Sound)
    assert isinstance(long, Sound)
    assert [str(one.samples.dtype) for one in (short, long)] == ["float32", "int16"]
    assert len(short) == len(long)
    step = 0.5 / 32768
    np.testing.assert_allclose(long.stretch(100, 9000), short.stretch(100, 9000), atol=1.01 * step)


def test_what_is_wrong_with_a_long_recording_is_said_as_for_a_short_one(clips: Path, tmp_path: Path) -> None:
    speech = read_audio(clips / "ru_0054.flac", 16000)
    soundfile.write(tmp_path / "cut.wav", speech, 16000)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:-5000])
    soundfile.write(tmp_path / "silent.wav", np.zeros(40000), 16000)
    soundfile.write(tmp_path / "loud.wav", speech * 30000, 16000, subtype="FLOAT")
    soundfile.write(tmp_path / "nan.wav", np.append(speech, np.nan), 16000, subtype="FLOAT")
    flac = (clips / "ru_0054.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(flac[: len(flac) // 2])
    names = ("cut.wav", "silent.wav", "loud.wav", "nan.wav", "cut.flac")
    for name in names:
        with pytest.raises(AudioError) as at_once:
            read_audio(tmp_path / name, 16000)
        assert read_sound(tmp_path / name, 16000, 0.1) == str(at_once.value), name
    for name in ("none.wav", "hollow.wav"):
        (tmp_path / "hollow.wav").touch()
        with pytest.raises(AudioError):
            list(read_blocks(tmp_path / name, 16000))


def test_recordings_come_in_order_however_long_they_take(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = sorted(clips.glob("*.flac"))
    original = read_audio

    def slow(path: Path, sampling_rate: int) -> object:
        time.sleep(0.05 if path in paths[:3] else 0.0)
        return original(path, sampling_rate)

    monkeypatch.setattr(sounds, "read_audio", slow)
    found = list(read_ahead(paths, 16000, 30.0))
    assert [name for name, _ in found] == list(map(str, paths))
    for path, (_, sound) in zip(paths, found, strict=True):
        assert isinstance(sound, Sound)
        np.testing.assert_array_equal(sound.samples, read_audio(path, 16000))


def test_no_more_is_read_ahead_than_its_seconds(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "_SECONDS_AHEAD", 10.0)
    asked: list[int] = []

    def endless() -> Iterator[Path]:
        while True:
            asked.append(1)
            yield clips / "ru_0054.flac"

    found = read_ahead(endless(), 16000, 30.0)
    _, first = next(found)
    assert isinstance(first, Sound)
    ahead = 10.0 / (len(first) / 16000) + 1
    assert len(asked) <= ahead
    for _ in range(5):
        next(found)
    assert len(asked) <= ahead + 5
    found.close()


def test_whatever_a_library_raises_is_a_reason(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(path: Path, sampling_rate: int) -> object:
        raise RuntimeError("strange chunk")

    monkeypatch.setattr(sounds, "read_audio", odd)
    assert read_sound(clips / "ru_0054.flac", 16000, 30.0) == "damaged: RuntimeError: strange chunk"
