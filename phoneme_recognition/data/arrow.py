"""Arrow files as the cache uses them: written batch by batch, read through a memory map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


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

    Reading uses no threads, so that a process that was forked afterwards can go on with the reader.
    """
    options = pa.ipc.IpcReadOptions(use_threads=False)
    return pa.ipc.open_file(pa.memory_map(str(path)), options=options)


def batches_of(path: Path) -> list[pa.RecordBatch]:
    """All batches of an Arrow file, as views of the memory map."""
    reader = open_file(path)
    return [reader.get_batch(number) for number in range(reader.num_record_batches)]


def numbers(batches: Sequence[pa.RecordBatch], name: str) -> NDArray[np.int64]:
    """One integer column of all batches, (num_rows,) int64."""
    parts = [batch.column(name).to_numpy() for batch in batches]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def pack_samples(clips: Sequence[NDArray[np.int16]]) -> pa.Array:
    """Recordings of different lengths as one ``large_list<int16>`` column."""
    offsets = np.cumsum([0, *map(len, clips)], dtype=np.int64)
    values = np.concatenate([np.zeros(0, np.int16), *clips])
    return pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values))


def unpack_samples(column: pa.Array, row: int) -> NDArray[np.int16]:
    """One row of such a column, (num_samples,): a read-only view, nothing is copied."""
    start, end = column.offsets[row].as_py(), column.offsets[row + 1].as_py()
    samples: NDArray[np.int16] = column.values.slice(start, end - start).to_numpy(zero_copy_only=True)
    return samples
