"""Edits of many utterances at once: what ``error_rates.edit_counts`` finds, much faster where there are many.

Tables of edit distances are filled row by row, for all utterances together. Which of the cheapest alignments
counts is decided cell by cell, so its substitutions can be carried along, and no table has to be kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

# Utterances that go together: enough for numpy, few enough to stay in the processor's cache.
TOGETHER = 64

# No token has this number: what stands behind an utterance's end.
_NOTHING = -1

# A cell of the table is one number, so that what is cheapest takes along what belongs to it: from bit 40 on
# the distance, below it from bit 20 on what decides between equal ones, below that the substitutions.
_COST, _CHOICE = 1 << 40, 1 << 20
_MOST = _CHOICE - 1
_WITHOUT_CHOICE = ~(_MOST * _CHOICE)

Tokens = Sequence[Hashable]
Ints = NDArray[np.int64]


def count_many(references: Sequence[Tokens], hypotheses: Sequence[Tokens]) -> Ints:
    """Count the cheapest edits that turn each reference into its hypothesis.

    Returns:
        (utterances, 3) substitutions, insertions and deletions, those of ``edit_counts``.

    Raises:
        ValueError: there are not as many hypotheses as references.
    """
    if len(references) != len(hypotheses):
        raise ValueError(f"there are {len(hypotheses)} hypotheses for {len(references)} references")
    lengths = np.array([len(tokens) for tokens in references], dtype=np.int64)
    counts = np.zeros((len(references), 3), dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    for first in range(0, len(order), TOGETHER):
        rows = order[first : first + TOGETHER]
        counts[rows] = _counts([references[row] for row in rows], [hypotheses[row] for row in rows])
    return counts


def _counts(references: Sequence[Tokens], hypotheses: Sequence[Tokens]) -> Ints:
    """The counts of utterances whose references fall in length."""
    numbers: dict[Hashable, int] = {}
    wanted, wanted_lengths = _numbered(references, numbers)
    found, found_lengths = _numbered(hypotheses, numbers)
    columns = np.arange(len(found) + 1)[:, None]
    cells = np.repeat(columns * _COST, len(references), axis=1)
    ends = cells[found_lengths, np.arange(len(references))]
    for row in range(len(wanted)):
        # The longest come first: those that have ended are a tail, which is left alone.
        going = int((wanted_lengths > row).sum())
        cells = _next_row(cells[:, :going], found[:, :going] != wanted[row, :going], columns)
        last = np.flatnonzero(wanted_lengths[:going] == row + 1)
        ends[last] = cells[found_lengths[last], last]
    errors, substitutions = ends // _COST, ends % _CHOICE
    insertions = (errors - substitutions + found_lengths - wanted_lengths) // 2
    return np.stack([substitutions, insertions, errors - substitutions - insertions], axis=1)


def _next_row(above: Ints, differs: NDArray[np.bool_], columns: Ints) -> Ints:
    """A row of the tables, (columns, utterances), from the row above.

    Where both cost the same, a token that stays or becomes another one is preferred to a deletion, and that
    to an insertion.
    """
    cells = above + (_COST + _CHOICE)
    across = above[:-1] + differs * np.int64(_COST + 1)
    np.minimum(cells[1:], across, out=cells[1:])
    # Insertions are a running minimum of what is cheaper by more than their number. The last of equals begins
    # them: an insertion is the last choice.
    cells &= _WITHOUT_CHOICE
    cells += (_MOST - columns) * _CHOICE - columns * _COST
    np.minimum.accumulate(cells, axis=0, out=cells)
    cells &= _WITHOUT_CHOICE
    cells += columns * _COST
    return cells


def _numbered(utterances: Sequence[Tokens], numbers: dict[Hashable, int]) -> tuple[Ints, Ints]:
    """Tokens as (longest, utterances) numbers, one for each kind, and their (utterances,) lengths."""
    lengths = np.array([len(tokens) for tokens in utterances], dtype=np.int64)
    table = np.full((len(utterances), int(lengths.max(initial=0))), _NOTHING, dtype=np.int64)
    for row, tokens in zip(table, utterances, strict=True):
        row[: len(tokens)] = [numbers.setdefault(token, len(numbers)) for token in tokens]
    return np.ascontiguousarray(table.T), lengths
