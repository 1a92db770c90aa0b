"""Surveys of recordings that are not there, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.preflight.survey import Survey


def said(
    name: str,
    phonemes: str | None = None,
    *,
    text: str | None = None,
    speaker: str | None = None,
    problem: str | None = None,
) -> UtteranceSource:
    """An utterance with a label: phonemes separated by blanks, or text."""
    label = None if phonemes is None else tuple(phonemes.split())
    audio = AudioFile(f"{name}.wav")
    return UtteranceSource(name, audio, phonemes=label, text=text, speaker=speaker, problem=problem)


def survey_of(
    rows: Sequence[UtteranceSource],
    seconds: Sequence[float] = (),
    *,
    split: str = "train",
    total: int | None = None,
    cached: bool = False,
    cache_dir: Path = Path(),
) -> Survey:
    """A survey of these rows; durations that are not given are unknown."""
    known = [*seconds, *[np.nan] * (len(rows) - len(seconds))]
    files = frozenset((row.audio.path, row.audio.offset) for row in rows)
    count = len(rows) if total is None else total
    return Survey(f"Corpus-{split}", split, cache_dir, count, rows, np.array(known), cached, files)
