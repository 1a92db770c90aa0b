"""The cache: labelled recordings of any format → a memory-mapped table, made once.

The audio lies in ``{cache_dir}/{name}-{key}/``, the labels in ``labels-{key}/`` inside it. Each key is a
hash of everything that decides the content, so a changed file, rate, label or vocabulary gives a new folder
and never stale data, and a changed label does not decode the audio again. Nothing here needs torch.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.clips import Clips, build_clips
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.preprocessing import refuse_unguarded_import
from phoneme_recognition.data.rows import build_rows
from phoneme_recognition.data.skipped import Skipped, report_skipped
from phoneme_recognition.data.table import MANIFEST_FILE, UtteranceTable, concatenate
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError

__all__ = [
    "CACHE_VERSION",
    "Skipped",
    "UtteranceTable",
    "cached_lengths",
    "concatenate",
    "open_table",
    "table_name",
]

_logger = logging.getLogger(__name__)

CACHE_VERSION = 1
"""Part of every key: to be raised with every change of the code that changes what a table holds."""


def open_table(
    name: str,
    sources: Sequence[UtteranceSource],
    cache_dir: str | Path,
    *,
    labels: Labels,
    sampling_rate: int,
    count_frames: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    num_proc: int = 2,
    rebuild: bool = False,
    max_skipped: float = 0.1,
    progress: bool = True,
) -> UtteranceTable:
    """Open the table of these utterances, and make it where the cache has none that fits.

    Args:
        name: of the table, e.g. of the corpus and the split.
        sources: the utterances; those that cannot be used are listed in the table's ``skipped.csv``.
        cache_dir: where the tables lie.
        labels: turns what is said into ids.
        sampling_rate: of the table, in Hz.
        count_frames: (num_clips,) samples → (num_clips,) frames that the network gives CTC.
        num_proc: processes that decode.
        rebuild: decode again and overwrite.
        max_skipped: the share (0 … 1) of unusable utterances up to which a run goes on.
        progress: show a bar on standard error.

    Raises:
        DataError: more than that share, or all of them, cannot be used; the list stays on disk.
    """
    refuse_unguarded_import()
    cache_dir, name = Path(cache_dir), _file_name(name)
    files = _files(sources)
    directory = _audio_folder(cache_dir, name, files, sampling_rate)
    remove_leftovers(cache_dir, f"{name}-")
    try:
        with build_lock(cache_dir, directory.name):
            if rebuild or not _is_whole(directory):
                title = f"decoding {name}" if progress else None
                _build_audio(directory, files, sampling_rate, num_proc, title)
            title = f"labels of {name}" if progress else None
            table = UtteranceTable([_label_folder(directory, sources, files, labels, count_frames, title)])
    except OSError as error:
        raise DataError(
            f"the cache in {cache_dir} cannot be written",
            got=error.strerror or str(error),
            remedy="Set cache_dir of the dataset to a folder that can, or make room",
        ) from None
    report_skipped(name, table.skipped, len(sources), table.skipped_file, max_skipped)
    return table


def cached_lengths(
    name: str, sources: Sequence[UtteranceSource], cache_dir: str | Path, *, sampling_rate: int
) -> NDArray[np.int64] | None:
    """Length of each recording in samples, where the cache has them already.

    Args:
        name: of the table.
        sources: the utterances.
        cache_dir: where the tables lie.
        sampling_rate: of the table, in Hz.

    Returns:
        (num_sources,) samples, 0 for those that cannot be used; None where they are yet to be decoded.
    """
    files = _files(sources)
    directory = _audio_folder(Path(cache_dir), _file_name(name), files, sampling_rate)
    if not _is_whole(directory):
        return None
    lengths = dict(zip(files, Clips(directory).num_samples.tolist(), strict=True))
    return np.array([0 if one.problem else lengths[one.audio] for one in sources], dtype=np.int64)


def table_name(corpus: object, split: str) -> str:
    """The name of a corpus's table."""
    return f"{type(corpus).__name__}-{split}"


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)


def _files(sources: Sequence[UtteranceSource]) -> list[AudioFile]:
    return list(dict.fromkeys(source.audio for source in sources if source.problem is None))


def _audio_folder(cache_dir: Path, name: str, files: Sequence[AudioFile], sampling_rate: int) -> Path:
    audio_key = _key([CACHE_VERSION, sampling_rate], (file.fingerprint() for file in files))
    return cache_dir / f"{name}-{audio_key}"


def _build_audio(
    directory: Path, files: Sequence[AudioFile], sampling_rate: int, num_proc: int, title: str | None
) -> None:
    _logger.info("decoding %d recordings into %s", len(files), directory)
    with whole_folder(directory, directory.parent, directory.name) as folder:
        build_clips(folder, files, sampling_rate=sampling_rate, num_proc=num_proc, title=title)
        _seal(folder, sampling_rate=sampling_rate, clips=len(files))


def _label_folder(
    directory: Path,
    sources: Sequence[UtteranceSource],
    files: Sequence[AudioFile],
    labels: Labels,
    count_frames: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    title: str | None,
) -> Path:
    """The folder with the labels of these utterances, made where there is none."""
    clips = Clips(directory)
    num_frames = np.asarray(count_frames(clips.num_samples), dtype=np.int64)
    key = _key([CACHE_VERSION, labels.key(sources), num_frames.tolist()], map(_describe, sources))
    made = directory / f"labels-{key}"
    if not _is_whole(made):
        numbers = {file: number for number, file in enumerate(files)}
        with whole_folder(made, directory.parent, directory.name) as folder:
            build_rows(
                folder,
                sources,
                labels=labels,
                clips=clips,
                clip_numbers=[-1 if source.problem else numbers[source.audio] for source in sources],
                num_frames=num_frames,
                title=title,
            )
            _seal(folder, utterances=len(sources))
    return made


def _describe(source: UtteranceSource) -> str:
    """All of a source that a row is made of, as one string."""
    audio = source.audio
    return json.dumps(
        [
            source.utterance_id,
            [audio.path, audio.offset, audio.length],
            source.phonemes,
            source.text,
            source.speaker,
            source.segments,
            source.problem,
        ]
    )


def _key(settings: Sequence[object], items: Iterable[str]) -> str:
    digest = hashlib.sha256(json.dumps(settings).encode())
    for item in items:
        digest.update(item.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def _seal(folder: Path, **facts: object) -> None:
    """Note what the folder holds, with the sizes of its files, so that damage shows when it is opened."""
    sizes = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
    manifest = {"version": CACHE_VERSION, **facts, "files": sizes}
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _is_whole(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return all((folder / file).stat().st_size == size for file, size in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return False
