"""Batch plans: every utterance once, like lengths together, the same for the same seed."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from phoneme_recognition.data.batching import BatchPlan, Draw


@pytest.fixture
def durations() -> NDArray[np.float64]:
    return np.random.default_rng(1).gamma(4.0, 2.0, 203)


def rows(plan: BatchPlan) -> list[list[int]]:
    return [[draw.row for draw in batch] for batch in plan]


@pytest.mark.parametrize("arguments", [{"batch_size": 4}, {"batch_seconds": 60.0}])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_row_once_in_every_epoch(
    durations: NDArray[np.float64], arguments: dict[str, float], shuffle: bool
) -> None:
    plan = BatchPlan(durations, shuffle=shuffle, **arguments)  # type: ignore[arg-type]
    for epoch in range(5):
        plan.set_epoch(epoch)
        batches = rows(plan)
        assert sorted(row for batch in batches for row in batch) == list(range(203))
        assert len(batches) == len(plan)


def test_epochs_differ_and_seeds_decide(durations: NDArray[np.float64]) -> None:
    first, again, other = (BatchPlan(durations, seed=seed) for seed in (1, 1, 2))
    assert rows(first) == rows(again) != rows(other)
    again.set_epoch(1)
    changed = rows(again)
    assert changed != rows(first)
    # Not only the order of the batches is new, but who shares one.
    assert {frozenset(batch) for batch in changed} != {frozenset(batch) for batch in rows(first)}


def test_measuring_is_the_same_in_every_epoch(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, shuffle=False)
    before = rows(plan)
    plan.set_epoch(3)
    assert rows(plan) == before


def test_a_part_of_the_measured_batches_is_a_fair_sample(durations: NDArray[np.float64]) -> None:
    part = [row for batch in rows(BatchPlan(durations, shuffle=False, batch_size=2))[:40] for row in batch]
    assert abs(durations[part].mean() - durations.mean()) < 0.15 * durations.mean()


def test_like_lengths_share_a_batch(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, batch_size=8)
    random_order = np.random.default_rng(0).permutation(len(durations))
    cuts = [random_order[at : at + 8] for at in range(0, len(durations), 8)]
    by_chance = 1 - durations.sum() / sum(len(cut) * durations[cut].max() for cut in cuts)
    assert plan.padding_share() < 0.4 * by_chance


def test_a_budget_in_seconds_counts_padding(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, batch_seconds=60.0, shuffle=False)
    for batch in plan.batches(0):
        assert len(batch) == 1 or durations[batch].max() * len(batch) <= 60.0


@pytest.mark.parametrize("world_size", [1, 8])
def test_the_budget_holds_in_every_epoch(world_size: int) -> None:
    durations = np.random.default_rng(2).uniform(3.0, 18.0, 1000)
    plan = BatchPlan(durations, batch_seconds=40.0, world_size=world_size)
    for epoch in range(12):
        batches = plan.batches(epoch)
        assert len(batches) == len(plan) * world_size
        assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
        assert max(durations[batch].max() * len(batch) for batch in batches) <= 40.0
    # Hardly more batches than the lengths need, were they sorted.
    fewest = len(BatchPlan(durations, batch_seconds=40.0, shuffle=False))
    assert fewest <= len(plan) * world_size < 1.03 * fewest + world_size


def test_batches_by_seconds_are_filled_up(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, batch_seconds=60.0, shuffle=False)
    batches = sorted(plan.batches(0), key=lambda batch: float(durations[batch].min()))
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * durations[following].min() > 60.0


def test_batches_by_number_are_even() -> None:
    sizes = [len(batch) for batch in BatchPlan(np.linspace(1, 2, 9), batch_size=8).batches(0)]
    assert sorted(sizes) == [4, 5]  # not 8 and a lonely one


def test_an_utterance_over_the_budget_is_a_batch_of_its_own() -> None:
    plan = BatchPlan(np.array([1.0, 90.0, 1.0]), batch_seconds=10.0, shuffle=False)
    assert sorted(map(sorted, rows(plan))) == [[0, 2], [1]]


@pytest.mark.parametrize("world_size", [2, 3])
def test_ranks_share_the_training_batches_evenly(durations: NDArray[np.float64], world_size: int) -> None:
    plans = [BatchPlan(durations, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert len({len(plan) for plan in plans}) == 1
    assert sorted(row for plan in plans for batch in rows(plan) for row in batch) == list(range(203))


def idle_share(durations: NDArray[np.float64], batches: list[NDArray[np.int64]], ranks: int) -> float:
    """Share of the ranks' time that passes in waiting for the costliest batch of a step."""
    costs = np.array([len(batch) * durations[batch].max() for batch in batches]).reshape(-1, ranks)
    return float(np.sum(costs.max(axis=1, keepdims=True) - costs) / np.sum(costs.max(axis=1) * ranks))


@pytest.mark.parametrize("arguments", [{"batch_size": 4}, {"batch_seconds": 30.0}])
@pytest.mark.parametrize("ranks", [2, 8])
def test_no_rank_waits_for_the_others(clips: Path, arguments: dict[str, float], ranks: int) -> None:
    """Real durations, each spoken at twenty tempi."""
    real = np.array([soundfile.info(path).duration for path in sorted(clips.glob("*.flac"))])
    durations = np.outer(np.linspace(0.6, 3.0, 20), real).ravel()
    plan = BatchPlan(durations, world_size=ranks, **arguments)  # type: ignore[arg-type]
    for epoch in (0, 1, 2):
        batches = plan.batches(epoch)
        at_random = np.random.default_rng(epoch).permutation(len(batches))
        by_chance = idle_share(durations, [batches[place] for place in at_random], ranks)
        idle = idle_share(durations, batches, ranks)
        assert idle < 0.1
        assert idle < 0.5 * by_chance


