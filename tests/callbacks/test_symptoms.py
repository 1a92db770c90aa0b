"""Symptoms are recognised in figures as failing runs give them, and not in those of healthy ones."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from phoneme_recognition.callbacks.symptoms import (
    DeadHead,
    Divergence,
    NonFiniteLoss,
    Overfitting,
    Silence,
    Starvation,
    Symptoms,
    TooLong,
)


def test_broken_losses_are_counted_from_their_first() -> None:
    broken = NonFiniteLoss()
    assert broken.update(7, 1.0) is None
    assert broken.update(8, math.nan) == (8, 1)
    assert broken.update(9, math.inf) == (8, 2)
    assert broken.update(10, 1.0) is None
    assert broken.update(11, math.nan) == (11, 1)


def first_alarm(losses: list[float]) -> int | None:
    watch = Divergence()
    return next((step for step, loss in enumerate(losses) if watch.update(loss)), None)


def test_a_loss_that_grows_after_it_was_low_is_divergence() -> None:
    falling = [10 / (1 + step / 10) for step in range(100)]
    assert first_alarm(falling) is None
    assert first_alarm([*falling, *[5.0] * 20]) in range(100, 120)


def test_to_be_far_worse_than_untrained_is_divergence() -> None:
    assert first_alarm([9.0, *[40.0] * 30]) == 19


@pytest.mark.parametrize(
    "losses",
    [
        [9.0, *[10.0, 8.0] * 50],  # noise
        [9.0, *[3.0] * 50, 90.0, *[3.0] * 50],  # one bad batch
        [9.0, *[0.01] * 50, *[0.2] * 50],  # learnt by heart
        [9.0, *[14.0] * 15, *[8.0 - step / 20 for step in range(100)]],  # a rough start
    ],
)
def test_healthy_losses_are_no_divergence(losses: list[float]) -> None:
    assert first_alarm(losses) is None


def test_silence_counts_from_the_last_word() -> None:
    watch = Silence()
    assert watch.update(25, 1.0, 5.0) == 25
    assert watch.update(50, 0.7, 4.0) == 0
    assert watch.update(75, 0.99, 4.0) == 0
    assert watch.update(100, 0.99, 4.0) == 25


def test_only_a_silence_without_progress_stands() -> None:
    falling, standing = Silence(), Silence()
    for look in range(20):
        falling.update(25 * look, 1.0, 4.0 - 0.05 * look)
        standing.update(25 * look, 1.0, max(3.5, 4.0 - 0.1 * look))
    assert not falling.standing
    assert standing.standing
    assert not Silence().standing


def test_a_head_is_dead_after_three_looks_in_a_row() -> None:
    watch = DeadHead()
    assert [watch.update(norm) for norm in (None, 0.0, 0.1, 0.0, None, 0.0)] == [False] * 5 + [True]
    assert not watch.update(math.nan)


def test_waiting_for_batches_is_judged_after_some_seconds() -> None:
    watch = Starvation()
    found = [watch.update(0.5, 0.5) for _ in range(60)]
    first = next(at for at, waiting in enumerate(found) if waiting)
    assert first == 29  # of the first 30 batches 5 are left out, and 25 x 0.5 s are enough
    assert found[first] == pytest.approx((0.5, 12.5))
    assert not any(Starvation().update(0.001, 1.0) for _ in range(100))
    quick = Starvation()
    assert not any(quick.update(0.004, 0.004) for _ in range(100))


def test_labels_that_do_not_fit_are_a_matter_of_their_share() -> None:
    watch = TooLong()
    assert watch.update(10, 1) is None
    assert watch.update(10, 0) == pytest.approx(0.05)
    assert TooLong().update(100, 1) is None


def test_overfitting_is_worse_validation_with_better_training() -> None:
    good = [[3.0 - 0.1 * at, 3.0 - 0.05 * at, 0.5 - 0.01 * at] for at in range(10)]
    # The loss rises, but the error rate still falls: CTC networks grow overconfident before they get worse.
    confident = [*good, *([1.5, 4.0, 0.3] for _ in range(6))]
    worse = [*good, *([1.5, 4.0, 0.5] for _ in range(4))]
    for rows, expected in ((good, None), (confident, None), (worse, 4)):
        watch = Overfitting()
        assert [watch.update(row) for row in rows][-1] == expected


def test_the_state_goes_round() -> None:
    symptoms = Symptoms()
    symptoms.divergence.update(3.0)
    symptoms.silence.update(25, 1.0, 3.0)
    symptoms.overfitting.update([1.0, 2.0, 3.0])
    restored = Symptoms()
    restored.load(asdict(symptoms))
    assert restored == symptoms
