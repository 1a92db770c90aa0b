"""An MP3 of variable bit rate is read to its end, whether it states its length or not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from phoneme_recognition.audio.mp3 import is_mp3, state_length
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.errors import AudioError

RATES = [8000, 12000, 16000, 22050, 24000, 44100, 48000]


def variable_mp3(clips: Path, rate: int, channels: int) -> tuple[bytes, int]:
    """Loud first and silent later: the first frame's bit rate says little about the length."""
    speech, _ = soundfile.read(clips / "ru_0308.flac", dtype="float32")
    signal = soxr.resample(np.concatenate([speech, np.zeros(48000, np.float32)]), 16000, rate)
    file = io.BytesIO()
    stacked = np.stack([signal] * channels, axis=1)
    soundfile.write(file, stacked, rate, format="MP3", bitrate_mode="VARIABLE")
    return file.getvalue(), len(signal)


def without_header(data: bytes) -> bytes:
    """The same MP3 without its first frame, which holds nothing but the length."""
    assert b"Xing" in data[:200]
    return data[data.index(data[:2], 4) :]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
def test_without_a_header_it_is_read_to_the_end(
    tmp_path: Path, clips: Path, rate: int, channels: int
) -> None:
    data, length = variable_mp3(clips, rate, channels)
    (tmp_path / "with.mp3").write_bytes(data)
    (tmp_path / "without.mp3").write_bytes(without_header(data))
    whole, counted = (read_audio(tmp_path / name, rate) for name in ("with.mp3", "without.mp3"))
    assert len(whole) == length
    # The header also says how much the encoder put before and after; without it, that stays.
    assert 0 <= len(counted) - length <= 2 * 1152
    lag = int(np.argmax(np.correlate(counted[:8000], whole[2500:6000], "valid"))) - 2500
    assert 0 <= lag <= 2 * 1152


def test_a_header_is_left_alone_and_put_after_a_tag(clips: Path) -> None:
    data, _ = variable_mp3(clips, 16000, 1)
    assert state_length(data) == (data, True)
    tag = b"ID3\x04\0\0\0\0\x01\x02" + bytes(130)
    assert state_length(tag + data) == (tag + data, True)
    with_header, known = state_length(tag + without_header(data))
    assert known
    assert b"Xing" in with_header[:200]
    assert bytes(with_header).endswith(without_header(data))


def test_what_ends_within_a_frame_is_truncated(clips: Path) -> None:
    data = without_header(variable_mp3(clips, 16000, 1)[0])
    with pytest.raises(AudioError, match="truncated"):
        state_length(data[: len(data) // 2])


def test_what_is_no_mp3(clips: Path) -> None:
    assert is_mp3(variable_mp3(clips, 16000, 1)[0])
    for data in (b"", b"ID", b"RIFF", b"\xff\xfe\x00\x00a\x00b", b"\xff" * 10):
        assert not is_mp3(data)
    assert state_length(b"ID3\x04\0\0\0\0\x01\x02 no frames") == (b"ID3\x04\0\0\0\0\x01\x02 no frames", False)
