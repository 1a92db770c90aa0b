"""Which utterances go into which batch: utterances of like length together, shuffled anew in every epoch.

All of it is arithmetic on whole arrays, so that a million utterances are planned in about a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import SequentialSampler

# Lengths are blurred before they are sorted, so that neighbours change between epochs while a batch still
# holds utterances of like length: by this share at most, and by no more than it takes to meet the utterances
# of so many batches on either side. The first bounds what a small corpus pays in padding, the second keeps a
# large one, where thousands are of almost the same length, nearly free of it (see benchmarks/README.md).
LENGTH_BLUR = 0.05
BLUR_BATCHES = 8
# An order that needs more batches than an epoch has is drawn again, at last with less blur: sorted it fits.
_BLUR_SHARES = (1.0, 1.0, 1.0, 1.0, 0.5, 0.25, 0.0)

_Rows = NDArray[np.int64]


class Draw(NamedTuple):
    """One use of one row: which row of the table, and in which epoch (it decides the augmentation)."""

    row: int
    epoch: int


class BatchPlan(SequentialSampler):
    """The batches of every epoch; give it to a DataLoader as ``sampler`` with ``batch_size=None``.

    The number of batches is the same in every epoch and on every rank, so that schedules can count on it and
    no rank waits for one that has already finished. Every row comes once in an epoch. Where there are too few
    rows to measure on every rank, the last ranks get a batch that does not count (see ``counted``).

    What the ranks get in one step costs about the same, so that none waits for the others: batches that are
    neighbours in padded length are dealt to the ranks at random. A training begins with the costliest ones:
    what does not fit into memory shows in the first step.

    It is called sequential because Lightning would put another sampler in its place in ``overfit_batches``.

    Args:
        durations: (rows,) length of each utterance, in seconds.
        batch_size: most utterances of a batch; ignored where ``batch_seconds`` is given.
        batch_seconds: most seconds of audio in a batch, padding included; a longer utterance is alone in its.
        shuffle: a new order in every epoch (training); otherwise the same in all of them (measuring).
        seed: what the order is drawn from, together with the epoch.
        rank: which share of the batches is meant, of ``world_size`` shares.
        world_size: number of processes that share the batches.
        overfit: the same batches in every epoch of the training, too.

    Attributes:
        epoch: which one is planned.
        first_batch: where the next iteration begins, and only the next.
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
        self._sorted = np.argsort(self._durations, kind="stable")
        self._fewest = self._fewest_batches()
        self._blur = _blur(self._durations[self._sorted], BLUR_BATCHES * rows // max(1, self._fewest))
        self._total = self._number_of_batches()
        self.counted = len(range(rank, min(self._total, rows), world_size))

    def set_epoch(self, epoch: int) -> None:
        """Plan for this epoch from now on (Lightning calls it)."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._total // self._world_size

    def __iter__(self) -> Iterator[list[Draw]]:  # type: ignore[override]
        start, self.first_batch = self.first_batch, 0
        epoch = self.epoch
        batches = self.batches(epoch)
        mine = batches[self._rank :: self._world_size]
        mine += batches[:1] * (len(self) - len(mine))
        del batches
        for batch in mine[start:]:
            yield [Draw(row, epoch) for row in batch.tolist()]

    def batches(self, epoch: int) -> list[_Rows]:
        """All batches of an epoch as arrays of rows: the first of each rank, the second of each rank, ..."""
        random = self._random(epoch)
        order, bounds = self._cut(random)
        dealt = self._deal(_costs(self._durations[order], bounds), random, first=self._fixed or epoch == 0)
        starts, ends = bounds[dealt].tolist(), bounds[dealt + 1].tolist()
        return [order[start:end] for start, end in zip(starts, ends, strict=True)]

    def padding_share(self, epoch: int = 0) -> float:
        """Share of an epoch's audio that is padding, 0 to 1."""
        order, bounds = self._cut(self._random(epoch))
        durations = self._durations[order]
        padded = float(_costs(durations, bounds).sum())
        return 1 - float(durations.sum()) / padded if padded else 0.0

    def describe(self) -> str:
        """The plan in a line, such as ``496 utterances, 124 batches of 4, 2.9 % padding``."""
        size = self._batch_size if self._batch_seconds is None else f"{self._batch_seconds:g} s"
        shared = f", {len(self):,} on each of {self._world_size} processes" if self._world_size > 1 else ""
        padding = f"{100 * self.padding_share():.1f} % padding"
        return f"{len(self._durations):,} utterances, {self._total:,} batches of {size}{shared}, {padding}"

    def _random(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, 0 if self._fixed else epoch])

    def _fewest_batches(self) -> int:
        """So many batches the order by length needs; no other order needs fewer."""
        if self._batch_seconds is None:
            return -(-len(self._durations) // self._batch_size)
        return len(_cut_by_seconds(self._durations[self._sorted], self._batch_seconds)) - 1

    def _number_of_batches(self) -> int:
        """What every epoch has, on all ranks together."""
        rows, wanted = len(self._durations), self._fewest
        if self._shuffle and self._batch_seconds is not None:
            # Epochs differ by a few batches: what the first needs and some.
            drawn = self._durations[self._blurred(self._random(0), 1.0)]
            needed = len(_cut_by_seconds(drawn, self._batch_seconds)) - 1
            wanted = max(wanted, min(rows, needed + needed // 1000))
        total = -(-wanted // self._world_size) * self._world_size
        if self._shuffle and total > rows:
            # There is no step that does not count; rather a larger batch.
            total = rows // self._world_size * self._world_size
        return total

    def _cut(self, random: np.random.Generator) -> tuple[_Rows, _Rows]:
        """(rows,) the order of the rows and (batches + 1,) where in it the batches begin and end."""
        number = min(self._total, len(self._durations))
        if self._batch_seconds is None:
            order = self._blurred(random, 1.0) if self._shuffle else self._sorted
            return order, np.arange(number + 1) * len(order) // max(1, number)
        for share in _BLUR_SHARES if self._shuffle else (0.0,):
            order = self._blurred(random, share)
            bounds = _cut_by_seconds(self._durations[order], self._batch_seconds)
            if len(bounds) - 1 <= max(self._total, self._fewest):
                break
        return order, _fit(self._durations[order], bounds, number)

    def _blurred(self, random: np.random.Generator, share: float) -> _Rows:
        """The rows, sorted by their lengths plus this share of their blur."""
        moved = random.uniform(-share, share, len(self._blur)) * self._blur
        return self._sorted[np.argsort(self._durations[self._sorted] + moved, kind="stable")]

    def _deal(self, costs: NDArray[np.float64], random: np.random.Generator, *, first: bool) -> _Rows:
        """The order of the batches: groups of like costs, one batch for each rank, shuffled inside and out.

        Shuffled for measuring too: a limited share of the batches is then a fair sample of all lengths.
        """
        ranked = np.argsort(costs, kind="stable")
        whole = len(ranked) // self._world_size * self._world_size
        groups = random.permuted(ranked[:whole].reshape(-1, self._world_size), axis=1)
        places = random.permutation(len(groups))
        if self._shuffle and first and len(places):
            costliest = int(np.argmax(places))
            places[[0, costliest]] = places[[costliest, 0]]
        return np.concatenate([groups[places].ravel(), ranked[whole:]])


def _blur(durations: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """How far each of these rising lengths may be moved, to meet so many neighbours on either side."""
    place = np.arange(len(durations))
    last = len(durations) - 1
    near = durations[np.minimum(place + reach, last)] - durations[np.maximum(place - reach, 0)]
    return np.minimum(LENGTH_BLUR * durations, near / 2)


def _costs(durations: NDArray[np.float64], bounds: _Rows) -> NDArray[np.float64]:
    """(batches,) seconds of each batch, padding included."""
    if not len(durations):
        return np.zeros(0)
    return np.asarray(np.maximum.reduceat(durations, bounds[:-1]) * np.diff(bounds), dtype=np.float64)


def _cut_by_seconds(durations: NDArray[np.float64], budget: float) -> _Rows:
    """Where batches begin and end that are filled up in this order."""
    bounds, first, longest = [0], 0, 0.0
    # Each cut depends on the one before. Over plain floats this is a tenth of a second for a million.
    for place, duration in enumerate(durations.tolist()):
        if duration > longest:
            longest = duration
        if longest * (place - first + 1) > budget and place > first:
            bounds.append(place)
            first, longest = place, duration
    return np.array([*bounds, len(durations)] if len(durations) else [0], dtype=np.int64)


def _fit(durations: NDArray[np.float64], bounds: _Rows, number: int) -> _Rows:
    """Bring a cut to this number of batches: halve the costliest, or put the shortest together."""
    while (missing := number - (len(bounds) - 1)) > 0:
        costs = np.where(np.diff(bounds) > 1, _costs(durations, bounds), -1.0)
        missing = min(missing, int(np.count_nonzero(costs > -1)))
        split = np.argpartition(-costs, missing - 1)[:missing]
        bounds = np.sort(np.concatenate([bounds, (bounds[split] + bounds[split + 1] + 1) // 2]))
    surplus = len(bounds) - 1 - number
    return np.delete(bounds, np.arange(1, 2 * surplus, 2))
