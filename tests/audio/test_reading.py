"""Any recording comes out as the samples it holds, or with the reason why it cannot."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import find_audio, read_audio
from phoneme_recognition.errors import AudioError

Samples = NDArray[Any]
LOSSY = {
    "mp3": {"format": "MP3"},
    "ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
}


@pytest.fixture
def speech(clips: Path) -> Samples:
    samples, rate = soundfile.read(clips / "ru_0054.flac", dtype="int16")
    assert rate == 16000
    return np.asarray(samples)


def stereo_48k(speech: Samples) -> Samples:
    upsampled = resample_poly(speech / 32768, 3, 1)
    return np.stack([0.5 * upsampled, 1.0 * upsampled], axis=1)  # the mean is 0.75 of the speech


def reason(path: Path | AudioFile) -> str:
    with pytest.raises(AudioError) as caught:
        read_audio(path, 16000)
    return caught.value.thing


def snr(signal: Samples, reference: Samples) -> float:
    noise = np.sum((signal - reference) ** 2)
    return float(10 * np.log10(np.sum(reference**2) / noise))


@pytest.mark.parametrize("container", ["wav", "flac"])
def test_16_bit_at_the_target_rate_is_exact(tmp_path: Path, speech: Samples, container: str) -> None:
    speech = np.concatenate([speech, np.array([-32768, 32767, 0, 1, -1], np.int16)])
    soundfile.write(tmp_path / f"a.{container}", speech, 16000)
    samples = read_audio(tmp_path / f"a.{container}", 16000)
    assert samples.dtype == np.float32
    assert samples.shape == speech.shape
    np.testing.assert_array_equal((samples * 32768).astype(np.int64), speech)


def test_stereo_48k_wav_against_another_resampler(tmp_path: Path, speech: Samples) -> None:
    signal = stereo_48k(speech)
    soundfile.write(tmp_path / "a.wav", signal, 48000, subtype="FLOAT")
    samples = read_audio(tmp_path / "a.wav", 16000)
    reference = resample_poly(signal.mean(axis=1), 1, 3)
    assert len(samples) == len(speech)
    assert snr(samples, reference) > 40
    assert snr(samples, 0.75 * speech / 32768) > 35


@pytest.mark.parametrize("container", LOSSY)
def test_lossy_stereo_48k_keeps_time_and_level(tmp_path: Path, speech: Samples, container: str) -> None:
    soundfile.write(tmp_path / f"a.{container}", stereo_48k(speech), 48000, **LOSSY[container])
    samples = read_audio(tmp_path / f"a.{container}", 16000)
    assert len(samples) == len(speech)
    assert snr(samples, 0.75 * speech / 32768) > 8  # a shift by one millisecond would be below 0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 2), (44100, 6), (96000, 1)])
def test_any_rate_and_channel_count(tmp_path: Path, rate: int, channels: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    soundfile.write(tmp_path / "a.wav", np.repeat(tone[:, None], channels, axis=1), rate, subtype="PCM_24")
    samples = read_audio(tmp_path / "a.wav", 16000)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert len(samples) == 16000
    assert snr(samples[500:-500], expected[500:-500]) > 50


def test_the_extension_does_not_matter(tmp_path: Path, speech: Samples) -> None:
    soundfile.write(tmp_path / "a.wav", speech, 16000)
    (tmp_path / "a.wav").rename(tmp_path / "a.raw")
    assert len(read_audio(str(tmp_path / "a.raw"), 16000)) == len(speech)


def test_bytes_inside_an_archive(tmp_path: Path, clips: Path) -> None:
    first, second = (clips / "ru_0054.flac").read_bytes(), (clips / "ru_0063.flac").read_bytes()
    (tmp_path / "a.tar").write_bytes(b"x" * 512 + first + b"y" * 100 + second)
    member = AudioFile(str(tmp_path / "a.tar"), 512 + len(first) + 100, len(second))
    np.testing.assert_array_equal(read_audio(member, 16000), read_audio(clips / "ru_0063.flac", 16000))
    assert reason(AudioFile(str(tmp_path / "a.tar"), 512, 10**9)).startswith("truncated")


@pytest.mark.parametrize("share", [0.99, 0.5, 0.1, 0.02])
@pytest.mark.parametrize("container", ["wav", "flac", *LOSSY])
def test_a_file_that_was_cut_short_is_refused(
    tmp_path: Path, speech: Samples, container: str, share: float
) -> None:
    path = tmp_path / f"a.{container}"
    soundfile.write(path, stereo_48k(speech), 48000, **LOSSY.get(container, {}))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert reason(path).startswith(("truncated", "damaged"))


def test_a_streamed_wav_has_no_size_in_its_header(tmp_path: Path, speech: Samples) -> None:
    soundfile.write(tmp_path / "a.wav", speech, 16000)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(data)
    assert len(read_audio(tmp_path / "a.wav", 16000)) == len(speech)


def test_a_streamed_flac_is_refused_with_its_reason(tmp_path: Path, clips: Path) -> None:
    data = bytearray((clips / "ru_0054.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of the number of samples, RFC 9639, section 8.2
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    assert reason(tmp_path / "a.flac").startswith("unknown length")


def test_a_chunk_of_odd_size_before_the_sound_is_padded(tmp_path: Path, speech: Samples) -> None:
    soundfile.write(tmp_path / "a.wav", speech, 16000)
    data = (tmp_path / "a.wav").read_bytes()
    data = data[:36] + b"note" + struct.pack("<I", 3) + b"abc\0" + data[36:]
    (tmp_path / "a.wav").write_bytes(data)
    assert len(read_audio(tmp_path / "a.wav", 16000)) == len(speech)
    (tmp_path / "a.wav").write_bytes(data[:-2])
    assert reason(tmp_path / "a.wav") == f"truncated: holds {2 * len(speech) - 2} of {2 * len(speech)} bytes"


def test_a_file_that_is_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert reason(path) == "missing file"
    assert reason(tmp_path) == "not audio: not a regular file"
    os.mkfifo(path)
    assert reason(path) == "not audio: not a regular file"
    path.unlink()
    for data in (b"x", b"<html>404</html>" * 50, bytes(5000), np.random.default_rng(0).bytes(5000)):
        path.write_bytes(data)
        assert reason(path).startswith("not audio")
    path.write_bytes(b"")
    assert reason(path) == "empty file"
    path.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")
    assert reason(path).startswith("truncated")
    assert reason(Path("a\0b.wav")).startswith("unreadable file")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "silent"), (np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (12000.0, "wrong scale")],
)
def test_samples_that_are_no_sound(tmp_path: Path, value: float, expected: str) -> None:
    samples = np.zeros(1600) if value == 0 else np.linspace(-0.5, 0.5, 1600)
    samples[700] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    assert reason(tmp_path / "a.wav").startswith(expected)


def test_no_samples_and_a_broken_rate(tmp_path: Path, speech: Samples) -> None:
    soundfile.write(tmp_path / "a.wav", speech[:0], 16000)
    assert reason(tmp_path / "a.wav") == "no samples"
    soundfile.write(tmp_path / "a.wav", speech, 3)
    assert reason(tmp_path / "a.wav") == "broken header: sampling rate 3 Hz"


def test_find_audio(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.wav", "sub/c.Flac", "d.mp3", ".hidden.wav", ".git/e.wav", "sub/f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path.parent / f"{tmp_path.name}-linked")
    (tmp_path.parent / f"{tmp_path.name}-linked").mkdir()
    (tmp_path.parent / f"{tmp_path.name}-linked" / "g.wav").touch()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in find_audio(tmp_path, [".wav", "FLAC"])]
    assert found == ["a.wav", "b.WAV", "elsewhere/g.wav", "sub/c.Flac"]


def test_reading_needs_no_torch() -> None:
    code = "import sys, phoneme_recognition.audio.reading; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
