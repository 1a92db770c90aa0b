"""Error rates by edit distance: phoneme (PER), character (CER) and word error rate (WER).

The rate is ``(substitutions + insertions + deletions) / reference tokens``, added up over the whole
set before dividing (Levenshtein, 1966; the convention of NIST sclite), so that every token weighs the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric

from phoneme_recognition.metrics.many_edits import count_many
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY

# So many utterances wait at most to be counted.
MOST_WAITING = 256


class EditCounts(NamedTuple):
    """How a hypothesis differs from its reference along one cheapest alignment.

    Attributes:
        substitutions: reference tokens that became another token.
        insertions: hypothesis tokens that nothing in the reference stands for.
        deletions: reference tokens that were left out.
        reference_length: tokens in the reference.
    """

    substitutions: int
    insertions: int
    deletions: int
    reference_length: int

    @property
    def errors(self) -> int:
        """The edit distance."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def rate(self) -> float:
        """Errors per reference token, a fraction; above 1 where there are many insertions.

        Against an empty reference it is the number of insertions, so that it stays a number.
        """
        return self.errors / max(1, self.reference_length)

    def plus(self, other: EditCounts) -> EditCounts:
        """The counts of both together."""
        return EditCounts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = EditCounts(0, 0, 0, 0)


def edit_counts(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> EditCounts:
    """Count the cheapest edits that turn the reference into the hypothesis.

    Where several alignments are equally cheap, substitutions are preferred to a pair of insertion and
    deletion at the same place; the total is the same for all of them.

    Example:
        >>> edit_counts(["m", "a", "m", "ə"], ["m", "a", "n"])
        EditCounts(substitutions=1, insertions=0, deletions=1, reference_length=4)
    """
    distances = _distances(reference, hypothesis)
    row, column = len(reference), len(hypothesis)
    substitutions = insertions = deletions = 0
    while row and column:
        here = distances[row, column]
        differs = int(reference[row - 1] != hypothesis[column - 1])
        if here == distances[row - 1, column - 1] + differs:
            substitutions += differs
            row, column = row - 1, column - 1
        elif here == distances[row - 1, column] + 1:
            deletions, row = deletions + 1, row - 1
        else:
            insertions, column = insertions + 1, column - 1
    return EditCounts(substitutions, insertions + column, deletions + row, len(reference))


def _distances(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> NDArray[np.int64]:
    """Edit distances between all prefixes, (len(reference) + 1, len(hypothesis) + 1).

    A row follows from the one above at once: substitution and deletion are element-wise, and a run of
    insertions is a running minimum of ``cost - column``.
    """
    numbers: dict[Hashable, int] = {}
    coded = [
        np.array([numbers.setdefault(token, len(numbers)) for token in tokens], dtype=np.int64)
        for tokens in (reference, hypothesis)
    ]
    columns = np.arange(len(hypothesis) + 1)
    table = np.empty((len(reference) + 1, len(hypothesis) + 1), dtype=np.int64)
    table[0] = columns
    for row, token in enumerate(coded[0], start=1):
        above = table[row - 1]
        cheapest = above + 1
        np.minimum(cheapest[1:], above[:-1] + (coded[1] != token), out=cheapest[1:])
        table[row] = np.minimum.accumulate(cheapest - columns) + columns
    return table


def phoneme_tokens(symbols: Iterable[str]) -> list[str]:
    """The tokens that PER counts: every symbol but the word boundary."""
    return [symbol for symbol in symbols if symbol != WORD_BOUNDARY]


def character_tokens(symbols: Iterable[str]) -> list[str]:
    """The tokens that CER counts: the characters of the phoneme string, without word boundaries."""
    return list("".join(phoneme_tokens(symbols)))


def word_tokens(symbols: Iterable[str]) -> list[str]:
    """The tokens that WER counts: the phoneme strings between word boundaries."""
    words: list[list[str]] = [[]]
    for symbol in symbols:
        if symbol == WORD_BOUNDARY:
            words.append([])
        else:
            words[-1].append(symbol)
    return ["".join(word) for word in words if word]


TOKENS = {"per": phoneme_tokens, "cer": character_tokens, "wer": word_tokens}


class ErrorRate(Metric):
    """Error rate over any number of batches and processes: the twin of :func:`edit_counts`.

    Utterances are kept as they came and counted many at a time, at the latest when the rate is asked for.

    Args:
        unit: ``per``, ``cer`` or ``wer``.
        **kwargs: as for ``torchmetrics.Metric``.

    Example:
        >>> metric = ErrorRate("per")
        >>> metric.update([["a", "b"], ["c"]], [["a"], ["c"]])
        >>> round(float(metric.compute()), 4)
        0.3333
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    totals: Tensor

    def __init__(self, unit: str = "per", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tokens = TOKENS[unit]
        self.add_state("totals", default=torch.zeros(4, dtype=torch.int64), dist_reduce_fx="sum")
        self._waiting: list[tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]] = []

    def update(self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> None:
        """Add utterances, as sequences of symbols (word boundaries included where there are any).

        Raises:
            ValueError: there are not as many hypotheses as references.
        """
        if len(references) != len(hypotheses):
            raise ValueError(f"there are {len(hypotheses)} hypotheses for {len(references)} references")
        self._waiting.append((references, hypotheses))
        if sum(len(some) for some, _ in self._waiting) >= MOST_WAITING:
            self._count()

    def compute(self) -> Tensor:
        """The rate, a fraction, as a float64 scalar."""
        return torch.tensor(self.counts().rate, dtype=torch.float64)

    def counts(self) -> EditCounts:
        """What has been added up in this process, or in all of them after a synchronisation."""
        self._count()
        return EditCounts(*(int(value) for value in self.totals.tolist()))

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """Add up all processes, of which each counts first what is waiting."""
        self._count()
        super().sync(*args, **kwargs)

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self._waiting = []

    def _count(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        wanted = [self.tokens(symbols) for references, _ in waiting for symbols in references]
        found = [self.tokens(symbols) for _, hypotheses in waiting for symbols in hypotheses]
        edits = count_many(wanted, found).sum(axis=0).tolist()
        total = torch.tensor([*edits, sum(map(len, wanted))])
        self.totals = self.totals + total.to(self.totals.device)
