"""A phoneme n-gram: how likely each phoneme is after the last few.

Interpolated Witten-Bell smoothing (Witten and Bell, 1991; as in Chen and Goodman, 1998, section 2.5): a
context seen n times with t different followers gives its own counts the weight n / (n + t), and the rest to
the context without its oldest phoneme; the empty context shares with the uniform distribution.
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
        following: (states, size) int64, the state after each phoneme.
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
        self.following = np.zeros((offsets[-1], size), dtype=np.int64)
        # The distribution of each context one phoneme shorter; no label has the start.
        shorter = np.full((1, size), 1 / (size - 1))
        shorter[:, start] = 0.0
        for length, contexts in enumerate(levels):
            rows = slice(offsets[length], offsets[length + 1])
            followers = self._followers(length, contexts)
            kinds = (followers > 0).sum(axis=1, keepdims=True)
            parents = np.zeros(len(contexts), dtype=np.int64)
            if length:
                parents = np.searchsorted(levels[length - 1], contexts % size ** (length - 1))
                self.following[rows] = self.following[offsets[length - 1] + parents]
            shared = np.maximum(kinds, 1)  # nothing was seen at all: the uniform distribution
            shorter = (followers + shared * shorter[parents]) / (
                followers.sum(axis=1, keepdims=True) + shared
            )
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
            order: phonemes in an n-gram, itself included.
            size: of the vocabulary.
            start: an id that no label has.

        Raises:
            ValueError: the order is below 1, or so high that n-grams cannot be numbered.
        """
        if order < 1 or size**order >= 2**62:
            raise ValueError(
                f"order: expected 1 to {int(62 / math.log2(size))} with {size} symbols, got {order}"
            )
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
        """The contexts of each length from 0, as sorted numbers; at most so many, the most frequent."""
        levels, totals = [np.zeros(1, dtype=np.int64)], [np.full(1, self.counts.sum())]
        for length in range(1, self.order):
            contexts, places = np.unique(self._numbers(length), return_inverse=True)
            levels.append(contexts)
            totals.append(np.bincount(places, self.counts, len(contexts)).astype(np.int64))
        everything = np.concatenate(totals)
        if len(everything) <= most:
            return levels
        # A context is at most as frequent as a shorter one that it ends in, so that none is left an orphan.
        rare = np.partition(everything, -most - 1)[-most - 1]
        return [contexts[total > rare] for contexts, total in zip(levels, totals, strict=True)]

    def _followers(self, length: int, contexts: NDArray[np.int64]) -> NDArray[np.float64]:
        """(contexts, size): how often each phoneme followed."""
        numbers = self._numbers(length)
        places = np.searchsorted(contexts, numbers).clip(max=len(contexts) - 1) if len(contexts) else numbers
        kept = contexts[places] == numbers if len(contexts) else np.zeros(len(numbers), dtype=bool)
        cells = places[kept] * self.size + self.ngrams[kept, -1]
        table = np.bincount(cells, self.counts[kept], len(contexts) * self.size).astype(np.float64)
        return table.reshape(len(contexts), self.size)

    def _numbers(self, length: int) -> NDArray[np.int64]:
        """The context of this length of each n-gram, as a number in base ``size``."""
        used = self.ngrams[:, self.order - 1 - length : -1]
        numbers: NDArray[np.int64] = used @ self.size ** np.arange(length - 1, -1, -1)
        return numbers
