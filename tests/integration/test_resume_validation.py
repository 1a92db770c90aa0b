"""Resuming is exact also where validation does not come at the end of each epoch."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from phoneme_recognition.cli import main
from phoneme_recognition.models.checkpoint import read_checkpoint

# The error rate of so short a run stays at 1, so that the learning rate falls.
PLATEAU = (
    *("model.scheduler=ReduceLROnPlateau", "model.metric_scheduler=val_per", "model.metric_patience=0"),
    *("model.gamma=0.5", "model.lr=0.02", "trainer.max_epochs=8"),
)
STOP_AFTER_TWO_EPOCHS = "trainer.callbacks=[{class_path: stopping.StopAfterTwoEpochs}]"


def train(config: Path, *overrides: str) -> Path:
    results = io.StringIO()
    assert main(["train", str(config), *PLATEAU, *overrides], results) == 0
    return Path(json.loads(results.getvalue().splitlines()[-1])["run_dir"])


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("when", ["check_val_every_n_epoch=2", "val_check_interval=0.5"])
def test_resuming(make_quick_config: Any, tmp_path: Path, when: str) -> None:
    config = make_quick_config(tmp_path)
    whole = train(config, f"trainer.{when}")
    stopped = train(config, f"trainer.{when}", STOP_AFTER_TWO_EPOCHS)
    resumed = train(config, f"trainer.{when}", f"ckpt_path={stopped / 'last.ckpt'}")
    left, right = (read_checkpoint(folder / "last.ckpt") for folder in (whole, resumed))
    for name, value in left["state_dict"].items():
        assert torch.equal(value, right["state_dict"][name]), name
    assert left["lr_schedulers"] == right["lr_schedulers"]
    assert [row["epoch"] for row in history(resumed)] == [str(epoch) for epoch in range(8)]
    rates = [row["lr"] for row in history(whole)]
    assert rates == [row["lr"] for row in history(resumed)]
    assert float(rates[-1]) < 0.02
