"""Impulse responses for ``audiomentations.ApplyImpulseResponse``: the user's, or a folder of simulated ones.

The simulated ones are made once, before the first run that needs them, and read by every later run and
every loader process.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from phoneme_recognition.audio.room_responses import draw_rooms, simulate
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.errors import DataError

logger = logging.getLogger(__name__)

CACHE_DIR = "./data/cache"
COUNT = 60  # more than a network can learn by heart, few enough for ApplyImpulseResponse to keep in memory
_RATE = 16000  # Hz; what the networks hear. At any other rate audiomentations resamples each response, once
_SEED = 1979
_VERSION = 1  # to be raised with every change of the code that changes a response


def find_responses(
    ir_path: str | Path | Sequence[str | Path] | None, cache_dir: str | Path = CACHE_DIR
) -> str | list[str]:
    """The impulse responses to use: those that were given, or else the simulated ones.

    Args:
        ir_path: the user's files and folders; None for simulated rooms.
        cache_dir: where the folder of simulated rooms stands, or is made.

    Returns:
        What ``ApplyImpulseResponse`` takes as its ``ir_path``: a folder, or the user's files in an order that
        no file system decides, so that draws can be repeated elsewhere.

    Raises:
        DataError: a given path does not exist or holds no sound, or the folder cannot be written.
    """
    if ir_path is None:
        return str(make_responses(cache_dir))
    paths = [ir_path] if isinstance(ir_path, str | Path) else ir_path
    return [file for path in paths for file in _find(Path(path))]


def _find(path: Path) -> list[str]:
    from audiomentations.core.utils import SUPPORTED_EXTENSIONS, find_audio_files_in_paths

    found = find_audio_files_in_paths(path) if path.exists() else []
    if not found:
        raise DataError(
            f"ir_path {path} {'holds no sound' if path.exists() else 'does not exist'}",
            expected=f"impulse responses: files that end in {', '.join(SUPPORTED_EXTENSIONS)}",
            remedy="Correct ir_path, or leave it out: then simulated rooms are used.",
        )
    return sorted(map(str, found))


def make_responses(cache_dir: str | Path = CACHE_DIR) -> Path:
    """The folder of simulated room responses, made where it is not there yet.

    Args:
        cache_dir: where it stands.

    Returns:
        The folder: 16-bit WAV files, whose names tell volume, reverberation time and distance.

    Raises:
        DataError: it cannot be written.
    """
    key = hashlib.sha256(repr((_VERSION, _RATE, _SEED, COUNT)).encode()).hexdigest()[:12]
    parent, name = Path(cache_dir), f"room_responses-{key}"
    folder = parent / name
    try:
        with build_lock(parent, name):
            # It was renamed into its place when it was complete: where it stands, it is whole.
            if not folder.is_dir():
                remove_leftovers(parent, name)
                logger.info("simulating %d rooms into %s; this is done once", COUNT, folder)
                with whole_folder(folder, parent, name) as building:
                    _write(building)
    except OSError as error:
        raise DataError(
            f"the simulated room responses cannot be written to {folder}",
            got=error.strerror or str(error),
            remedy="Make room or make it writable, or set ir_path to a folder of your own responses",
        ) from None
    return folder


def _write(folder: Path) -> None:
    for number, room in enumerate(draw_rooms(COUNT, sampling_rate=_RATE, seed=_SEED), 1):
        response = simulate(room, _RATE)
        name = f"{number:02d}_{room.volume:.0f}m3_{1000 * room.rt60:.0f}ms_{room.distance:.1f}m.wav"
        pcm = np.rint(response * 32767).astype(np.int16)
        soundfile.write(folder / name, pcm, _RATE, subtype="PCM_16")
