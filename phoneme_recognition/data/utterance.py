"""The shape of one utterance on its way from a corpus to a batch.

``UtteranceSource`` is what a dataset says (where the sound lies, how it is labelled),
``Utterance`` is what the cache gives back (samples and phoneme ids).
This module is free of torch so that a corpus can be described and cached quickly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile


class PhoneSegment(NamedTuple):
    """One phone with its times: ``start`` and ``end`` in seconds from the file's beginning."""

    phoneme: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class UtteranceSource:
    """One labelled recording as a corpus describes it.

    Attributes:
        utterance_id: unique within its split, stable between runs.
        audio: where the sound lies.
        phonemes: the label, one token a phoneme (``|`` marks a word boundary), or None.
        text: the orthographic text, or None.
        speaker: who speaks, or None where the corpus does not know.
        segments: phones with their times, empty where the corpus has none.
        problem: why the corpus itself cannot use this recording (e.g. "no label"), or None. Such a
            row is never read: it is listed with this reason in the cache's ``skipped.csv``.
    """

    utterance_id: str
    audio: AudioFile
    phonemes: tuple[str, ...] | None = None
    text: str | None = None
    speaker: str | None = None
    segments: tuple[PhoneSegment, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """One row of the cache.

    Attributes:
        utterance_id: as the corpus gave it.
        samples: (num_samples,) int16, mono at the table's sampling rate; a read-only view of the memory map.
        phoneme_ids: (num_phonemes,) int64, the label in the vocabulary's ids.
        text: orthographic text, or None.
        speaker: who speaks, or None.
        segments: phones with times, in seconds.
        source: path of the recording it came from.
    """

    utterance_id: str
    samples: NDArray[np.int16]
    phoneme_ids: NDArray[np.int64]
    text: str | None
    speaker: str | None
    segments: tuple[PhoneSegment, ...]
    source: str


class Corpus(Protocol):
    """What the engine asks of a dataset class; ``dataset_modules.base_dataset.BaseDataset`` is one.

    Attributes:
        cache_dir: where the corpus and its cached tables lie.
    """

    cache_dir: str | Path

    def load_data(self, create_dataset: bool = False) -> None:
        """Make the corpus ready: fetch, unpack, scan."""

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The utterances to learn from."""

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The utterances to choose by: checkpoints, learning rates, when to stop."""

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The utterances to measure with, once."""
