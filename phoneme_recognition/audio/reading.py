"""Any recording → mono float32 samples at the wanted rate, or the reason why it cannot be used.

WAV, FLAC, OGG, Opus and MP3 are decoded by libsndfile and resampled by soxr: no FFmpeg, no torch.
"""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from phoneme_recognition.audio.containers import truncation
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.mp3 import is_mp3, state_length
from phoneme_recognition.errors import AudioError

# What a file is called that may be a recording.
EXTENSIONS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")

_SILENT = "silent: every sample is zero"
_BLOCK = 65536
_MP3_SLACK = 2 * 1152  # encoder delay and padding are not counted alike by all encoders: two frames at most
_ENDLESS = 2**62  # libsndfile's answer for a FLAC that was written to a pipe, which it cannot read then
_LOWEST_RATE = 1000  # Hz; below that it is a broken header, and resampling would fill the memory
_LOUDEST = 16.0  # full scale is 1; more than this is a float file in some integer's scale, not a loud voice


def read_audio(audio: AudioFile | str | Path, sampling_rate: int) -> NDArray[np.float32]:
    """Read one recording as speech networks want it.

    The channels are averaged. A 16-bit recording at the target rate comes back as ``integer / 32768``,
    exactly.

    Args:
        audio: a file, or bytes inside one.
        sampling_rate: the wanted rate in Hz.

    Returns:
        (num_samples,) float32, nominally in -1 … 1.

    Raises:
        AudioError: it is missing, empty, no audio, truncated, silent, not finite, or has no samples.
    """
    data = _read_bytes(audio if isinstance(audio, AudioFile) else AudioFile(str(audio)))
    reason = truncation(data)
    if reason:
        raise AudioError(reason)
    samples, rate = _decode(data)
    if _checked_peak(samples, rate) == 0.0:
        raise AudioError(_SILENT)
    if rate != sampling_rate:
        samples = soxr.resample(samples, rate, sampling_rate)
    if not len(samples):
        raise AudioError("no samples: too short to be resampled")
    return samples


def read_blocks(path: str | Path, sampling_rate: int) -> Iterator[NDArray[np.float32]]:
    """Read a long recording piece by piece: the samples of `read_audio` without holding them all.

    Args:
        path: a file.
        sampling_rate: the wanted rate in Hz.

    Yields:
        (some_samples,) float32.

    Raises:
        AudioError: as `read_audio`, but what is wrong may show after some blocks only.
    """
    try:
        with Path(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield from _checked_blocks(data, sampling_rate)
    except FileNotFoundError:
        raise AudioError("missing file") from None
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise AudioError(f"unreadable file: {getattr(error, 'strerror', None) or error}") from None


def _checked_blocks(data: mmap.mmap, sampling_rate: int) -> Iterator[NDArray[np.float32]]:
    reason = truncation(data)
    if reason:
        raise AudioError(reason)
    resampler, peak = None, 0.0
    with closing(_decoded_blocks(data)) as blocks:
        for block, rate in blocks:
            peak = max(peak, _checked_peak(block, rate))
            if rate != sampling_rate:
                resampler = resampler or soxr.ResampleStream(rate, sampling_rate, 1, dtype="float32")
                block = resampler.resample_chunk(block)
            yield block
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
    if peak == 0.0:
        raise AudioError(_SILENT)


def find_audio(folder: str | Path, extensions: Iterable[str]) -> list[Path]:
    """All recordings below a folder, sorted by path.

    Args:
        folder: searched with its sub-folders, those that are links included; hidden files and folders
            (``.name``) are left out.
        extensions: such as ``.wav`` (the dot and the case do not matter).
    """
    wanted = {f".{extension.lower().lstrip('.')}" for extension in extensions}
    return sorted(path for path in _walk(Path(folder)) if path.suffix.lower() in wanted and path.is_file())


def _walk(root: Path) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder, names, files in os.walk(root, followlinks=True):
        real = Path(folder).resolve()
        # A link may lead back to a folder above it.
        names[:] = [] if real in seen else sorted(name for name in names if name[0] != ".")
        yield from (Path(folder, name) for name in files if name[0] != "." and real not in seen)
        seen.add(real)


def _read_bytes(audio: AudioFile) -> bytes:
    path = Path(audio.path)
    try:
        # Opening a named pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise AudioError("not audio: not a regular file")
        with path.open("rb") as file:
            file.seek(audio.offset)
            data = file.read(-1 if audio.length is None else audio.length)
    except FileNotFoundError:
        raise AudioError("missing file") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"unreadable file: {getattr(error, 'strerror', None) or error}") from None
    if audio.length is not None and len(data) < audio.length:
        raise AudioError(f"truncated: holds {len(data)} of {audio.length} bytes")
    if not data:
        raise AudioError("empty file")
    return data


def _decode(data: bytes) -> tuple[NDArray[np.float32], int]:
    found = list(_decoded_blocks(data))
    if not found:
        raise AudioError("no samples")
    return np.concatenate([block for block, _ in found]), found[0][1]


def _decoded_blocks(data: bytes | mmap.mmap) -> Generator[tuple[NDArray[np.float32], int]]:
    """The mean of the channels and the rate, block by block: many channels need no more memory than one."""
    file_data, length_known = state_length(data) if is_mp3(data) else (data, True)
    source = io.BytesIO(file_data) if isinstance(file_data, bytes) else file_data
    held = 0
    try:
        with soundfile.SoundFile(source) as file:
            if file.frames >= _ENDLESS:
                raise AudioError(f"unknown length: the {file.format} header does not say it; encode it again")
            while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                held += len(block)
                mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
                yield mono, file.samplerate
            expected, slack = file.frames, _MP3_SLACK if file.format == "MP3" else 0
    except soundfile.SoundFileError as error:
        raise AudioError(_decoder_reason(data, error)) from None
    if length_known and held < expected - slack:
        raise AudioError(f"truncated: holds {held} of {expected} samples")


def _decoder_reason(data: bytes | mmap.mmap, error: Exception) -> str:
    said = (getattr(error, "error_string", "") or str(error)).removeprefix("Error : ").rstrip(".")
    if data[:4] == b"fLaC" and "lost sync" in said:
        return "truncated or damaged: the FLAC stream breaks off"
    if is_mp3(data):
        return "damaged: an MP3 without frames that can be decoded"
    known = data[:4] in (b"RIFF", b"RIFX", b"fLaC", b"OggS")
    return f"damaged: {said}" if known else "not audio: no format that libsndfile knows"


def _checked_peak(samples: NDArray[np.float32], rate: int) -> float:
    """The largest magnitude of some samples that are not nonsense."""
    if rate < _LOWEST_RATE:
        raise AudioError(f"broken header: sampling rate {rate} Hz")
    peak = float(np.abs(samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise AudioError("NaN or infinite samples")
    if peak > _LOUDEST:
        raise AudioError(f"wrong scale: float samples up to {peak:.0f} where full scale is 1")
    return peak
