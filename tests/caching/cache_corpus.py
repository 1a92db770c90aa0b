"""The twelve real sentences as a corpus for the tests of the cache."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.cache import UtteranceTable, open_table
from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import PhoneSegment, UtteranceSource
from phoneme_recognition.phonemes.vocabulary import Vocabulary

HOP = 640  # samples a frame


def frames(num_samples: NDArray[np.int64]) -> NDArray[np.int64]:
    return num_samples // HOP


def make_source(recording: Path) -> UtteranceSource:
    """A clip with its phones as the .lab file spells them."""
    lines = [line.split() for line in recording.with_suffix(".lab").read_text().splitlines()[1:]]
    ends = [0.0, *(float(line[0]) for line in lines)]
    segments = tuple(
        PhoneSegment(line[2], start, float(line[0])) for start, line in zip(ends, lines, strict=False)
    )
    return UtteranceSource(
        utterance_id=recording.stem,
        audio=AudioFile(str(recording)),
        phonemes=tuple(segment.phoneme for segment in segments),
        text=f"text of {recording.stem}",
        speaker="nsh",
        segments=segments,
    )


def copy_corpus(clips: Path, folder: Path, count: int = 4) -> list[UtteranceSource]:
    """The first clips, in a folder where a test may change them."""
    folder.mkdir(exist_ok=True)
    for label in sorted(clips.glob("*.lab"))[:count]:
        for path in (label, label.with_suffix(".flac")):
            shutil.copyfile(path, folder / path.name)
    return [make_source(path) for path in sorted(folder.glob("*.flac"))]


def many_sources(clips: Path, folder: Path, count: int) -> list[UtteranceSource]:
    """So many recordings that decoding them takes several tasks, and so several processes."""
    real = sorted(clips.glob("*.flac"))
    folder.mkdir(exist_ok=True)
    for number in range(count):
        for suffix in (".flac", ".lab"):
            original = real[number % len(real)].with_suffix(suffix)
            shutil.copyfile(original, folder / f"{number:03}{suffix}")
    return [make_source(path) for path in sorted(folder.glob("*.flac"))]


def phones_of(sources: Sequence[UtteranceSource]) -> Vocabulary:
    return Vocabulary.from_phonemes(phone for source in sources for phone in source.phonemes or ())


def cached(sources: Sequence[UtteranceSource], cache_dir: Path, **changes: Any) -> UtteranceTable:
    """Open a table with what most tests want."""
    settings: dict[str, Any] = {
        "labels": Labels(changes.pop("vocabulary", None) or phones_of(sources)),
        "sampling_rate": 16000,
        "count_frames": frames,
        "num_proc": 1,
        "progress": False,
    }
    return open_table("corpus", sources, cache_dir, **(settings | changes))


def folders(cache_dir: Path) -> list[str]:
    """What lies in the cache, without its lock files."""
    return sorted(path.name for path in cache_dir.iterdir() if path.suffix != ".lock")
