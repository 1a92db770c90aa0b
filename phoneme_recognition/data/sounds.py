"""Sounds that are mixed into speech: decoded and resampled once, then read through a memory map.

The prepared folder, ``{cache_dir}/sounds-{key}``, is shared by all loader processes and later runs; the key
is a hash of the rate and of every file's path, size and times, so that a changed folder is prepared anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import EXTENSIONS, find_audio
from phoneme_recognition.data.clips import Clips, build_clips
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.errors import DataError

logger = logging.getLogger(__name__)

_LEVELS_FILE = "levels.npy"
_NAMED = 10  # unusable files that a warning names
_VERSION = 1  # part of the key: to be raised when what is written changes
_SCALE = np.float32(1 / 32768)


class Sounds:
    """The usable sounds of files and folders at one sampling rate; pickles as the name of its folder.

    Args:
        folder: as :func:`prepare_sounds` made it.
        paths: the files it was made from, in order.

    Attributes:
        paths: the usable files.
        lengths: (num_sounds,) int64, samples of each.
        rms: (num_sounds,) float64, root mean square of each.
        loudest: (num_sounds,) int64, the sample at which each is loudest.
    """

    def __init__(self, folder: Path, paths: Sequence[str]) -> None:
        self._source = (folder, tuple(paths))
        self._clips = Clips(folder)
        self._usable = np.flatnonzero(self._clips.num_samples)
        levels = np.load(folder / _LEVELS_FILE)
        self.paths = [paths[clip] for clip in self._usable.tolist()]
        self.lengths = self._clips.num_samples[self._usable]
        self.rms: NDArray[np.float64] = levels[self._usable, 0]
        self.loudest: NDArray[np.int64] = levels[self._usable, 1].astype(np.int64)

    def __len__(self) -> int:
        return len(self.paths)

    def __reduce__(self) -> tuple[type[Sounds], tuple[Path, tuple[str, ...]]]:
        return Sounds, self._source

    def excerpt(self, sound: int, start: int, num_samples: int) -> NDArray[np.float32]:
        """At most so many samples of a sound from ``start`` on, (num_samples,) float32 in -1 … 1."""
        samples: NDArray[np.float32] = (
            self._clips[int(self._usable[sound])][start : start + num_samples] * _SCALE
        )
        return samples


def prepare_sounds(paths: Sequence[Path], sampling_rate: int, cache_dir: str | Path) -> Sounds:
    """Decode sounds where this has not been done yet.

    Args:
        paths: files, and folders that are searched with their sub-folders.
        sampling_rate: the wanted rate in Hz.
        cache_dir: where the prepared folder stands.

    Raises:
        DataError: a path does not exist, no file can be used, or the cache cannot be written. Files that
            cannot be used beside others that can are named in a warning.
    """
    files = _find(paths)
    fingerprints = [AudioFile(file).fingerprint() for file in files]
    key = hashlib.sha256(repr((_VERSION, sampling_rate, fingerprints)).encode("utf-8", "surrogatepass"))
    parent, name = Path(cache_dir), f"sounds-{key.hexdigest()[:16]}"
    try:
        with build_lock(parent, name):
            # It was renamed into its place when it was complete: where it stands, it is whole.
            if not (parent / name).is_dir():
                remove_leftovers(parent, name)
                logger.info("decoding %d sounds into %s; this is done once", len(files), parent / name)
                _build(parent, name, files, sampling_rate)
    except OSError as error:
        raise DataError(
            f"the decoded sounds cannot be written to {parent / name}",
            got=error.strerror or str(error),
            remedy="Set cache_dir to a folder that can be written, or make room",
        ) from None
    sounds = Sounds(parent / name, files)
    _report(parent / name, files, len(sounds))
    return sounds


def _find(paths: Sequence[Path]) -> list[str]:
    found: list[str] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path} does not exist")
        inside = find_audio(path, EXTENSIONS) if path.is_dir() else [path]
        if not inside:
            raise DataError(
                f"folder {path} holds no sound", expected=f"files ending in {', '.join(EXTENSIONS)}"
            )
        found += [str(file) for file in inside]
    return found


def _build(parent: Path, name: str, files: Sequence[str], sampling_rate: int) -> None:
    with whole_folder(parent / name, parent, name) as folder:
        # One process: a loader process may not start others, and a script need not be guarded against them.
        build_clips(
            folder,
            [AudioFile(file) for file in files],
            sampling_rate=sampling_rate,
            num_proc=1,
            title="decoding sounds",
        )
        clips = Clips(folder)
        np.save(folder / _LEVELS_FILE, np.array([_level(clips[number]) for number in range(len(clips))]))


def _level(samples: NDArray[np.int16]) -> tuple[float, float]:
    if not len(samples):
        return 0.0, 0.0
    magnitude = np.abs(samples.astype(np.float32)) * _SCALE
    return float(np.sqrt(np.mean(np.square(magnitude, dtype=np.float64)))), float(np.argmax(magnitude))


def _report(folder: Path, files: Sequence[str], usable: int) -> None:
    """Name the files that cannot be used."""
    if usable == len(files):
        return
    reasons = zip(files, Clips(folder).reasons(), strict=True)
    unusable = [f"{file}: {reason}" for file, reason in reasons if reason]
    shown = "\n  ".join(unusable[:_NAMED])
    more = f"\n  and {len(unusable) - _NAMED} more" if len(unusable) > _NAMED else ""
    if not usable:
        raise DataError(f"none of the {len(files)} sounds can be used:\n  {shown}{more}")
    logger.warning("%d of %d sounds cannot be used:\n  %s%s", len(unusable), len(files), shown, more)
