"""Every run is watched, unless the config says otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phoneme_recognition.callbacks import TrainingMonitor
from phoneme_recognition.config import ClassEntry
from phoneme_recognition.runs.engine import training_engine

MONITOR = "phoneme_recognition.callbacks.TrainingMonitor"


@pytest.mark.parametrize(
    ("callbacks", "watched"),
    [
        ([], [25]),
        ([ClassEntry(MONITOR, {"every_n_steps": 7})], [7]),
        ([ClassEntry(MONITOR, {"enabled": False})], []),
    ],
)
def test_a_run_has_one_monitor_or_none(
    tmp_path: Path, callbacks: list[ClassEntry], watched: list[int]
) -> None:
    engine: Any = training_engine({"accelerator": "cpu", "callbacks": callbacks}, tmp_path)
    found = [one.every_n_steps for one in engine.callbacks if isinstance(one, TrainingMonitor)]
    assert found == watched
