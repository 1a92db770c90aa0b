"""The recordings that both sides of a training benchmark read: a folder of WAV files and their phonemes.

``sentences``: sentences of festvox-ru as they were read. ``mixed``: the same speech as one stream, cut at the
borders of phones into pieces whose lengths spread evenly from 3 to 18 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.data.utterance import PhoneSegment, UtteranceSource

RATE = 16_000
LANGUAGE = "ru"
SHORTEST, LONGEST = 3.0, 18.0


class Sentence(NamedTuple):
    """Samples (int16) and what is said when, in seconds from the begin."""

    samples: NDArray[np.int16]
    phones: tuple[PhoneSegment, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE


def write_corpus(folder: Path, data_dir: Path | None, *, minutes: float, mixed: bool, seed: int) -> Path:
    """Write so many minutes of training speech, and a quarter of that to be measured on; once.

    Args:
        folder: the corpora of all settings lie below.
        data_dir: the unpacked festvox-ru; None fetches it.
        minutes: of the training speech.
        mixed: pieces of 3 to 18 s instead of sentences.
        seed: of the order of the lengths.

    Returns:
        The folder with ``train`` and ``test``.
    """
    target = folder / f"{'mixed' if mixed else 'sentences'}_{minutes:g}_{seed}"
    if (target / "whole").exists():
        return target
    festvox = FestvoxRuDataset(data_dir=data_dir, cache_dir=folder)
    splits = {"train": (festvox.get_train_data(), minutes), "test": (festvox.get_val_data(), minutes / 4)}
    for name, (sources, share) in splits.items():
        read = limited(map(_read, sources), share * 60)
        _write(target / name / LANGUAGE, cut_evenly(read, seed) if mixed else read)
    (target / "whole").touch()
    return target


def corpus_arguments(folder: Path) -> dict[str, Any]:
    """What `CustomAudioDataset` is given.

    Both sides train on every sentence; the few for validation are among them, and not used.
    """
    return {
        "train_val_dir": str(folder / "train"),
        "language": LANGUAGE,
        "test_dir": str(folder / "test"),
        "validation_split": 0.01,
        "add_val_to_train": True,
    }


def limited(sentences: Iterable[Sentence], seconds: float) -> Iterator[Sentence]:
    """The first sentences, until they are so long together."""
    total = 0.0
    for sentence in sentences:
        if total >= seconds:
            return
        total += sentence.seconds
        yield sentence


def cut_evenly(sentences: Iterable[Sentence], seed: int) -> list[Sentence]:
    """Join sentences and cut them again, at phone borders, into lengths from 3 to 18 s.

    A rest that is shorter than that is left out.
    """
    stream = join(list(sentences))
    borders = np.array([segment.end for segment in stream.phones])
    pieces, start = [], 0.0
    for wanted in even_lengths(stream.seconds, seed):
        at = int(np.searchsorted(borders, start + wanted, side="right")) - 1
        if at < 0 or borders[at] - start < SHORTEST * 0.9:
            continue
        pieces.append(_piece(stream, start, float(borders[at])))
        start = float(borders[at])
    return pieces


def even_lengths(total: float, seed: int) -> list[float]:
    """Lengths spread evenly between the shortest and the longest, in random order, about ``total`` in sum."""
    count = max(2, round(total / ((SHORTEST + LONGEST) / 2)))
    lengths = np.linspace(SHORTEST, LONGEST, count)
    return [float(one) for one in np.random.default_rng(seed).permutation(lengths)]


def join(sentences: Sequence[Sentence]) -> Sentence:
    """One after the other."""
    samples = [sentence.samples for sentence in sentences]
    begins = np.cumsum([0, *map(len, samples)])[:-1] / RATE
    moved = (
        (
            segment._replace(start=segment.start + begin, end=segment.end + begin)
            for segment in sentence.phones
        )
        for sentence, begin in zip(sentences, begins, strict=True)
    )
    return Sentence(np.concatenate(samples), tuple(chain.from_iterable(moved)))


def _piece(stream: Sentence, start: float, end: float) -> Sentence:
    inside = tuple(
        segment._replace(start=segment.start - start, end=segment.end - start)
        for segment in stream.phones
        if start <= (segment.start + segment.end) / 2 < end
    )
    return Sentence(stream.samples[round(start * RATE) : round(end * RATE)], inside)


def _read(source: UtteranceSource) -> Sentence:
    samples, rate = soundfile.read(source.audio.path, dtype="int16")
    if rate != RATE:
        raise SystemExit(f"{source.audio.path}: {rate} Hz, expected {RATE}")
    return Sentence(samples, source.segments)


def _write(folder: Path, sentences: Iterable[Sentence]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, sentence in enumerate(sentences):
        name = f"{number:04d}.wav"
        soundfile.write(folder / name, sentence.samples, RATE, subtype="PCM_16")
        phonemes = " ".join(segment.phoneme for segment in sentence.phones)
        rows.append(json.dumps({"file_name": name, "phonemes": phonemes}, ensure_ascii=False))
    (folder / "metadata.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
