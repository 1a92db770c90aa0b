"""How often a run goes over its recordings, for the ``trainer`` sections that there are."""

from __future__ import annotations

import math
from typing import Any

import pytest

from phoneme_recognition.data.datamodule import Split
from phoneme_recognition.runs.frozen.passes import passes_over


@pytest.mark.parametrize(
    ("split", "section", "expected"),
    [
        ("train", {"max_epochs": 10}, 10.0),
        ("train", {"max_epochs": 10, "limit_train_batches": 0.2}, 2.0),
        ("train", {"max_epochs": 10, "limit_train_batches": 5}, 1.0),
        ("train", {"max_epochs": 10, "limit_train_batches": 500}, 10.0),
        ("train", {}, 1000.0),
        ("train", {"max_epochs": -1}, math.inf),
        ("train", {"max_steps": 100}, 2.0),
        ("train", {"max_steps": 100, "accumulate_grad_batches": 4}, 8.0),
        ("train", {"max_steps": 100, "max_epochs": 1}, 1.0),
        ("train", {"max_epochs": 10, "fast_dev_run": True}, 0.0),
        ("val", {"max_epochs": 10}, 11.0),
        ("val", {"max_epochs": 10, "check_val_every_n_epoch": 5, "limit_val_batches": 0.5}, 2.0),
        ("val", {"max_epochs": 1, "limit_val_batches": 0}, 1.0),
    ],
)
def test_passes(split: Split, section: dict[str, Any], expected: float) -> None:
    assert passes_over(split, section, 50) == pytest.approx(expected)


def test_an_empty_split_is_not_gone_over() -> None:
    assert passes_over("train", {"max_epochs": 10}, 0) == 0.0