def test_a_rank_gets_short_and_long_batches_alike(durations: NDArray[np.float64]) -> None:
    plans = [BatchPlan(durations, rank=rank, world_size=4, batch_size=2) for rank in range(4)]
    shares = np.zeros(4)
    for epoch in range(10):
        for rank, plan in enumerate(plans):
            plan.set_epoch(epoch)
            shares[rank] += np.mean([durations[batch].mean() for batch in rows(plan)])
    assert shares.max() < 1.05 * shares.min()


@pytest.mark.parametrize("ranks", [1, 3])
def test_a_training_begins_with_the_costliest_batches(durations: NDArray[np.float64], ranks: int) -> None:
    plan = BatchPlan(durations, world_size=ranks, seed=5)
    for epoch in range(4):
        costs = [len(batch) * durations[batch].max() for batch in plan.batches(epoch)]
        first = sorted(costs[:ranks]) == sorted(costs)[-ranks:]
        assert first == (epoch == 0)


def test_ranks_measure_every_utterance_once(durations: NDArray[np.float64]) -> None:
    plans = [BatchPlan(durations, rank=rank, world_size=2, shuffle=False, batch_size=7) for rank in range(2)]
    assert sorted(row for plan in plans for batch in rows(plan) for row in batch) == list(range(203))


def test_a_plan_can_begin_at_a_later_batch_once(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations)
    whole = rows(plan)
    plan.first_batch = 5
    assert rows(plan) == whole[5:]
    assert rows(plan) == whole


def test_draws_carry_the_epoch(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations)
    plan.set_epoch(9)
    assert next(iter(plan))[0].epoch == 9
    assert isinstance(next(iter(plan))[0], Draw)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize(("number", "batch_size"), [(203, 7), (5, 1), (3, 4), (2, 2)])
def test_ranks_step_together(shuffle: bool, number: int, batch_size: int) -> None:
    durations = np.linspace(1.0, 2.0, number)
    plans = [
        BatchPlan(durations, batch_size=batch_size, shuffle=shuffle, rank=rank, world_size=2)
        for rank in range(2)
    ]
    assert len(plans[0]) == len(plans[1]) == len(rows(plans[0])) == len(rows(plans[1]))
    counted = [row for plan in plans for batch in rows(plan)[: plan.counted] for row in batch]
    assert sorted(counted) == list(range(number))


def test_a_rank_without_rows_measures_what_does_not_count() -> None:
    plans = [BatchPlan(np.array([1.0, 2.0]), shuffle=False, rank=rank, world_size=3) for rank in range(3)]
    assert [len(plan) for plan in plans] == [1, 1, 1]
    assert [plan.counted for plan in plans] == [1, 1, 0]
    assert sorted(row for plan in plans[:2] for batch in rows(plan) for row in batch) == [0, 1]
    assert len(rows(plans[2])[0]) == 1


def met_again(plan: BatchPlan, epochs: int) -> float:
    """Of the pairs that share a batch in an epoch, the share that does in the next one, too."""
    pairs = [
        {pair for batch in plan.batches(epoch) for pair in combinations(sorted(batch.tolist()), 2)}
        for epoch in range(epochs)
    ]
    return float(np.mean([len(one & other) / len(one) for one, other in pairwise(pairs)]))


@pytest.mark.parametrize(("number", "padding"), [(500, 0.05), (20_000, 0.003)])
def test_neighbours_change_and_cost_little(number: int, padding: float) -> None:
    durations = np.random.default_rng(3).uniform(3.0, 18.0, number)
    plan = BatchPlan(durations, batch_size=4)
    assert met_again(plan, 4) < 0.1
    assert plan.padding_share(1) < padding


def test_the_share_of_padding_is_what_the_batches_hold(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, batch_seconds=50.0)
    padded = sum(len(batch) * durations[batch].max() for batch in plan.batches(3))
    assert plan.padding_share(3) == pytest.approx(1 - durations.sum() / padded)


def test_a_plan_says_itself_in_a_line() -> None:
    durations = np.array([1.0, 1.0, 2.0, 1.0])
    assert BatchPlan(durations, batch_size=4).describe() == "4 utterances, 1 batches of 4, 37.5 % padding"
    shared = BatchPlan(np.ones(1500), batch_seconds=2.5, world_size=2)
    said = "1,500 utterances, 750 batches of 2.5 s, 375 on each of 2 processes, 0.0 % padding"
    assert shared.describe() == said


@pytest.mark.parametrize("arguments", [{"batch_size": 4}, {"batch_seconds": 30.0}])
@pytest.mark.parametrize("shuffle", [True, False])
def test_nothing_is_no_batch(arguments: dict[str, float], shuffle: bool) -> None:
    plan = BatchPlan(np.zeros(0), shuffle=shuffle, **arguments)  # type: ignore[arg-type]
    assert len(plan) == plan.counted == len(rows(plan)) == 0
    assert plan.padding_share() == 0.0


def test_overfitting_keeps_to_the_same_batches(durations: NDArray[np.float64]) -> None:
    plan = BatchPlan(durations, overfit=True)
    first = rows(plan)
    plan.set_epoch(4)
    assert rows(plan) == first
    assert next(iter(plan))[0].epoch == 4  # what an augmentation draws is new
