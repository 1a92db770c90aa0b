"""When a checkpoint is saved, and what happens to one of the same name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_model_checkpoint import names, run

# Three epochs of three steps each; without a monitored value everything that is due is kept.
RATES = [0.4, 0.2, 0.3]
ALL: dict[str, Any] = {"monitor": None, "save_top_k": -1, "save_last": False}


def test_after_so_many_steps(tmp_path: Path) -> None:
    run(tmp_path, RATES, every_n_train_steps=2, filename="{step}", **ALL)
    assert names(tmp_path) == [f"step={step}.ckpt" for step in (2, 4, 6, 8)]


@pytest.mark.parametrize(("at_the_end", "epochs"), [(True, [0, 1, 2]), (False, [1])])
def test_after_training_or_after_validation(tmp_path: Path, at_the_end: bool, epochs: list[int]) -> None:
    run(
        *(tmp_path, RATES),
        trainer={"check_val_every_n_epoch": 2},
        save_on_train_epoch_end=at_the_end,
        filename="{epoch}",
        **ALL,
    )
    assert names(tmp_path) == [f"epoch={epoch}.ckpt" for epoch in epochs]


@pytest.mark.parametrize(
    ("counted", "expected"), [(True, ["mine-v1.ckpt", "mine-v2.ckpt", "mine.ckpt"]), (False, ["mine.ckpt"])]
)
def test_a_name_that_is_taken(tmp_path: Path, counted: bool, expected: list[str]) -> None:
    run(tmp_path, RATES, enable_version_counter=counted, filename="mine", **ALL | {"monitor": "val_per"})
    assert names(tmp_path) == expected
