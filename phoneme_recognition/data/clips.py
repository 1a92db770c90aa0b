"""The audio half of the cache: every recording once, decoded, as a memory-mapped Arrow table.

``audio.arrow`` holds the samples; ``clips.arrow`` says for each recording in which batch and row of it they
are, or why there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tqdm import tqdm

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.arrow import (
    TableWriter,
    batches_of,
    numbers,
    open_file,
    pack_samples,
    unpack_samples,
)
from phoneme_recognition.data.preprocessing import Clip, decode_clips

_AUDIO_FILE, _INDEX_FILE = "audio.arrow", "clips.arrow"
_BATCH_SAMPLES = 4_000_000  # 8 MB of int16: large enough to read fast, small enough to hold while writing
_AUDIO = pa.schema([("samples", pa.large_list(pa.int16()))])
_INDEX = pa.schema(
    [("num_samples", pa.int64()), ("batch", pa.int64()), ("row", pa.int64()), ("reason", pa.string())]
)


class Clips:
    """The recordings of a cache folder; clips are numbered from 0.

    Attributes:
        num_samples: (num_clips,) int64, 0 for those that cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self._index = batches_of(directory / _INDEX_FILE)
        self._reader = open_file(directory / _AUDIO_FILE)
        self._batch, self._row = numbers(self._index, "batch"), numbers(self._index, "row")
        self.num_samples = numbers(self._index, "num_samples")

    def __len__(self) -> int:
        return len(self.num_samples)

    def __getitem__(self, clip: int) -> NDArray[np.int16]:
        """(num_samples,) int16, a read-only view of the memory map; none where the clip cannot be used."""
        if self._batch[clip] < 0:
            return np.zeros(0, np.int16)
        batch = self._reader.get_batch(int(self._batch[clip]))
        return unpack_samples(batch.column(0), int(self._row[clip]))

    def reasons(self) -> list[str | None]:
        """Why each clip cannot be used, None for those that can."""
        return [reason for batch in self._index for reason in batch.column("reason").to_pylist()]


def build_clips(
    directory: Path, files: Sequence[AudioFile], *, sampling_rate: int, num_proc: int, title: str | None
) -> None:
    """Decode recordings into a folder.

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
    index: dict[str, list[int | str | None]] = {field.name: [] for field in _INDEX}
    with TableWriter(directory / _AUDIO_FILE, _AUDIO) as writer, bar:
        held: list[NDArray[np.int16]] = []
        batch = 0
        for clip in bar:
            _note(index, clip, batch, len(held))
            held += [] if isinstance(clip, str) else [clip]
            if sum(map(len, held)) >= _BATCH_SAMPLES:
                writer.write({"samples": pack_samples(held)})
                held, batch = [], batch + 1
        writer.write({"samples": pack_samples(held)})
    with TableWriter(directory / _INDEX_FILE, _INDEX) as writer:
        writer.write(index)


def _note(index: dict[str, list[int | str | None]], clip: Clip, batch: int, row: int) -> None:
    values: tuple[int | str | None, ...]
    values = (0, -1, -1, clip) if isinstance(clip, str) else (len(clip), batch, row, None)
    for column, value in zip(index.values(), values, strict=True):
        column.append(value)
