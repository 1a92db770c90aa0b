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
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.clips import Clips, build_clips
from phoneme_recognition.data.folders import build_lock, remove_leftovers, whole_folder
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.preprocessing import refuse_unguarded_import
from phoneme_recognition.data.rows import build_rows, repeated_hashes
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

_HASHED_AT_ONCE = 256


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
    report_skipped(name, table.each_skipped(), len(sources), table.skipped_file, max_skipped)
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
    # What has no clip has the number -1, and so the last one's length.
    return np.append(Clips(directory).num_samples, 0)[_clip_numbers(sources, files)]


def table_name(corpus: object, split: str) -> str:
    """The name of a corpus's table."""
    return f"{type(corpus).__name__}-{split}"


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)


def _files(sources: Sequence[UtteranceSource]) -> list[AudioFile]:
    files = [source.audio for source in sources if not source.problem]
    # A dict of a million files is larger than all the rest; most corpora name each file once.
    return list(dict.fromkeys(files)) if repeated_hashes(files) else files


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
    frames = hashlib.sha256(num_frames.tobytes()).hexdigest()
    key = _key([CACHE_VERSION, labels.key(sources), frames], map(_describe, sources))
    made = directory / f"labels-{key}"
    if not _is_whole(made):
        with whole_folder(made, directory.parent, directory.name) as folder:
            build_rows(
                folder,
                sources,
                labels=labels,
                clips=clips,
                clip_numbers=_clip_numbers(sources, files),
                num_frames=num_frames,
                title=title,
            )
            _seal(folder, utterances=len(sources))
    return made


def _clip_numbers(sources: Sequence[UtteranceSource], files: Sequence[AudioFile]) -> NDArray[np.int64]:
    usable = np.fromiter((not source.problem for source in sources), bool, len(sources))
    if np.count_nonzero(usable) == len(files):  # each has its own
        return np.where(usable, np.cumsum(usable) - 1, -1)
    numbers = {file: number for number, file in enumerate(files)}
    found = (-1 if source.problem else numbers[source.audio] for source in sources)
    return np.fromiter(found, np.int64, len(sources))


def _describe(source: UtteranceSource) -> str:
    """All of a source that a row is made of, as one string; a million of them take seconds."""
    audio, phonemes = source.audio, source.phonemes
    number = None if phonemes is None else len(phonemes)
    where = (source.utterance_id, audio.path, audio.offset, audio.length)
    plain = (where, source.text, source.speaker, source.problem, number)
    spoken = "\0".join(phonemes or ())
    if not source.segments:
        return f"{plain!r}\0{spoken}"
    names, starts, ends = zip(*source.segments, strict=True)
    times = array("d", starts + ends).tobytes().hex()
    return f"{plain!r}\0{spoken}\0{times}\0" + "\0".join(names)


def _key(settings: Sequence[object], items: Iterable[str]) -> str:
    digest = hashlib.sha256(json.dumps(settings).encode())
    items = iter(items)
    while some := list(islice(items, _HASHED_AT_ONCE)):
        digest.update("\0".join([*some, ""]).encode("utf-8", "surrogatepass"))
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
