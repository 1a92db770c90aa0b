"""The run's folder: its name, and that no run ever writes into another's."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from pathlib import Path

from phoneme_recognition.config import Config
from phoneme_recognition.processes import from_first


def dynamic_name(config: Config, now: datetime) -> str:
    """The folder's name where the config gives none: what was trained, how, and when."""
    model = config.model
    parts = {
        "network": model.network_name,
        "freeze": str(model.freeze_feature_extractor).lower(),
        "transformer": str(model.freeze_transformer).lower(),
        "optimizer": model.optimizer,
        "batch_size": config.data.batch_size,
        "time": now.strftime("%d_%m_%Y_%H_%M"),
    }
    return "_".join(f"{key}_{value}" for key, value in parts.items())


def make_run_folder(config: Config, now: datetime | None = None) -> Path:
    """Make a new folder below ``trainer.default_root_dir``/runs; a name that is taken gets a number.

    All the processes of a run get the folder that the first one made.
    """
    return from_first(lambda: _make(config, now or datetime.now()))


def _make(config: Config, now: datetime) -> Path:
    name = config.experiment.custom_folder_name or dynamic_name(config, now)
    root = Path(config.trainer.get("default_root_dir") or ".") / "runs"
    root.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        folder = root / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable")
