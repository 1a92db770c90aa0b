"""Recordings that cannot be used: listed with their reasons, counted, and too many of them stop the run."""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
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


def write_skipped(path: Path, rows: Iterable[Skipped]) -> None:
    """Write the list as CSV with a header line (UTF-8)."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Skipped._fields)
        writer.writerows(rows)


def read_skipped(path: Path) -> list[Skipped]:
    """Read what ``write_skipped`` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [Skipped(*row) for row in rows]


def count_reasons(rows: Iterable[Skipped]) -> Counter[str]:
    """How often each kind of reason occurs; the kind is what stands before the colon."""
    return Counter(row.reason.partition(":")[0] for row in rows)


def report_skipped(name: str, rows: Sequence[Skipped], total: int, file: Path, max_skipped: float) -> None:
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
    if not rows:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in count_reasons(rows).most_common())
    missing, unsaid = _missing_words(rows), _unsaid_words(rows)
    if len(rows) == total or len(rows) > max_skipped * total:
        raise DataError(
            f"{name}: {len(rows)} of {total} utterances cannot be used ({kinds}){missing}{unsaid}",
            expected=f"at most {max_skipped:.0%}" if len(rows) < total else "some that can",
            remedy=f"{VOCABULARY_REMEDY if missing else ''}{NOT_SAID_REMEDY if unsaid else ''}"
            f"The reason of each is in {file}; mend the data, or allow more with data.max_skipped",
        )
    _logger.warning(
        "%s: %d of %d utterances left out (%s)%s%s; see %s",
        *(name, len(rows), total, kinds, missing, unsaid, file),
    )


def missing_phonemes(rows: Iterable[Skipped]) -> Counter[str]:
    """The phonemes that the vocabulary lacks, and in how many of these utterances each occurs."""
    counts: Counter[str] = Counter()
    for row in rows:
        kind, _, symbols = row.reason.partition(": ")
        if kind == UNKNOWN_PHONEME:
            counts.update(symbols.split())
    return counts


def _unsaid_words(rows: Sequence[Skipped]) -> str:
    """The commonest parts of texts that have no pronunciation."""
    reasons = (row.reason.partition(": ") for row in rows)
    counts = Counter(part for kind, _, parts in reasons if kind == NOT_SAID for part in parts.split())
    if not counts:
        return ""
    named = [f"{part} ({count} times)" for part, count in counts.most_common()]
    return f"; parts of texts that cannot be said: {shorten(named)}"


def _missing_words(rows: Sequence[Skipped]) -> str:
    counts = missing_phonemes(rows)
    if not counts:
        return ""
    named = [f"{symbol} in {count}" for symbol, count in counts.most_common()]
    return f"; phonemes that the vocabulary lacks: {shorten(named)} utterances"
