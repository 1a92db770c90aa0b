"""The run's folder: the exact dynamic name, and that no run writes into another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from phoneme_recognition.config import Config
from phoneme_recognition.runs.folder import dynamic_name, make_run_folder

NOW = datetime(2024, 10, 22, 15, 30)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(trainer={"default_root_dir": str(tmp_path)})


def test_dynamic_name_is_the_documented_one(config: Config) -> None:
    assert dynamic_name(config, NOW) == (
        "network_Wav2Vec2_freeze_true_transformer_true_optimizer_AdamW_batch_size_4_time_22_10_2024_15_30"
    )
    model = replace(config.model, freeze_transformer=False, optimizer="SGD")
    config = replace(config, model=model, data=replace(config.data, batch_size=16))
    assert dynamic_name(config, NOW) == (
        "network_Wav2Vec2_freeze_true_transformer_false_optimizer_SGD_batch_size_16_time_22_10_2024_15_30"
    )


def test_a_taken_name_gets_a_number(config: Config, tmp_path: Path) -> None:
    config = replace(config, experiment=replace(config.experiment, custom_folder_name="mine"))
    first, second, third = (make_run_folder(config, NOW) for _ in range(3))
    assert [folder.name for folder in (first, second, third)] == ["mine", "mine_2", "mine_3"]
    assert first.parent == tmp_path / "runs"
    assert all(folder.is_dir() for folder in (first, second, third))
