"""The figures of the training benchmarks: scores, floors, medians."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from benchmarks.training.compare import summary
from benchmarks.training.floor import Machine, floors
from benchmarks.training.report import time_to
from benchmarks.training.score import Example, first_seconds, score, utterance_loss


def test_the_loss_is_that_of_all_alignments_a_phoneme() -> None:
    log_probs = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    total = 0.0
    for path in itertools.product(range(3), repeat=4):
        collapsed = [symbol for symbol, _ in itertools.groupby(path) if symbol]
        if collapsed == [1, 2]:
            total += float(np.exp(sum(float(log_probs[t, symbol]) for t, symbol in enumerate(path))))

    assert utterance_loss(log_probs, [1, 2], blank_id=0) == pytest.approx(-np.log(total) / 2, rel=1e-5)


def test_the_error_rate_adds_up_edits_before_it_divides() -> None:
    def logits_of(samples: NDArray[np.float32]) -> torch.Tensor:
        return 9.0 * torch.nn.functional.one_hot(torch.tensor([1, 0, 2, 2]), 4)

    silence = np.zeros(8, dtype=np.float32)
    examples = [Example(silence, [1, 2]), Example(silence, [3, 2, 1])]

    _, rate = score(logits_of, examples, blank_id=0)

    assert rate == pytest.approx(2 / 5)


def test_the_first_seconds_are_at_least_one_example() -> None:
    examples = [Example(np.zeros(16_000 * n, dtype=np.float32), []) for n in (4, 3, 9)]

    assert len(first_seconds(examples, 8)) == 2
    assert len(first_seconds(examples, 1)) == 1


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("tiny")
    config = Wav2Vec2Config(
        conv_dim=(8, 8),
        conv_kernel=(10, 32),
        conv_stride=(10, 32),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        vocab_size=5,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    return str(folder)


def test_operations_of_the_front_end_are_those_counted_by_hand(tiny: str) -> None:
    samples = 320 * 100
    machine = Machine(1e9, 1e9)

    half = floors(machine, tiny, "front_end", [samples], batch_size=4, symbols=5)
    none = floors(machine, tiny, "unfrozen", [samples], batch_size=4, symbols=5)

    front_end = 2 * 8 * (10 * 3200) + 2 * 8 * 8 * 32 * 100  # samples, then frames of 10 samples
    saved = half["all"]["operations"] - half["constant part known"]["operations"]
    assert saved == pytest.approx(front_end, rel=1e-3)
    assert none["all"]["operations"] == none["constant part known"]["operations"]
    assert none["all"]["operations"] > half["all"]["operations"] + front_end


def test_of_a_frozen_network_the_head_alone_is_left(tiny: str) -> None:
    found = floors(Machine(1e9, 1e12), tiny, "frozen", [32_000, 64_000], batch_size=4, symbols=5)

    head = 2 * (100 + 200) * 16 * 5
    assert found["constant part known"]["operations"] == pytest.approx(2 * head, rel=1e-3)
    assert found["constant part known"]["seconds"] == pytest.approx(2 * head / 1e9, rel=1e-3)


def test_the_floor_is_the_larger_of_the_two() -> None:
    machine = Machine(operations=10.0, bandwidth=5.0)

    assert machine.floor(100.0, 5.0).seconds == 10
    assert machine.floor(100.0, 500.0).seconds == 100


def test_medians_are_those_of_the_repeats() -> None:
    def run(first: float, later: list[float], rate: float) -> dict[str, object]:
        return {
            "epoch_seconds": [first, *later],
            "data_seconds": 1.0,
            "peak_mb": 5.0,
            "steps": 12,
            "per": rate,
            "test_loss": 2.0,
            "train_loss": 3.0,
        }

    found = summary([run(9, [1, 2, 7], 0.3), run(5, [4, 4, 4], 0.1), run(6, [3, 3, 9], 0.2)], seconds=60.0)

    assert found["first_epoch"] == 6
    assert found["later_epoch"] == 3
    assert found["whole"] == 19
    assert found["first_speed"] == 10
    assert found["later_speed"] == 20
    assert found["per"] == pytest.approx(0.2)


def test_the_time_to_a_rate_counts_every_epoch_before_it() -> None:
    assert time_to([0.5, 0.3, 0.2], [4.0, 1.0, 1.0], 0.3) == 5
    assert time_to([0.5, None, 0.4], [4.0, 1.0, 1.0], 0.3) is None
