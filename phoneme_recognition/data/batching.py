"""Which utterances go into which batch: utterances of like length together, shuffled anew in every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import SequentialSampler

# Durations are blurred by this factor before they are sorted, so that neighbours change between epochs
# while a batch still holds utterances of like length.
LENGTH_BLUR = 0.05


class Draw(NamedTuple):
    """One use of one row: which row of the table, and in which epoch (it decides the augmentation)."""

    row: int
    epoch: int


class BatchPlan(SequentialSampler):
    """The batches of every epoch; give it to a DataLoader as ``sampler`` with ``batch_size=None``.

    The number of batches is the same in every epoch and on every rank, so that schedules can count on it and
    no rank waits for one that has already finished. Every row comes once in an epoch. Where there are too few
    rows to measure on every rank, the last ranks get a batch that does not count (see ``counted``).

    It is called sequential because Lightning would put another sampler in its place in ``overfit_batches``.

    Args:
        durations: (rows,) length of each utterance, in seconds.
        batch_size: utterances a batch; ignored where ``batch_seconds`` is given.
        batch_seconds: seconds of audio a batch, padding included.
        shuffle: a new order in every epoch (training); otherwise the same in all of them (measuring).
        seed: what the order is drawn from, together with the epoch.
        rank: which share of the batches is meant, of ``world_size`` shares.
        world_size: number of processes that share the batches.
        overfit: the same batches in every epoch of the training, too.

    Attributes:
        counted: batches of this rank that count; behind them stand at most repetitions of other ranks' rows.
    """

    def __init__(
        self,
        durations: NDArray[np.float64],
        *,
        batch_size: int = 4,
        batch_seconds: float | None = None,
        shuffle: bool = True,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
        overfit: bool = False,
    ) -> None:
        self._durations = np.asarray(durations, dtype=np.float64)
        self._batch_size = batch_size
        self._batch_seconds = batch_seconds
        self._shuffle = shuffle
        self._seed = seed
        self._rank = rank
        self._world_size = world_size
        self.epoch = 0
        self.first_batch = 0
        self._fixed = overfit or not shuffle
        rows = len(self._durations)
        wanted = len(self._cut(np.argsort(self._durations, kind="stable")))
        self._total = -(-wanted // world_size) * world_size
        if shuffle and self._total > rows:
            # There is no step that does not count; rather a larger batch.
            self._total = rows // world_size * world_size
        self.counted = len(range(rank, min(self._total, rows), world_size))

    def set_epoch(self, epoch: int) -> None:
        """Plan for this epoch from now on (Lightning calls it)."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._total // self._world_size

    def __iter__(self) -> Iterator[list[Draw]]:  # type: ignore[override]
        start, self.first_batch = self.first_batch, 0
        batches = self.batches(self.epoch)
        mine = batches[self._rank :: self._world_size]
        mine += batches[:1] * (len(self) - len(mine))
        for batch in mine[start:]:
            yield [Draw(int(row), self.epoch) for row in batch]

    def batches(self, epoch: int) -> list[NDArray[np.int64]]:
        """All batches of an epoch, those of every rank, as arrays of rows."""
        random = np.random.default_rng([self._seed, 0 if self._fixed else epoch])
        blur = (
            random.uniform(1 - LENGTH_BLUR, 1 + LENGTH_BLUR, len(self._durations)) if self._shuffle else 1.0
        )
        batches = self._fit(self._cut(np.argsort(self._durations * blur, kind="stable")))
        # Shuffled for measuring too: a limited share of the batches is then a fair sample of all lengths.
        return [batches[place] for place in random.permutation(len(batches))]

    def padding_share(self, epoch: int = 0) -> float:
        """Share of an epoch's audio that is padding, 0 to 1."""
        batches = self.batches(epoch)
        padded = sum(len(batch) * self._durations[batch].max() for batch in batches)
        return float(1 - sum(self._durations[batch].sum() for batch in batches) / padded)

    def _cut(self, order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        if self._batch_seconds is None:
            return [order[at : at + self._batch_size] for at in range(0, len(order), self._batch_size)]
        batches, first, longest = [], 0, 0.0
        for place, duration in enumerate(self._durations[order]):
            longest = max(longest, float(duration))
            if place > first and longest * (place - first + 1) > self._batch_seconds:
                batches.append(order[first:place])
                first, longest = place, float(duration)
        return [*batches, order[first:]]

    def _fit(self, batches: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        """Bring a plan to the number of batches that every epoch has: merge small ones, split large ones."""
        batches = list(batches)
        while len(batches) > self._total:
            sizes = [len(left) + len(right) for left, right in pairwise(batches)]
            place = int(np.argmin(sizes))
            batches[place : place + 2] = [np.concatenate(batches[place : place + 2])]
        while len(batches) < min(self._total, len(self._durations)):
            place = int(np.argmax([len(batch) for batch in batches]))
            batches[place : place + 1] = np.array_split(batches[place], 2)
        return batches
