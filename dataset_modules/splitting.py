"""Holding out rows for validation so that nobody changes sides when the corpus grows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from phoneme_recognition.data.utterance import UtteranceSource

Rows = list[UtteranceSource]


def split_rows(rows: Sequence[UtteranceSource], share: float) -> tuple[Rows, Rows]:
    """Split rows by a hash of who speaks, or of the row's name where speakers are not known.

    A single known speaker cannot be on both sides: then the names decide. Each side gets something usable
    where that is possible: in a corpus so small that nothing was held out, the lowest hash is.

    Args:
        rows: in any order.
        share: of speakers (or rows) that are held out, 0 … 1; 0 holds out nothing.

    Returns:
        The rows to train on and the rows held out, each in the order given.
    """
    by_speaker = len({row.speaker for row in rows if row.speaker}) > 1
    units = [_unit(row, by_speaker) for row in rows]
    usable = {unit for row, unit in zip(rows, units, strict=True) if row.problem is None}
    held_out = {unit for unit in units if _draw(unit) < share}
    if share > 0 and len(usable) > 1:
        if not usable & held_out:
            held_out.add(min(usable, key=_draw))
        if usable <= held_out:
            held_out.remove(max(usable, key=_draw))
    sides: tuple[Rows, Rows] = ([], [])
    for row, unit in zip(rows, units, strict=True):
        sides[unit in held_out].append(row)
    return sides


def _unit(row: UtteranceSource, by_speaker: bool) -> str:
    return f"speaker {row.speaker}" if by_speaker and row.speaker else f"row {row.utterance_id}"


def _draw(unit: str) -> float:
    """A number in 0 … 1 that depends on the name alone: not on the machine, the run or the other rows."""
    digest = hashlib.sha256(unit.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
