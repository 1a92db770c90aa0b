"""Holding out rows, and taking a share of them, so that nobody changes sides when the corpus grows."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from phoneme_recognition.data.utterance import UtteranceSource

Rows = list[UtteranceSource]
_logger = logging.getLogger(__name__)


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


def split_in_three(
    rows: Sequence[UtteranceSource], validation: float, test: float
) -> tuple[Rows, Rows, Rows]:
    """Split rows by a hash of who speaks: nobody is heard in two of the splits.

    Two speakers leave no test. A single one, or rows without speakers, are split by the rows' names.

    Args:
        rows: in any order.
        validation: share of the speakers held out for validation, 0 … 1.
        test: the same for the test.

    Returns:
        The rows to train on, to validate with and to test with, each in the order given. Where the corpus is
        so small that the shares would leave one of them empty, the nearest hash fills it.
    """
    speakers = len({row.speaker for row in rows if row.speaker})
    if speakers == 1:
        _logger.warning("only one speaker: the splits are made by recording, and all of them hear that voice")
    units = [_unit(row, speakers > 1) for row in rows]
    usable = {unit for row, unit in zip(rows, units, strict=True) if row.problem is None}
    order = sorted(usable, key=_draw)
    count = len(order)
    val_end = sum(_draw(unit) < validation + test for unit in order)
    test_end = sum(_draw(unit) < test for unit in order)
    # Training goes first, then validation, then the test.
    least = int(validation > 0 and count > 1), int(test > 0 and count > 2)
    num_test = min(max(test_end, least[1]), max(0, count - 1 - least[0]))
    num_val = min(max(val_end - test_end, least[0]), max(0, count - 1 - num_test))
    side = dict.fromkeys(order[:num_test], 2) | dict.fromkeys(order[num_test : num_test + num_val], 1)
    sides: tuple[Rows, Rows, Rows] = ([], [], [])
    for row, unit in zip(rows, units, strict=True):
        sides[side.get(unit, 0)].append(row)
    return sides


def take_share(rows: Sequence[UtteranceSource], share: float) -> Rows:
    """Take a share of the rows by a hash of their names.

    A smaller share is part of a larger one, and a row that is taken stays taken when others are added. The
    number of rows is therefore near the share, and not exactly it.

    Args:
        rows: in any order.
        share: 0 … 1; above 0, at least one row is taken.

    Returns:
        The rows in the order given.
    """
    if share >= 1:
        return list(rows)
    # Another hash than that of the split: a share of the held out rows is a share of these.
    draws = [_draw(f"share {row.utterance_id}") for row in rows]
    taken = {at for at, draw in enumerate(draws) if draw < share}
    usable = [at for at, row in enumerate(rows) if row.problem is None] or list(range(len(rows)))
    if share > 0 and usable and not taken.intersection(usable):
        taken.add(min(usable, key=draws.__getitem__))
    return [row for at, row in enumerate(rows) if at in taken]


def _unit(row: UtteranceSource, by_speaker: bool) -> str:
    return f"speaker {row.speaker}" if by_speaker and row.speaker else f"row {row.utterance_id}"


def _draw(unit: str) -> float:
    """A number in 0 … 1 that depends on the name alone: not on the machine, the run or the other rows."""
    digest = hashlib.sha256(unit.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
