"""The audio half of the cache: every recording once, decoded, as a memory-mapped Arrow table.

``audio.arrow`` holds the samples; ``clips.arrow`` says for each recording in which batch and row of it they
are, or why there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tqdm import tqdm

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.arrow import Batches, TableWriter, open_file, pack_samples, unpack_samples
from phoneme_recognition.data.preprocessing import Clip, decode_clips

_AUDIO_FILE, _INDEX_FILE = "audio.arrow", "clips.arrow"
_BATCH_SAMPLES = 4_000_000  # 8 MB of int16: large enough to read fast, small enough to hold while writing
_BATCH_CLIPS = 16_384  # lines of the index that are held while writing
_AUDIO = pa.schema([("samples", pa.large_list(pa.int16()))])
_INDEX = pa.schema(
    [("num_samples", pa.int64()), ("batch", pa.int64()), ("row", pa.int64()), ("reason", pa.string())]
)
_Line = tuple[int, int, int, str | None]


class Clips:
    """The recordings of a cache folder; clips are numbered from 0."""

    def __init__(self, directory: Path) -> None:
        self._index = Batches(directory / _INDEX_FILE)
        self._reader = open_file(directory / _AUDIO_FILE)

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, clip: int) -> NDArray[np.int16]:
        """(num_samples,) int16, a read-only view of the memory map; none where the clip cannot be used."""
        line, at = self._index.find(clip)
        batch = line.column("batch")[at].as_py()
        if batch < 0:
            return np.zeros(0, np.int16)
        return unpack_samples(self._reader.get_batch(batch).column(0), line.column("row")[at].as_py())

    @cached_property
    def num_samples(self) -> NDArray[np.int64]:
        """(num_clips,) int64, 0 for those that cannot be used."""
        return self._index.numbers("num_samples")

    def reason(self, clip: int) -> str | None:
        """Why a clip cannot be used, None where it can."""
        line, at = self._index.find(clip)
        reason: str | None = line.column("reason")[at].as_py()
        return reason

    def reasons(self) -> list[str | None]:
        """Why each clip cannot be used, None for those that can."""
        return [reason for batch in self._index for reason in batch.column("reason").to_pylist()]


def build_clips(
    directory: Path, files: Sequence[AudioFile], *, sampling_rate: int, num_proc: int, title: str | None
) -> None:
    """Decode recordings into a folder, in memory that does not grow with their number.

    Args:
        directory: an empty folder.
        files: where the recordings lie.
        sampling_rate: the wanted rate in Hz.
        num_proc: processes to decode in.
        title: of the progress bar on standard error, None for no bar. Where standard error is no terminal
            there is none either.
    """
    clips = decode_clips(files, sampling_rate, num_proc)
    bar = tqdm(clips, desc=title, total=len(files), unit="file", disable=True if title is None else None)
    with (
        TableWriter(directory / _AUDIO_FILE, _AUDIO) as audio,
        TableWriter(directory / _INDEX_FILE, _INDEX) as index,
        bar,
    ):
        _write(audio, index, bar)


def _write(audio: TableWriter, index: TableWriter, clips: Iterable[Clip]) -> None:
    held: list[NDArray[np.int16]] = []
    lines: list[_Line] = []
    batch = samples = 0
    for clip in clips:
        if len(lines) == _BATCH_CLIPS:
            _write_lines(index, lines)
            lines = []
        if isinstance(clip, str):
            lines.append((0, -1, -1, clip))
            continue
        lines.append((len(clip), batch, len(held), None))
        held.append(clip)
        samples += len(clip)
        if samples >= _BATCH_SAMPLES:
            audio.write({"samples": pack_samples(held)})
            held, samples, batch = [], 0, batch + 1
    audio.write({"samples": pack_samples(held)})
    _write_lines(index, lines)


def _write_lines(index: TableWriter, lines: Sequence[_Line]) -> None:
    columns = zip(*lines, strict=True) if lines else [()] * len(_INDEX)
    index.write(dict(zip(_INDEX.names, columns, strict=True)))
