"""A cached split of a corpus: rows with samples, read through a memory map."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.data.clips import Clips
from phoneme_recognition.data.rows import Rows
from phoneme_recognition.data.skipped import SKIPPED_FILE, Skipped, read_skipped
from phoneme_recognition.data.utterance import Utterance
from phoneme_recognition.errors import DataError

MANIFEST_FILE = "manifest.json"


class UtteranceTable:
    """Utterances from one or more cache folders, in order.

    It keeps no Python object a row, and pickles as its folders' names: a worker process opens them again.
    What a row is read from lies in memory maps, which all processes of a machine share.

    Args:
        directories: label folders of the cache (``{cache_dir}/{name}-{key}/labels-{key}``), at least one.

    Raises:
        DataError: the folders differ in sampling rate.

    Attributes:
        directories: as given.
        sampling_rate: in Hz.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self.directories = tuple(directories)
        self._rows = [Rows(directory) for directory in self.directories]
        self._clips = [Clips(directory.parent) for directory in self.directories]
        self._ends = np.cumsum([len(rows) for rows in self._rows])
        self.sampling_rate = _common_rate(self.directories)

    def __len__(self) -> int:
        return int(self._ends[-1])

    @cached_property
    def num_samples(self) -> NDArray[np.int64]:
        """(num_rows,) int64."""
        return np.concatenate([rows.num_samples for rows in self._rows])

    @cached_property
    def label_lengths(self) -> NDArray[np.int64]:
        """(num_rows,) int64, symbols of each label."""
        return np.concatenate([rows.label_lengths for rows in self._rows])

    def __getitem__(self, row: int) -> Utterance:
        """One utterance; its samples are a read-only view of the memory map.

        Raises:
            IndexError: there is no such row.
        """
        row = row + len(self) if row < 0 else row
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a table of {len(self)}")
        part, at = self._place(row)
        rows, clips = self._rows[part], self._clips[part]
        return rows.utterance(at, clips[rows.clip(at)])

    def clip_of(self, row: int) -> tuple[int, int]:
        """Which folder a row comes from, and the number of its recording there."""
        part, at = self._place(row)
        return part, self._rows[part].clip(at)

    def recordings(self) -> list[tuple[Path, Clips, NDArray[np.int64]]]:
        """For each folder: where its audio lies, all its recordings, the numbers of those that rows use."""
        return [
            (directory.parent, clips, np.unique(rows.clips))
            for directory, clips, rows in zip(self.directories, self._clips, self._rows, strict=True)
        ]

    def _place(self, row: int) -> tuple[int, int]:
        part = int(np.searchsorted(self._ends, row, side="right"))
        return part, row - int(self._ends[part]) + len(self._rows[part])

    def __reduce__(self) -> tuple[type[UtteranceTable], tuple[tuple[Path, ...]]]:
        return UtteranceTable, (self.directories,)

    def labels(self, every: int = 1) -> Iterator[NDArray[np.int64]]:
        """The phoneme ids of each row, or of every n-th of each part, without touching the samples."""
        for rows in self._rows:
            yield from rows.labels(every)

    @property
    def directory(self) -> Path:
        """The (first) label folder."""
        return self.directories[0]

    @property
    def skipped_file(self) -> Path:
        """The list of what cannot be used, in the (first) label folder."""
        return self.directory / SKIPPED_FILE

    @property
    def speakers(self) -> list[str]:
        """The speakers that are known, sorted."""
        return sorted(set().union(*(rows.speakers() for rows in self._rows)))

    @property
    def skipped(self) -> list[Skipped]:
        """What cannot be used, with the reasons."""
        return list(self.each_skipped())

    def each_skipped(self) -> Iterator[Skipped]:
        """The same one by one, read from the lists."""
        for directory in self.directories:
            yield from read_skipped(directory / SKIPPED_FILE)


def concatenate(tables: Sequence[UtteranceTable]) -> UtteranceTable:
    """One table with the rows of all of them, in order.

    Raises:
        DataError: there is none, or they differ in sampling rate.
    """
    if not tables:
        raise DataError("no dataset", remedy="Name at least one in data.dataset_classes")
    return UtteranceTable([directory for table in tables for directory in table.directories])


def _common_rate(directories: Sequence[Path]) -> int:
    rates: set[int] = set()
    for directory in directories:
        manifest = json.loads((directory.parent / MANIFEST_FILE).read_text(encoding="utf-8"))
        rates.add(int(manifest["sampling_rate"]))
    if len(rates) != 1:
        raise DataError(
            "the tables differ in sampling rate", got=", ".join(f"{rate} Hz" for rate in sorted(rates))
        )
    return rates.pop()
