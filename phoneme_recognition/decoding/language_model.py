"""A phoneme n-gram: how likely each phoneme is after the last few.

Interpolated modified Kneser-Ney smoothing (Chen and Goodman, 1998, An empirical study of smoothing techniques
for language modeling, section 3): counts are discounted, what that frees goes to the context without its
oldest phoneme, and there a phoneme counts by the number of phonemes that it followed, not by how often.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

# Entries of the tables of log-probabilities and of transitions. The rarest contexts are left out first.
LARGEST_TABLE = 2**24
# Few data may ask for none at all, and then what was never seen could not be.
SMALLEST_DISCOUNT = 0.05
# Phonemes that are counted; of a larger corpus every n-th label is.
MOST_PHONEMES = 4_000_000


class PhonemeLanguageModel:
    """An n-gram as an automaton: a state is a context, a phoneme leads on to the next.

    Args:
        ngrams: (count, order) ids of each n-gram that was seen, oldest phoneme first; ``start`` stands for
            what is before the first phoneme.
        counts: (count,) how often.
        size: ids run from 0 to size - 1.
        start: an id that no label has (the blank's).

    Attributes:
        log_probs: (states, size) float32, natural logarithm of each phoneme's probability.
        following: (states, size) int32, the state after each phoneme.
        first: the state at an utterance's beginning.
    """

    def __init__(
        self, ngrams: NDArray[np.int64], counts: NDArray[np.int64], *, size: int, start: int
    ) -> None:
        self.ngrams, self.counts, self.size, self.start = ngrams, counts, size, start
        self.order = ngrams.shape[1]
        levels = self._contexts(LARGEST_TABLE // size)
        offsets = np.cumsum([0, *map(len, levels)])
        self.log_probs = np.empty((offsets[-1], size), dtype=np.float32)
        self.following = np.zeros((offsets[-1], size), dtype=np.int32)
        # The distribution of each context one phoneme shorter; no label has the start.
        shorter = np.full((1, size), 1 / (size - 1))
        shorter[:, start] = 0.0
        for length, (contexts, grams) in enumerate(zip(levels, self._grams(), strict=True)):
            rows = slice(offsets[length], offsets[length + 1])
            parents = np.zeros(len(contexts), dtype=np.int64)
            if length:
                parents = np.searchsorted(levels[length - 1], contexts % size ** (length - 1))
                self.following[rows] = self.following[offsets[length - 1] + parents]
            shorter = _discounted(contexts, *grams, shorter[parents])
            with np.errstate(divide="ignore"):
                self.log_probs[rows] = np.log(shorter)
            if length + 1 < len(levels) and len(levels[length + 1]):
                longer = levels[length + 1]
                extended = contexts[:, None] * size + np.arange(size)
                places = np.searchsorted(longer, extended).clip(max=len(longer) - 1)
                known = longer[places] == extended
                self.following[rows][known] = offsets[length + 1] + places[known]
        self.first = 0
        for _ in range(self.order - 1):
            self.first = int(self.following[self.first, start])

    @classmethod
    def count(
        cls, labels: Iterable[Sequence[int] | NDArray[np.int64]], *, order: int, size: int, start: int
    ) -> PhonemeLanguageModel:
        """Count the n-grams of labels.

        Args:
            labels: ids of each utterance's phonemes.
            order: phonemes in an n-gram, itself included; fewer where so many symbols cannot be numbered in
                62 bits.
            size: of the vocabulary.
            start: an id that no label has.

        Raises:
            ValueError: the order is below 1.
        """
        if order < 1:
            raise ValueError(f"order: expected at least 1, got {order}")
        order = min(order, int(62 / math.log2(size)))
        weights = size ** np.arange(order - 1, -1, -1)
        keys: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        for label in labels:
            padded = np.concatenate([np.full(order - 1, start), np.asarray(label, dtype=np.int64)])
            if len(label):
                keys.append(np.lib.stride_tricks.sliding_window_view(padded, order) @ weights)
        unique, counts = np.unique(np.concatenate(keys), return_counts=True)
        return cls(unique[:, None] // weights % size, counts, size=size, start=start)

    def to_dict(self) -> dict[str, Any]:
        """Plain data and tensors, from which `from_dict` makes it again."""
        ngrams, counts = torch.from_numpy(self.ngrams), torch.from_numpy(self.counts)
        return {"ngrams": ngrams.int(), "counts": counts, "size": self.size, "start": self.start}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PhonemeLanguageModel:
        """Undo `to_dict`."""
        ngrams, counts = data["ngrams"].long().numpy(), data["counts"].numpy()
        return cls(ngrams, counts, size=data["size"], start=data["start"])

    def log_prob(self, label: Sequence[int]) -> float:
        """Natural logarithm of a whole label's probability."""
        state, total = self.first, 0.0
        for phoneme in label:
            total += float(self.log_probs[state, phoneme])
            state = int(self.following[state, phoneme])
        return total

    def _contexts(self, most: int) -> list[NDArray[np.int64]]:
        """The contexts of each length from 0, as sorted numbers in base ``size``; at most so many of them."""
        levels, totals = [np.zeros(1, dtype=np.int64)], [np.full(1, self.counts.sum())]
        numbers = _numbers(self.ngrams[:, :-1], self.size)
        for length in range(1, self.order):
            contexts, places = np.unique(numbers % self.size**length, return_inverse=True)
            levels.append(contexts)
            totals.append(np.bincount(places, self.counts, len(contexts)).astype(np.int64))
        everything = np.concatenate(totals)
        if len(everything) <= most:
            return levels
        # A context is at most as frequent as a shorter one that it ends in, so that none is left an orphan.
        rare = np.partition(everything, -most - 1)[-most - 1]
        return [contexts[total > rare] for contexts, total in zip(levels, totals, strict=True)]

    def _grams(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """For each context length from 0 the n-grams as sorted numbers, and how much each counts."""
        grams, counts = _numbers(self.ngrams, self.size), self.counts
        place = np.argsort(grams)
        levels = [(grams[place], counts[place])]
        for length in range(self.order - 2, -1, -1):
            # Each longer n-gram that ends so counts once.
            levels.append(np.unique(levels[-1][0] % self.size ** (length + 1), return_counts=True))
        return levels[::-1]


def _numbers(phonemes: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """(count, length) ids as (count,) numbers in base ``size``, the last the lowest digit."""
    numbers: NDArray[np.int64] = phonemes @ size ** np.arange(phonemes.shape[1] - 1, -1, -1)
    return numbers


def _discounted(
    contexts: NDArray[np.int64],
    grams: NDArray[np.int64],
    counts: NDArray[np.int64],
    shorter: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The distributions after each context: (contexts, size).

    Args:
        contexts: sorted numbers.
        grams: sorted numbers, context and phoneme.
        counts: how much each of them counts.
        shorter: (contexts, size), the distributions of the contexts without their oldest phoneme.
    """
    size = shorter.shape[1]
    before = grams // size
    places = np.searchsorted(contexts, before)
    # Discounts are estimated on all n-grams, also those whose context there was no room for.
    discounts = _discounts(counts)[counts.clip(max=3)]
    kept = places < len(contexts)
    kept[kept] = contexts[places[kept]] == before[kept]
    rows, columns = places[kept], grams[kept] % size
    table = np.zeros(shorter.shape)
    table[rows, columns] = counts[kept] - discounts[kept]
    freed = np.bincount(rows, discounts[kept], len(contexts))[:, None]
    total = table.sum(axis=1, keepdims=True) + freed
    # Nothing was seen at all, where the total is 0: the shorter context speaks alone.
    found: NDArray[np.float64] = (table + np.where(total > 0, freed, 1.0) * shorter) / np.where(
        total > 0, total, 1.0
    )
    return found


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is taken from n-grams that count 0, 1, 2, and 3 or more (Chen and Goodman, equation 26)."""
    seen = [int((counts == number).sum()) for number in range(5)]
    factor = seen[1] / (seen[1] + 2 * seen[2]) if seen[1] else 0.5
    found = [0.0]
    for number in (1, 2, 3):
        raw = number - (number + 1) * factor * seen[number + 1] / seen[number] if seen[number] else 0.5
        found.append(max(raw, SMALLEST_DISCOUNT))
    return np.array(found)
