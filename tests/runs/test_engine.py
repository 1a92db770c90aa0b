"""Lightning's Trainer from a config: what is added, what is left out, and mistakes said in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, ProgressBar, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from original_trainer import ORIGINAL_TRAINER

from phoneme_recognition.callbacks import CustomModelCheckpoint, LogMetricsCallback
from phoneme_recognition.config import ClassEntry, load_config
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.checkpoint import AtomicCheckpointIO
from phoneme_recognition.runs.engine import measuring_engine, training_engine
from phoneme_recognition.runs.machine import refuse_what_the_machine_lacks

CPU = {"accelerator": "cpu", "devices": 1}


def kinds(engine: Trainer) -> list[type[Callback]]:
    """The callbacks that are ours to choose."""
    chosen = (ModelCheckpoint, ProgressBar, LogMetricsCallback, EarlyStopping)
    return [type(made) for made in callbacks(engine) if isinstance(made, chosen)]


def callbacks(engine: Trainer) -> list[Callback]:
    return list(engine.callbacks)  # type: ignore[attr-defined]


def entry(class_path: str, **init_args: Any) -> ClassEntry:
    return ClassEntry(class_path, init_args)


def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_a_run_brings_history_progress_bar_checkpoints_and_tensorboard(tmp_path: Path) -> None:
    engine = training_engine(CPU, tmp_path)
    assert set(kinds(engine)) == {LogMetricsCallback, TQDMProgressBar, CustomModelCheckpoint}
    assert len(kinds(engine)) == 3
    assert isinstance(engine.logger, TensorBoardLogger)
    assert Path(engine.logger.log_dir) == tmp_path / "tensorboard"
    assert engine.default_root_dir == str(tmp_path)
    assert isinstance(engine.strategy.checkpoint_io, AtomicCheckpointIO)
    # The batch plan shares the data out; Lightning would do it a second time.
    assert not engine._accelerator_connector.use_distributed_sampler


def test_callbacks_of_the_config_take_the_place_of_their_kind_alone(tmp_path: Path) -> None:
    section = CPU | {
        "callbacks": [
            entry("lightning.pytorch.callbacks.ModelCheckpoint", monitor="val_cer"),
            entry("lightning.pytorch.callbacks.EarlyStopping", monitor="val_loss"),
            entry("phoneme_recognition.callbacks.LogMetricsCallback", metric_names=["cer"]),
        ]
    }
    engine = training_engine(section, tmp_path)
    assert set(kinds(engine)) == {LogMetricsCallback, TQDMProgressBar, ModelCheckpoint, EarlyStopping}
    assert len(kinds(engine)) == 4
    history = next(made for made in callbacks(engine) if isinstance(made, LogMetricsCallback))
    assert history.metric_names == ("cer",)


def test_a_single_callback_needs_no_list(tmp_path: Path) -> None:
    section = CPU | {"callbacks": entry("lightning.pytorch.callbacks.TQDMProgressBar", refresh_rate=7)}
    engine = training_engine(section, tmp_path)
    assert [made.refresh_rate for made in callbacks(engine) if isinstance(made, TQDMProgressBar)] == [7]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"barebones": True}, set()),
        ({"enable_progress_bar": False}, {LogMetricsCallback, CustomModelCheckpoint}),
        ({"enable_checkpointing": False}, {LogMetricsCallback, TQDMProgressBar}),
        # Lightning adds a callback of its own, which saves nothing then.
        ({"fast_dev_run": True}, {LogMetricsCallback, TQDMProgressBar, ModelCheckpoint}),
        ({"fast_dev_run": 3}, {LogMetricsCallback, TQDMProgressBar, ModelCheckpoint}),
        ({"callbacks": None, "logger": None}, {LogMetricsCallback, TQDMProgressBar, CustomModelCheckpoint}),
    ],
)
def test_what_is_switched_off_is_not_added(
    tmp_path: Path, change: dict[str, Any], expected: set[type[Callback]]
) -> None:
    assert set(kinds(training_engine(CPU | change, tmp_path))) == expected


@pytest.mark.parametrize("logger", [None, True])
def test_tensorboard_is_the_default_logger(tmp_path: Path, logger: bool | None) -> None:
    assert isinstance(training_engine(CPU | {"logger": logger}, tmp_path).logger, TensorBoardLogger)


def test_loggers_of_the_config_are_used_instead(tmp_path: Path) -> None:
    assert training_engine(CPU | {"logger": False}, tmp_path).loggers == []
    csv = entry("lightning.pytorch.loggers.CSVLogger", save_dir=str(tmp_path))
    for given in (csv, [csv]):
        (made,) = training_engine(CPU | {"logger": given}, tmp_path).loggers
        assert isinstance(made, CSVLogger)


def test_a_plugin_of_the_config_keeps_its_place_beside_ours(tmp_path: Path) -> None:
    plugin = entry("lightning.pytorch.plugins.DoublePrecision")
    for given in (plugin, [plugin]):
        engine = training_engine(CPU | {"plugins": given}, tmp_path)
        assert engine.precision == "64-true"
        assert isinstance(engine.strategy.checkpoint_io, AtomicCheckpointIO)


def test_automatic_precision_follows_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_gpu(monkeypatch)
    assert training_engine(CPU | {"precision": "auto"}, tmp_path).precision == "32-true"
    made: dict[str, Any] = {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("phoneme_recognition.runs.engine.Trainer", lambda **arguments: made.update(arguments))
    training_engine({"accelerator": "auto", "precision": "auto"}, tmp_path)
    assert made["precision"] == "16-mixed"
    training_engine({"accelerator": "cpu", "precision": "auto"}, tmp_path)
    assert made["precision"] == "32-true"


@pytest.mark.parametrize(
    "wrong",
    [
        {"accelerator": "gpus"},
        {"accelerator": "mps"},
        {"accelerator": "tpu"},
        {"strategy": "dpp"},
        {"strategy": "fsdp"},
        {"strategy": "deepspeed"},
        {"strategy": "xla"},
        {"devices": 0},
        {"devices": "two"},
        {"devices": [0]},
        {"devices": -3},
        {"precision": "15-mixed"},
        {"max_time": "ten minutes"},
        {"profiler": "quick"},
        {"limit_train_batches": 1.5},
        {"barebones": True, "fast_dev_run": True},
        {"barebones": True, "logger": True},
        {"gradient_clip_val": "much"},
        {
            "enable_checkpointing": False,
            "callbacks": ClassEntry("lightning.pytorch.callbacks.ModelCheckpoint", {}),
        },
    ],
)
def test_what_lightning_refuses_is_the_users_mistake(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"trainer; got .*Mend the trainer section") as caught:
        training_engine(CPU | wrong, tmp_path)
    assert caught.value.__cause__ is None
    assert caught.value.got


def test_measuring_keeps_devices_and_limits_and_drops_the_rest(tmp_path: Path) -> None:
    section = CPU | {
        "callbacks": [entry("lightning.pytorch.callbacks.EarlyStopping", monitor="val_loss")],
        "logger": True,
        "fast_dev_run": True,
        "overfit_batches": 2,
        "profiler": "simple",
        "enable_checkpointing": True,
        "limit_val_batches": 0.5,
        "limit_test_batches": 3,
        "precision": "64-true",
    }
    engine = measuring_engine(section, tmp_path)
    assert (engine.limit_val_batches, engine.limit_test_batches) == (0.5, 3)
    assert (engine.precision, engine.num_devices) == ("64-true", 1)
    assert kinds(engine) == [TQDMProgressBar]
    assert engine.loggers == []
    assert vars(engine)["fast_dev_run"] is False
    assert vars(engine)["overfit_batches"] == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("silent", [{"enable_progress_bar": False}, {"barebones": True}])
def test_measuring_is_as_silent_as_training(tmp_path: Path, silent: dict[str, Any]) -> None:
    assert kinds(measuring_engine(CPU | silent, tmp_path)) == []


def test_the_originals_values_load_and_make_a_trainer(tmp_path: Path, make_quick_config: Any) -> None:
    config_file = make_quick_config(tmp_path)
    head = config_file.read_text(encoding="utf-8").partition("\ntrainer:")[0]
    config_file.write_text(head + ORIGINAL_TRAINER, encoding="utf-8")
    assert load_config(config_file).trainer["devices"] == [0]
    overrides = ["accelerator=cpu", "precision=32", "devices=1", "strategy=auto"]
    section = load_config(config_file, [f"trainer.{override}" for override in overrides]).trainer
    refuse_what_the_machine_lacks(section)
    engine = training_engine(section, tmp_path)
    assert engine.max_epochs == 200
    assert (engine.limit_train_batches, engine.limit_val_batches, engine.limit_test_batches) == (
        0.2,
        0.2,
        1.0,
    )
    assert (engine.precision, engine.gradient_clip_algorithm) == ("32-true", "norm")
    assert engine.max_steps == -1
    assert measuring_engine(section, tmp_path).limit_val_batches == 0.2


def test_several_devices_in_one_process_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"trainer\.devices is 2, and this runs in one process"):
        training_engine({"accelerator": "cpu", "devices": 2}, tmp_path)


@pytest.mark.parametrize("section", [{}, {"devices": "auto"}, {"devices": 2, "strategy": "ddp"}])
def test_a_process_of_several_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: dict[str, Any]
) -> None:
    variables = {"RANK": 3, "WORLD_SIZE": 4, "LOCAL_RANK": 1, "LOCAL_WORLD_SIZE": 2, "GROUP_RANK": 1}
    for name, value in (variables | {"NODE_RANK": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 1}).items():
        monkeypatch.setenv(name, str(value))
    engine = training_engine({"accelerator": "cpu"} | section, tmp_path)
    assert isinstance(engine.strategy, DDPStrategy)
    assert (engine.num_devices, engine.num_nodes, engine.world_size) == (2, 2, 4)
    assert (engine.global_rank, engine.local_rank, engine.is_global_zero) == (3, 1, False)


def test_one_process_in_a_slurm_allocation_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch script without srun: Lightning alone would wait for three others.
    for name, value in {"SLURM_NTASKS": 4, "SLURM_PROCID": 0, "SLURM_JOB_NAME": "train"}.items():
        monkeypatch.setenv(name, str(value))
    assert training_engine(CPU | {"strategy": "ddp"}, tmp_path).world_size == 1


@pytest.mark.parametrize("name", ["simple", "advanced", "pytorch"])
def test_a_profiler_writes_into_the_runs_folder(tmp_path: Path, name: str) -> None:
    profiler = vars(training_engine(CPU | {"profiler": name}, tmp_path))["profiler"]
    assert (profiler.dirpath, profiler.filename) == (tmp_path, "profile")
