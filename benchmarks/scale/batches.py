"""Batch plans: how long they take, what is padding, who meets whom again, and how long ranks wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from transformers.trainer_pt_utils import get_length_grouped_indices

from phoneme_recognition.data.batching import BatchPlan

Seconds = NDArray[np.float64]
Batches = Sequence[NDArray[np.int64]]
EPOCHS = 6


def mixed(rows: int) -> Seconds:
    """Utterances of 3 to 18 s, all lengths as likely."""
    return np.random.default_rng(0).uniform(3.0, 18.0, rows)


def planning(rows: int) -> list[dict[str, object]]:
    """Seconds to plan an epoch, first and later, for both kinds of batches, on 1 and 8 ranks."""
    durations, results = mixed(rows), []
    for world_size in (1, 8):
        for size, seconds in ((4, None), (4, 60.0)):
            for shuffle in (True, False):
                start = time.perf_counter()
                plan = BatchPlan(
                    durations,
                    batch_size=size,
                    batch_seconds=seconds,
                    shuffle=shuffle,
                    world_size=world_size,
                )
                made = time.perf_counter()
                plan.batches(1)
                results.append(
                    {
                        "rows": rows,
                        "batches": f"{seconds:g} s" if seconds else str(size),
                        "ranks": world_size,
                        "shuffle": shuffle,
                        "first_s": time.perf_counter() - start,
                        "later_s": time.perf_counter() - made,
                    }
                )
    return results


def padding(name: str, durations: Seconds) -> list[dict[str, object]]:
    """Padding, and the share of neighbours that meet again in the next epoch, beside the peer's."""
    results: list[dict[str, object]] = []
    for size in (4, 16):
        plan = BatchPlan(durations, batch_size=size)
        results.append(_judged(name, f"{size}", "ours", durations, [plan.batches(e) for e in range(EPOCHS)]))
        peer = [_peer_batches(durations, size, epoch) for epoch in range(EPOCHS)]
        results.append(_judged(name, f"{size}", "group_by_length", durations, peer))
    plan = BatchPlan(durations, batch_seconds=60.0)
    results.append(_judged(name, "60 s", "ours", durations, [plan.batches(e) for e in range(EPOCHS)]))
    return results


def idleness(name: str, durations: Seconds) -> list[dict[str, object]]:
    """Share of the ranks' time that passes in waiting for the rank with the costliest batch of a step."""
    results: list[dict[str, object]] = []
    for world_size in (2, 8):
        for size, seconds in ((4, None), (4, 60.0)):
            plan = BatchPlan(durations, batch_size=size, batch_seconds=seconds, world_size=world_size)
            dealt = plan.batches(1)
            order = np.random.default_rng(0).permutation(len(dealt))
            results.append(
                {
                    "durations": name,
                    "batches": f"{seconds:g} s" if seconds else str(size),
                    "ranks": world_size,
                    "idle": idle_share(durations, dealt, world_size),
                    "idle_at_random": idle_share(durations, [dealt[place] for place in order], world_size),
                }
            )
    return results


def idle_share(durations: Seconds, dealt: Batches, world_size: int) -> float:
    """Waiting of all ranks over their time, where a batch costs its padded seconds."""
    costs = np.array([len(batch) * durations[batch].max() for batch in dealt]).reshape(-1, world_size)
    return float(1 - costs.sum() / (costs.max(axis=1).sum() * world_size))


def _peer_batches(durations: Seconds, size: int, epoch: int) -> Batches:
    """Batches as transformers' Trainer makes them with ``group_by_length``."""
    generator = torch.Generator().manual_seed(epoch)
    order = np.array(get_length_grouped_indices(durations.tolist(), size, generator=generator))
    return np.split(order, range(size, len(order), size))


def _judged(
    name: str, size: str, who: str, durations: Seconds, epochs: Sequence[Batches]
) -> dict[str, object]:
    padded = [sum(len(batch) * durations[batch].max() for batch in batches) for batches in epochs]
    again = [_met_again(one, other, len(durations)) for one, other in pairwise(epochs)]
    return {
        "durations": name,
        "batches": size,
        "who": who,
        "padding": float(1 - durations.sum() / np.mean(padded)),
        "met_again": float(np.mean(again)),
    }


def _met_again(one: Batches, other: Batches, rows: int) -> float:
    """Of the pairs that share a batch in one epoch, the share that does in the next one, too."""
    where = np.empty(rows, dtype=np.int64)
    for number, batch in enumerate(other):
        where[batch] = number
    pairs = sum(len(batch) * (len(batch) - 1) for batch in one)
    together = sum(int((np.bincount(where[batch] - where[batch].min()) ** 2).sum()) for batch in one) - rows
    return together / pairs
