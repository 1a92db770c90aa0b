"""Arrow files as the cache uses them: written batch by batch, read through a memory map."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)


class TableWriter:
    """Writes record batches to an Arrow file; a context manager.

    Args:
        path: the file to write.
        schema: its columns.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._file, schema)

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._writer.close()
        self._file.close()

    def write(self, columns: Mapping[str, object]) -> None:
        """Append one batch; every column of the schema has to be there, as Arrow, numpy or Python values."""
        arrays = [pa.array(columns[field.name], type=field.type) for field in self._schema]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))


def open_file(path: Path) -> pa.ipc.RecordBatchFileReader:
    """Memory-map an Arrow file; nothing but its footer is read.

    Reading uses no threads, so that a process that was forked afterwards can go on with the reader. Arrow's
    own memory map would have the system read a whole batch of recordings for each one that is asked for.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    options = pa.ipc.IpcReadOptions(use_threads=False)
    return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped)), options=options)


def view(column: pa.Array, dtype: type[_Number]) -> NDArray[_Number]:
    """A column of numbers as a read-only view of the memory map.

    Args:
        column: of numbers, none of them null.
        dtype: what they are.
    """
    data = column.buffers()[1]
    if data is None or not len(column):
        return np.zeros(0, dtype)
    # Not Arrow's to_numpy, which imports pandas: 30 MB in every process.
    return np.frombuffer(data, dtype, len(column), column.offset * np.dtype(dtype).itemsize)


class Batches:
    """All batches of an Arrow file, as views of the memory map; they may be of any sizes.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        reader = open_file(path)
        self._batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        self._ends = list(accumulate(batch.num_rows for batch in self._batches))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return iter(self._batches)

    def find(self, row: int) -> tuple[pa.RecordBatch, int]:
        """The batch of a row, and its place there."""
        number = bisect_right(self._ends, row)
        return self._batches[number], row - self._ends[number] + self._batches[number].num_rows

    def numbers(self, name: str) -> NDArray[np.int64]:
        """One integer column of all batches, (num_rows,) int64, in memory."""
        parts = [view(batch.column(name), np.int64) for batch in self._batches]
        return np.concatenate([np.zeros(0, np.int64), *parts])


def pack_samples(clips: Sequence[NDArray[np.int16]]) -> pa.Array:
    """Recordings of different lengths as one ``large_list<int16>`` column."""
    offsets = np.cumsum([0, *map(len, clips)], dtype=np.int64)
    values = np.concatenate([np.zeros(0, np.int16), *clips])
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values))


def unpack_samples(column: pa.Array, row: int) -> NDArray[np.int16]:
    """One row of such a column, (num_samples,): a read-only view, nothing is copied."""
    return view(column[row].values, np.int16)
