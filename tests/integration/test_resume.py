"""A killed and resumed training ends with the weights of one that was never killed, bit for bit."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from phoneme_recognition.cli import main
from phoneme_recognition.models.checkpoint import read_checkpoint

AUGMENTED = (
    "data.num_workers=2",
    "data.augmentations=[{class_path: audiomentations.AddGaussianNoise, init_args: {p: 0.7}}]",
)
STOP_AFTER_TWO_EPOCHS = "trainer.callbacks=[{class_path: stopping.StopAfterTwoEpochs}]"
SCHEDULES: dict[str, tuple[str, ...]] = {
    "constant": (),
    "StepLR": ("model.scheduler=StepLR", "model.step_size=2", "model.gamma=0.5"),
    "MultiStepLR": ("model.scheduler=MultiStepLR", "model.milestones=[1, 3]", "model.gamma=0.5"),
    "ReduceLROnPlateau": (
        *("model.scheduler=ReduceLROnPlateau", "model.metric_scheduler=val_loss"),
        *("model.metric_patience=0", "model.gamma=0.5", "model.lr=0.02"),
    ),
    "warmup_cosine": ("model.scheduler=warmup_cosine", "model.warmup_steps=3"),
}


def train(config: Path, *overrides: str) -> dict[str, Any]:
    results = io.StringIO()
    assert main(["train", str(config), *overrides], results) == 0
    figures: dict[str, Any] = json.loads(results.getvalue().splitlines()[-1])
    return figures


def last(figures: dict[str, Any]) -> dict[str, Any]:
    return read_checkpoint(Path(figures["run_dir"]) / "last.ckpt")


def assert_same_end(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Same weights, same optimizer state, same schedule, same history."""
    left, right = last(one), last(other)
    assert left["global_step"] == right["global_step"]
    for name, value in left["state_dict"].items():
        assert torch.equal(value, right["state_dict"][name]), name
    for number, state in left["optimizer_states"][0]["state"].items():
        for name, value in state.items():
            assert torch.equal(value, right["optimizer_states"][0]["state"][number][name])
    assert left["lr_schedulers"] == right["lr_schedulers"]
    assert (one["val_per"], one["test_per"]) == (other["val_per"], other["test_per"])
    assert Path(one["checkpoint"]).name == Path(other["checkpoint"]).name
    assert Path(other["checkpoint"]).parent == Path(other["run_dir"]).resolve()
    history = [checkpoint["callbacks"]["LogMetricsCallback"]["history"] for checkpoint in (left, right)]
    assert history[0] == history[1]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_resuming_between_epochs(make_quick_config: Any, tmp_path: Path, schedule: str) -> None:
    config = make_quick_config(tmp_path)
    # The first part is stopped from within: its schedule must know the same end as the whole run's.
    arguments = (*SCHEDULES[schedule], "trainer.max_epochs=4")
    whole = train(config, *arguments)
    stopped = train(config, *arguments, STOP_AFTER_TWO_EPOCHS)
    resumed = train(config, *arguments, f"ckpt_path={stopped['run_dir']}/last.ckpt")
    assert last(stopped)["epoch"] == 1
    assert_same_end(whole, resumed)


def test_resuming_within_an_epoch(make_quick_config: Any, tmp_path: Path) -> None:
    config = make_quick_config(tmp_path)
    arguments = (*AUGMENTED, "data.batch_size=2")
    whole = train(config, *arguments, "trainer.max_epochs=3")
    saving = (
        "trainer.callbacks=[{class_path: phoneme_recognition.callbacks.CustomModelCheckpoint, "
        "init_args: {monitor: null, every_n_train_steps: 1, save_top_k: -1, filename: 'at_{step}'}}]"
    )
    steps = train(config, *arguments, saving, "trainer.max_epochs=3")
    middle = sorted(Path(steps["run_dir"]).glob("at_step=7*.ckpt"))
    assert len(middle) == 1
    resumed = train(config, *arguments, "trainer.max_epochs=3", f"ckpt_path={middle[0]}")
    left, right = last(whole), last(resumed)
    for name, value in left["state_dict"].items():
        assert torch.equal(value, right["state_dict"][name]), name


def test_resuming_after_a_kill(make_quick_config: Any, tmp_path: Path) -> None:
    config = make_quick_config(tmp_path)
    whole = train(config, *AUGMENTED, "trainer.max_epochs=15", "experiment.custom_folder_name=whole")
    command = [sys.executable, "-m", "phoneme_recognition", "train", str(config), *AUGMENTED]
    killed = subprocess.Popen(
        [*command, "trainer.max_epochs=15", "experiment.custom_folder_name=killed"],
        start_new_session=True,
        # As many threads as here: another number adds up in another order.
        env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    folder = tmp_path / "runs" / "killed"
    while len(_epochs(folder)) < 2:
        assert killed.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    # Whatever moment it was: the checkpoint is whole.
    checkpoint = read_checkpoint(folder / "last.ckpt")
    assert checkpoint["epoch"] < 14
    resumed = train(config, *AUGMENTED, "trainer.max_epochs=15", f"ckpt_path={folder / 'last.ckpt'}")
    assert_same_end(whole, resumed)


def _epochs(folder: Path) -> list[str]:
    """Lines of the history, once there is a checkpoint to resume from."""
    history = folder / "history.csv"
    if not (folder / "last.ckpt").is_file() or not history.is_file():
        return []
    return history.read_text(encoding="utf-8").splitlines()[1:]
