"""A search that is killed, and one that two processes share."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import pytest

SEARCH = """
optuna:
  tune: true
  metric: val_loss
  pruner: none
  search_spaces:
    model.lr: {distribution: loguniform, low: 1e-4, high: 3e-2}
"""
QUICK = ("trainer.max_epochs=1", "trainer.logger=false", "experiment.custom_folder_name=small")


def start(config: Path, *overrides: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "phoneme_recognition", "tune", str(config), *QUICK, *overrides]
    return subprocess.Popen(
        command,
        start_new_session=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def figures_of(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    output, said = process.communicate()
    assert process.returncode == 0, said
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures, said


def trials_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def config(make_quick_config: Any, tmp_path: Path) -> Path:
    path: Path = make_quick_config(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + SEARCH, encoding="utf-8")
    return path


@pytest.mark.parametrize("storage", [None, "journal.log"])
def test_a_killed_search_ends_with_its_number_of_trials(
    config: Path, tmp_path: Path, storage: str | None
) -> None:
    n_trials = 6 if storage is None else 4
    where = () if storage is None else (f"optuna.storage={tmp_path / storage}",)
    folder = tmp_path / "runs" / "small_search"
    killed = start(config, f"optuna.n_trials={n_trials}", *where)
    # In the third trial or later, whatever it is doing there.
    while not (folder / "trial_0002" / "config.yaml").is_file():
        assert killed.poll() is None
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    (cut_off,) = folder.glob("trial_*/.running.lock")

    figures, said = figures_of(start(config, f"optuna.n_trials={n_trials}", *where))
    assert "1 trial was cut off, and will be tried again" in said
    assert figures["trials"] == figures["complete"] == n_trials
    assert (figures["interrupted"], figures["running"]) == (1, 0)
    trials = trials_of(folder)
    lost = trials[int(cut_off.parent.name.removeprefix("trial_"))]
    assert lost["state"] == "interrupted"
    again = [row["trial"] for row in trials if row["model.lr"] == lost["model.lr"]]
    assert len(again) == (2 if lost["model.lr"] else n_trials)
    assert not cut_off.parent.exists()


def test_two_processes_share_a_study(config: Path, tmp_path: Path) -> None:
    storage = f"optuna.storage=sqlite:///{tmp_path / 'shared.db'}"
    first, second = (start(config, "optuna.n_trials=7", storage) for _ in range(2))
    ends = [figures_of(process) for process in (first, second)]
    folder = tmp_path / "runs" / "small_search"
    trials = trials_of(folder)
    assert Counter(row["state"] for row in trials) == {"complete": 7}
    assert len({row["model.lr"] for row in trials}) == 7
    study = optuna.load_study(study_name="small_search", storage=storage.partition("=")[2])
    # The one that ended last saw all; they agree on what is best where both did.
    assert max(figures["trials"] for figures, _ in ends) == 7
    assert min(figures["best_value"] for figures, _ in ends) == study.best_value
    # Each ran some, at the same time: otherwise this test shows nothing.
    lines = [
        [line for line in said.splitlines() if line.strip()[:1].isdigit() and "lr=" in line]
        for _, said in ends
    ]
    assert sum(map(len, lines)) == 7
    assert all(lines)
    assert [file.parent.name for file in folder.rglob("*.ckpt")] == [f"trial_{study.best_trial.number:04d}"]
