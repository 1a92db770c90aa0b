"""The mean loss: every utterance weighs the same, in however many batches and processes it came."""

from __future__ import annotations

import math

import pytest
import torch

from phoneme_recognition.metrics.mean_loss import MeanLoss


def mean_of(*batches: tuple[float, int]) -> MeanLoss:
    mean = MeanLoss()
    for loss, utterances in batches:
        mean.update(torch.tensor(loss), utterances)
    return mean


def test_utterances_weigh_the_same() -> None:
    assert float(mean_of((2.0, 3), (6.0, 1)).compute()) == 3.0


def test_a_batch_of_nothing_counts_for_nothing() -> None:
    assert float(mean_of((2.0, 3), (math.inf, 0), (math.nan, 0)).compute()) == 2.0


def test_what_is_no_number_is_not_hidden() -> None:
    assert math.isnan(float(mean_of((2.0, 3), (math.nan, 1)).compute()))


def test_processes_are_added_up() -> None:
    ranks = mean_of((2.0, 3)), mean_of((6.0, 2)), mean_of((1.0, 0))
    together = MeanLoss()
    for rank in ranks:
        together.total = together.total + rank.total
        together.utterances = together.utterances + rank.utterances
    together._update_count = 1
    assert float(together.compute()) == pytest.approx(18 / 5)
    # What torchmetrics does with the states of several processes.
    assert {name: getattr(how, "__name__", "") for name, how in MeanLoss()._reductions.items()} == {
        "total": "dim_zero_sum",
        "utterances": "dim_zero_sum",
    }
