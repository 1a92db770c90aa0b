"""What the datasets hold, without decoding: labels, and durations from the cache or from headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.header import duration_of
from phoneme_recognition.data.cache import cached_lengths, table_name
from phoneme_recognition.data.utterance import Corpus, UtteranceSource
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.errors import UserError

SPLITS = ("train", "val", "test")
# More rows than these are judged by so many of them, spread evenly: the check has to be quick.
MOST_LABELS, MOST_HEADERS = 20_000, 300
# Finding a table in the cache looks at every file.
_MOST_FILES = 50_000


@dataclass(frozen=True)
class Survey:
    """One split of one corpus.

    Attributes:
        name: of its table, e.g. ``FestvoxRuDataset-train``.
        split: ``train``, ``val`` or ``test``.
        cache_dir: where its table lies or will lie.
        total: how many utterances there are.
        rows: those that are looked at.
        seconds: (len(rows),) durations, NaN where unknown.
        cached: it is decoded already.
        files: the recordings of all utterances, as path and offset.
    """

    name: str
    split: str
    cache_dir: Path
    total: int
    rows: Sequence[UtteranceSource]
    seconds: NDArray[np.float64]
    cached: bool
    files: frozenset[tuple[str, int]]

    @property
    def total_seconds(self) -> float:
        """Length of all recordings, estimated from those that are known; 0 where none is."""
        known = self.seconds[np.isfinite(self.seconds)]
        return float(known.mean() * self.total) if len(known) else 0.0


def survey_corpora(corpora: Sequence[Corpus], sampling_rate: int) -> tuple[list[Survey], list[Diagnosis]]:
    """Look at every split of the corpora that are on this machine.

    Returns:
        The surveys, and a finding for each corpus that is not there or cannot be used.
    """
    surveys: list[Survey] = []
    findings = []
    for index, corpus in enumerate(corpora):
        path, name = f"data.dataset_classes[{index}]", type(corpus).__name__
        if not getattr(corpus, "is_here", _yes)():
            reason = f"{name} is not on this machine yet: its recordings have not been looked at"
            remedy = "Training fetches it; check again after that."
            findings.append(Diagnosis("advice", path, reason, remedy))
            continue
        try:
            corpus.load_data()
            surveys += [_survey(corpus, split, sampling_rate) for split in SPLITS]
        except UserError as error:
            remedy = f"{error.remedy.rstrip('.') or 'Correct its init_args'}. Training cannot begin before."
            reason = f"its recordings cannot be had: {error.thing}"
            reason += f", expected {error.expected}" if error.expected else ""
            findings.append(Diagnosis("warning", path, reason, remedy))
    return surveys, findings


def _yes() -> bool:
    return True


def _survey(corpus: Corpus, split: str, sampling_rate: int) -> Survey:
    get: Callable[[], Sequence[UtteranceSource]] = getattr(corpus, f"get_{split}_data")
    sources, name = get(), table_name(corpus, split)
    lengths = None
    if 0 < len(sources) <= _MOST_FILES:
        lengths = cached_lengths(name, sources, corpus.cache_dir, sampling_rate=sampling_rate)
    chosen = spread(len(sources), MOST_LABELS)
    rows = [sources[row] for row in chosen]
    if lengths is None:
        seconds = _header_durations(rows)
    else:
        known = lengths[chosen] / sampling_rate
        seconds = np.where(known > 0, known, np.nan)
    return Survey(
        name=name,
        split=split,
        cache_dir=Path(corpus.cache_dir),
        total=len(sources),
        rows=rows,
        seconds=seconds,
        cached=lengths is not None,
        files=frozenset((source.audio.path, source.audio.offset) for source in sources),
    )


def _header_durations(rows: Sequence[UtteranceSource]) -> NDArray[np.float64]:
    seconds = np.full(len(rows), np.nan)
    for row in spread(len(rows), MOST_HEADERS):
        found = None if rows[row].problem else duration_of(rows[row].audio)
        seconds[row] = np.nan if found is None else found
    return seconds


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Row numbers: all of ``count``, or ``most`` of them in even distances."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
