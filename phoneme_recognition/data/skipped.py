"""Recordings that cannot be used: listed with their reasons, counted, and too many of them stop the run."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from phoneme_recognition.diagnosis import shorten
from phoneme_recognition.errors import DataError

SKIPPED_FILE = "skipped.csv"
# Two kinds of reasons, as they stand before the colon: a symbol that the vocabulary lacks, and a part of
# a text that the G2P backend has no pronunciation for.
UNKNOWN_PHONEME = "unknown phoneme"
NOT_SAID = "not said"
VOCABULARY_REMEDY = (
    "Add them to model.vocab_file (each with the next free id), correct the labels, or make a vocabulary "
    "from the data: ./run.sh vocab CONFIG output=FILE. "
)
NOT_SAID_REMEDY = (
    "Write such parts of the texts out as they are spoken (numbers, foreign words), choose another "
    "phonemes.g2p, or set it to phonemes if the labels are phonemes already. "
)
_logger = logging.getLogger(__name__)


class Skipped(NamedTuple):
    """One recording that is not used, and why."""

    utterance_id: str
    source: str
    reason: str


class SkippedWriter:
    """Writes the list as CSV with a header line (UTF-8), row by row; a context manager.

    Args:
        path: the file to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(Skipped._fields)

    def __enter__(self) -> SkippedWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, row: Skipped) -> None:
        """Add one recording."""
        self._rows.writerow(row)


def read_skipped(path: Path) -> Iterator[Skipped]:
    """Read what a ``SkippedWriter`` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            yield Skipped(*row)


class Reasons(NamedTuple):
    """How often each reason occurs.

    Attributes:
        kinds: what stands before the colon → utterances.
        missing: phoneme that the vocabulary lacks → utterances.
        unsaid: part of a text that has no pronunciation → times.
    """

    kinds: Counter[str]
    missing: Counter[str]
    unsaid: Counter[str]


def count_reasons(rows: Iterable[Skipped]) -> Reasons:
    """Count them in one pass that keeps no row."""
    reasons = Reasons(Counter(), Counter(), Counter())
    for row in rows:
        kind, _, parts = row.reason.partition(":")
        reasons.kinds[kind] += 1
        if kind == UNKNOWN_PHONEME:
            reasons.missing.update(parts.split())
        elif kind == NOT_SAID:
            reasons.unsaid.update(parts.split())
    return reasons


def report_skipped(name: str, rows: Iterable[Skipped], total: int, file: Path, max_skipped: float) -> None:
    """Say in one line what is not used.

    Args:
        name: of the table.
        rows: what is not used.
        total: the number of utterances, used or not.
        file: where the list lies.
        max_skipped: the share (0 … 1) of unusable utterances up to which a run goes on.

    Raises:
        DataError: nothing is usable, or the share is larger.
    """
    reasons = count_reasons(rows)
    count = reasons.kinds.total()
    if not count:
        return
    kinds = ", ".join(f"{number} {kind}" for kind, number in reasons.kinds.most_common())
    missing, unsaid = _missing_words(reasons.missing), _unsaid_words(reasons.unsaid)
    if count == total or count > max_skipped * total:
        raise DataError(
            f"{name}: {count} of {total} utterances cannot be used ({kinds}){missing}{unsaid}",
            expected=f"at most {max_skipped:.0%}" if count < total else "some that can",
            remedy=f"{VOCABULARY_REMEDY if missing else ''}{NOT_SAID_REMEDY if unsaid else ''}"
            f"The reason of each is in {file}; mend the data, or allow more with data.max_skipped",
        )
    _logger.warning(
        "%s: %d of %d utterances left out (%s)%s%s; see %s",
        *(name, count, total, kinds, missing, unsaid, file),
    )


def _unsaid_words(unsaid: Counter[str]) -> str:
    """The commonest parts of texts that have no pronunciation."""
    if not unsaid:
        return ""
    named = [f"{part} ({count} times)" for part, count in unsaid.most_common()]
    return f"; parts of texts that cannot be said: {shorten(named)}"


def _missing_words(missing: Counter[str]) -> str:
    if not missing:
        return ""
    named = [f"{symbol} in {count}" for symbol, count in missing.most_common()]
    return f"; phonemes that the vocabulary lacks: {shorten(named)} utterances"
