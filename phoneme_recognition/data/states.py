"""What the constant part of a network gave for each recording, on disk, read through a memory map.

A folder ``states-{key}`` beside the labels of a cache folder holds parts. ``NAME.states`` is raw 16-bit
floats, the frames of one recording after those of another; ``NAME.npy``, which is written last, says whose
they are. A part without it is not there, so a kill loses at most the part that was being written.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.data.batching import Draw
from phoneme_recognition.data.table import UtteranceTable
from phoneme_recognition.files import write_text, written_whole
from phoneme_recognition.randomness import draw_seed

_SHAPE_FILE = "shape.json"
_FIELDS = ("clip", "view", "start", "frames", "num_samples")
_UNFIT = -1  # the number of frames of a recording whose states do not fit into 16 bits
_VIEW = np.int64(1) << 40  # more clips than there will ever be


class Heard(NamedTuple):
    """One recording as the constant part heard it.

    Attributes:
        states: (frames, ...) float16, a read-only view of the memory map.
        num_samples: of the waveform that it heard.
    """

    states: NDArray[np.float16]
    num_samples: int


class StateStore:
    """The states of the recordings of one cache folder; pickles as its name.

    Args:
        directory: may be missing or still incomplete: what is there when it is opened can be read.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        names = sorted(path.stem for path in directory.glob("[!.]*.npy"))
        parts = [np.load(directory / f"{name}.npy") for name in names]
        index = np.concatenate([np.zeros((0, len(_FIELDS)), np.int64), *parts])
        keys = _keys(index[:, 0], index[:, 1])
        order = np.argsort(keys, kind="stable")
        self._keys, self._index = keys[order], index[order]
        self._part = np.repeat(np.arange(len(parts)), [len(part) for part in parts])[order]
        self._names = names
        self._maps: dict[int, NDArray[np.float16]] = {}
        self._shape = _read_shape(directory) if names else ()

    def __reduce__(self) -> tuple[type[StateStore], tuple[Path]]:
        return StateStore, (self.directory,)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def size(self) -> int:
        """Bytes of states."""
        return 2 * int(np.prod(self._shape)) * int(self._index[:, 3].clip(min=0).sum()) if len(self) else 0

    def remove_leftovers(self) -> None:
        """Remove what was not finished; nobody else may be writing."""
        for path in self.directory.glob("*.states"):
            if not path.with_suffix(".npy").exists():
                path.unlink()

    def missing(self, clips: NDArray[np.int64], views: int) -> NDArray[np.int64]:
        """(n, 2) pairs of clip and view that are not here, of all these clips in so many views."""
        pairs = np.stack([np.tile(clips, views), np.repeat(np.arange(views), len(clips))], axis=1)
        return pairs[~np.isin(_keys(pairs[:, 0], pairs[:, 1]), self._keys)]

    def find(self, clip: int, view: int) -> Heard | None:
        """The states of a recording; None where they are not here."""
        key = _keys(np.int64(clip), np.int64(view))
        at = int(np.searchsorted(self._keys, key))
        if at == len(self._keys) or self._keys[at] != key:
            return None
        _, _, start, frames, num_samples = self._index[at].tolist()
        return None if frames == _UNFIT else Heard(self._map(at)[start : start + frames], num_samples)

    def _map(self, at: int) -> NDArray[np.float16]:
        part = int(self._part[at])
        if part not in self._maps:
            path = self.directory / f"{self._names[part]}.states"
            width = int(np.prod(self._shape))
            rows = path.stat().st_size // (2 * width)
            self._maps[part] = np.memmap(path, np.float16, "r", shape=(rows, *self._shape))
        return self._maps[part]


class PartWriter:
    """Writes one part; a context manager, at whose end the part is there.

    Args:
        directory: of the store; is made.
        shape: of one frame's states.
    """

    def __init__(self, directory: Path, shape: Sequence[int]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        if not (directory / _SHAPE_FILE).exists():
            write_text(directory / _SHAPE_FILE, json.dumps(list(shape)))
        self._path = directory / f"{uuid.uuid4().hex}.states"
        self._file: BinaryIO = self._path.open("wb")
        self._index: list[tuple[int, int, int, int, int]] = []
        self._rows = 0

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        # What was added is whole, whatever happened then.
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        index = np.array(self._index, dtype=np.int64).reshape(-1, len(_FIELDS))
        with written_whole(self._path.with_suffix(".npy")) as beside, beside.open("wb") as file:
            np.save(file, index)

    @property
    def size(self) -> int:
        """Bytes that were written."""
        return self._file.tell()

    def add(self, clip: int, view: int, states: NDArray[np.float16], num_samples: int) -> None:
        """Append the (frames, ...) states of a recording; only noted where they are not finite."""
        frames = len(states) if np.isfinite(states).all() else _UNFIT
        if frames != _UNFIT:
            self._file.write(np.ascontiguousarray(states).data)
        self._index.append((clip, view, self._rows, frames, num_samples))
        self._rows += max(frames, 0)


class TableStates:
    """The states of a table's rows.

    Args:
        table: the utterances.
        stores: one for each of its folders.
        views: how many augmented variants of each recording there are; 1 without augmentation.
        seed: decides which of them is heard in which epoch.
    """

    def __init__(
        self, table: UtteranceTable, stores: Sequence[StateStore], *, views: int = 1, seed: int = 0
    ) -> None:
        self._table, self._stores = table, stores
        self._views, self._seed = views, seed

    def find(self, draws: Sequence[Draw]) -> list[Heard] | list[None]:
        """What was heard of these rows; of none where it is not known of all: a batch goes one way."""
        found: list[Heard] = []
        for draw in draws:
            part, clip = self._table.clip_of(draw.row)
            heard = self._stores[part].find(clip, self._view(draw))
            if heard is None:
                return [None] * len(draws)
            found.append(heard)
        return found

    def _view(self, draw: Draw) -> int:
        return draw_seed(self._seed, draw.epoch, draw.row) % self._views if self._views > 1 else 0


def _keys(clips: Any, views: Any) -> Any:
    return views * _VIEW + clips


def _read_shape(directory: Path) -> tuple[int, ...]:
    return tuple(json.loads((directory / _SHAPE_FILE).read_text(encoding="utf-8")))
