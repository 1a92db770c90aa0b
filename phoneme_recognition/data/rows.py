"""The label half of the cache: what is said in each recording, as phoneme ids, in an Arrow table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tqdm import tqdm

from phoneme_recognition.data.arrow import Batches, TableWriter, view
from phoneme_recognition.data.clips import Clips
from phoneme_recognition.data.labels import Labels, Reading
from phoneme_recognition.data.skipped import SKIPPED_FILE, Skipped, SkippedWriter
from phoneme_recognition.data.utterance import PhoneSegment, Utterance, UtteranceSource

_ROWS_FILE = "rows.arrow"
_BATCH_ROWS = 4096
_PATIENCE = 2.0  # seconds until a progress bar is worth its line
_Row = dict[str, object]
_SCHEMA = pa.schema(
    [
        ("utterance_id", pa.string()),
        ("source", pa.string()),
        ("speaker", pa.string()),
        ("text", pa.string()),
        ("phoneme_ids", pa.list_(pa.int64())),
        ("segment_phonemes", pa.list_(pa.string())),
        ("segment_starts", pa.list_(pa.float64())),
        ("segment_ends", pa.list_(pa.float64())),
        ("label_length", pa.int64()),
        ("num_samples", pa.int64()),
        ("clip", pa.int64()),
    ]
)


class Rows:
    """The usable utterances of a cache folder, without their samples."""

    def __init__(self, directory: Path) -> None:
        self._batches = Batches(directory / _ROWS_FILE)

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def num_samples(self) -> NDArray[np.int64]:
        """(num_rows,) int64."""
        return self._batches.numbers("num_samples")

    @property
    def label_lengths(self) -> NDArray[np.int64]:
        """(num_rows,) int64, phonemes of each label."""
        return self._batches.numbers("label_length")

    @property
    def clips(self) -> NDArray[np.int64]:
        """(num_rows,) int64, the number of each row's recording."""
        return self._batches.numbers("clip")

    def clip(self, row: int) -> int:
        """The number of a row's recording."""
        batch, at = self._batches.find(row)
        return int(batch.column("clip")[at].as_py())

    def utterance(self, row: int, samples: NDArray[np.int16]) -> Utterance:
        """One row together with its samples."""
        batch, at = self._batches.find(row)
        names, starts, ends = (
            batch.column(name)[at].values.to_pylist()
            for name in ("segment_phonemes", "segment_starts", "segment_ends")
        )
        return Utterance(
            utterance_id=batch.column("utterance_id")[at].as_py(),
            samples=samples,
            phoneme_ids=view(batch.column("phoneme_ids")[at].values, np.int64),
            text=batch.column("text")[at].as_py(),
            speaker=batch.column("speaker")[at].as_py(),
            segments=tuple(map(PhoneSegment, names, starts, ends)),
            source=batch.column("source")[at].as_py(),
        )

    def labels(self, every: int = 1) -> Iterator[NDArray[np.int64]]:
        """The phoneme ids of each row, or of every n-th."""
        before = 0
        for batch in self._batches:
            column = batch.column("phoneme_ids")
            for at in range(-before % every, len(column), every):
                yield view(column[at].values, np.int64)
            before += len(column)

    def speakers(self) -> set[str]:
        """The speakers that are known."""
        found = (batch.column("speaker").unique().to_pylist() for batch in self._batches)
        return {speaker for names in found for speaker in names if speaker is not None}


def build_rows(
    directory: Path,
    sources: Sequence[UtteranceSource],
    *,
    labels: Labels,
    clips: Clips,
    clip_numbers: NDArray[np.int64],
    num_frames: NDArray[np.int64],
    title: str | None = None,
) -> None:
    """Turn labels into ids and write the usable rows and the list of the others, some thousand at a time.

    Args:
        directory: an empty folder.
        sources: the utterances as the corpus describes them.
        labels: makes the labels and their ids.
        clips: the decoded recordings.
        clip_numbers: (num_sources,) which of them belongs to each; -1 where the corpus has a problem with it.
        num_frames: (num_clips,) frames that CTC has for each recording.
        title: of a progress bar on standard error; None shows none.
    """
    duplicates = _Duplicates(sources)
    with (
        TableWriter(directory / _ROWS_FILE, _SCHEMA) as writer,
        SkippedWriter(directory / SKIPPED_FILE) as skipped,
        tqdm(total=len(sources), desc=title, unit="labels", disable=not title, delay=_PATIENCE) as bar,
    ):
        for start in range(0, len(sources), _BATCH_ROWS):
            batch = sources[start : start + _BATCH_ROWS]
            numbers = clip_numbers[start : start + _BATCH_ROWS].tolist()
            rows: list[_Row] = []
            for source, clip, reading in zip(batch, numbers, labels.read(batch), strict=True):
                reason = source.problem or _damage(clips, clip) or duplicates.reason(source)
                label = reason or _label(reading, labels, int(num_frames[clip]))
                if isinstance(label, str):
                    skipped.write(Skipped(source.utterance_id, source.audio.path, label))
                    continue
                rows.append(_row(source, label, labels.segments(source), int(clips.num_samples[clip]), clip))
            _write(writer, rows)
            bar.update(len(batch))


def repeated_hashes(things: Sequence[Hashable]) -> set[int]:
    """The hashes that more than one of these things has, found in eight bytes a thing."""
    hashes = np.sort(np.fromiter(map(hash, things), np.int64, len(things)))
    return set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())


def _damage(clips: Clips, clip: int) -> str | None:
    return None if clips.num_samples[clip] else clips.reason(clip)


class _Duplicates:
    """Finds ids that come again; of those that come once, nothing is kept."""

    def __init__(self, sources: Sequence[UtteranceSource]) -> None:
        self._suspicious = repeated_hashes([source.utterance_id for source in sources])
        self._seen = set[str]()

    def reason(self, source: UtteranceSource) -> str:
        name = source.utterance_id
        if hash(name) not in self._suspicious:
            return ""
        if name in self._seen:
            return f"duplicated utterance id: {name}"
        self._seen.add(name)
        return ""


def _label(reading: Reading, labels: Labels, frames: int) -> list[int] | str:
    """The label as ids, or the reason why there is none that can be learnt."""
    ids = labels.encode(reading)
    if isinstance(ids, str):
        return ids
    # Between two equal symbols CTC needs a blank (Graves et al. 2006, section 3.1).
    needed = len(ids) + sum(one == other for one, other in pairwise(ids))
    if needed > frames:
        return f"label too long: {len(ids)} symbols need {needed} frames, the audio has {frames}"
    return ids


def _row(
    source: UtteranceSource, ids: list[int], segments: Sequence[PhoneSegment], num_samples: int, clip: int
) -> _Row:
    names, starts, ends = zip(*segments, strict=True) if segments else ((), (), ())
    return {
        "utterance_id": _plain(source.utterance_id),
        "source": _plain(source.audio.path),
        "speaker": _plain(source.speaker),
        "text": _plain(source.text),
        "phoneme_ids": ids,
        "segment_phonemes": names,
        "segment_starts": starts,
        "segment_ends": ends,
        "label_length": len(ids),
        "num_samples": num_samples,
        "clip": clip,
    }


def _plain(text: str | None) -> str | None:
    """A file name need not be valid Unicode; Arrow's strings are."""
    return text if text is None else text.encode("utf-8", "backslashreplace").decode()


def _write(writer: TableWriter, rows: Sequence[_Row]) -> None:
    if rows:
        writer.write({field.name: [row[field.name] for row in rows] for field in _SCHEMA})
