"""Lightning's Trainer from the ``trainer`` section: its arguments as they stand, our defaults around them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, ProgressBar, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler

from phoneme_recognition.callbacks import CustomModelCheckpoint, LogMetricsCallback, TrainingMonitor
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.data.datamodule import SpeechDataModule, Split
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.checkpoint import AtomicCheckpointIO
from phoneme_recognition.processes import join, place
from phoneme_recognition.runs.launcher import processes_to_start
from phoneme_recognition.runs.machine import has_gpu, precision_of

REFRESH_RATE = 30
PROFILERS = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}

logger = logging.getLogger(__name__)

# What Lightning says that is no help to a user of this program: it concerns our own choices.
NOT_FOR_USERS = (
    ".*Checkpoint directory .* exists and is not empty",
    ".*does not have many workers",
    ".*This DataLoader will create .* worker processes",
    ".*isinstance.treespec, LeafSpec.. is deprecated",
    ".*You have overridden .transfer_batch_to_device. in .LightningModule.",
    ".*smaller than the logging interval",
    ".*in eval mode at the start of training",
    ".*callbacks used to create the checkpoint need to be provided",
    ".*Skipping learning rate update",
    ".*Trainer.barebones=True.. is configured",
    ".*could not find the monitored key",
    ".*Experiment logs directory .* exists and is not empty",
)


def training_engine(section: Mapping[str, Any], run_dir: Path) -> Trainer:
    """The Trainer for ``train``: checkpoints, history, progress bar and TensorBoard unless told otherwise."""
    arguments = _instantiated(section)
    # ``callbacks`` may be one or a list, as for Lightning.
    given = arguments.get("callbacks") or []
    callbacks = list(given) if isinstance(given, list) else [given]
    barebones = bool(arguments.get("barebones"))
    if not barebones:
        callbacks = _with_defaults(callbacks, arguments)
        if arguments.get("logger", True) in (True, None):
            arguments["logger"] = TensorBoardLogger(run_dir, name="tensorboard", version="")
    arguments["plugins"].append(AtomicCheckpointIO())
    if arguments.get("profiler") in PROFILERS:
        # Lightning would print the report; among what a run prints it would be lost.
        arguments["profiler"] = PROFILERS[arguments["profiler"]](dirpath=run_dir, filename="profile")
    return _make(arguments | {"callbacks": callbacks, "default_root_dir": str(run_dir)})


def measuring_engine(section: Mapping[str, Any], run_dir: Path) -> Trainer:
    """The Trainer for ``val`` and ``test``: the same devices and limits, but nothing is logged or saved."""
    left_out = (
        "callbacks",
        "logger",
        "profiler",
        "max_time",
        "enable_checkpointing",
        "fast_dev_run",
        "barebones",
        "overfit_batches",
    )
    arguments = _instantiated({key: value for key, value in section.items() if key not in left_out})
    bar = section.get("enable_progress_bar") is not False and not section.get("barebones")
    return _make(
        arguments
        | {
            "logger": False,
            "enable_checkpointing": False,
            "enable_model_summary": False,
            "enable_progress_bar": bar,
            "callbacks": [TQDMProgressBar(refresh_rate=REFRESH_RATE)] if bar else [],
            "default_root_dir": str(run_dir),
        }
    )


def _with_defaults(callbacks: list[Callback], arguments: Mapping[str, Any]) -> list[Callback]:
    """Add what every run has, where the config does not bring its own."""

    def missing(kind: type[Callback]) -> bool:
        return not any(isinstance(callback, kind) for callback in callbacks)

    if missing(LogMetricsCallback):
        callbacks = [*callbacks, LogMetricsCallback()]
    if missing(TrainingMonitor):
        callbacks = [*callbacks, TrainingMonitor()]
    callbacks = [one for one in callbacks if not (isinstance(one, TrainingMonitor) and not one.enabled)]
    if arguments.get("enable_progress_bar") is not False and missing(ProgressBar):
        callbacks = [*callbacks, TQDMProgressBar(refresh_rate=REFRESH_RATE)]
    checkpoints = arguments.get("enable_checkpointing") is not False and not arguments.get("fast_dev_run")
    if checkpoints and missing(ModelCheckpoint):
        callbacks = [*callbacks, CustomModelCheckpoint()]
    return callbacks


def _instantiated(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section with its class entries turned into objects and ``precision: auto`` decided."""
    arguments = {key: _object(value) for key, value in section.items()}
    if arguments.get("precision") == "auto":
        arguments["precision"] = precision_of(arguments)
    # The batch plan already gives every rank its share.
    arguments["use_distributed_sampler"] = False
    return _with_place(arguments)


def _with_place(arguments: dict[str, Any]) -> dict[str, Any]:
    """What Lightning is to know of the other processes, whoever started them."""
    plugins = arguments.get("plugins") or []
    plugins = list(plugins) if isinstance(plugins, list) else [plugins]
    automatic = str(arguments.get("devices", "auto")) in ("auto", "-1", "None")
    here = place()
    found: dict[str, Any] = {"plugins": plugins}
    environment: ClusterEnvironment = LightningEnvironment()
    if here.world_size > 1:
        join()
        environment = TorchElasticEnvironment()
        found["num_nodes"] = here.num_nodes
        if automatic:
            found["devices"] = here.local_size
        if arguments.get("strategy") in (None, "auto"):
            found["strategy"] = "ddp"
    elif has_gpu(arguments) and automatic:
        found["devices"] = 1
    elif processes_to_start(arguments) > 1:
        raise UserError(
            f"trainer.devices is {arguments['devices']}, and this runs in one process",
            remedy="Set trainer.devices=1 (several searches can share one study).",
        )
    if not any(isinstance(plugin, ClusterEnvironment) for plugin in plugins):
        plugins.append(environment)
    return arguments | found


def _object(value: Any) -> Any:
    if isinstance(value, ClassEntry):
        return instantiate(value)
    return [_object(item) for item in value] if isinstance(value, list) else value


def _make(arguments: Mapping[str, Any]) -> Trainer:
    for message in NOT_FOR_USERS:
        warnings.filterwarnings("ignore", message)
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        return Trainer(**arguments)
    except (MisconfigurationException, ImportError, RuntimeError, ValueError, TypeError) as error:
        raise mistake_in_section(error) from None


def mistake_in_section(error: Exception) -> UserError:
    """What Lightning has against the ``trainer`` section."""
    return UserError("trainer", got=str(error), remedy="Mend the trainer section of the config.")


def at_least_one_batch(engine: Trainer, datamodule: SpeechDataModule, splits: Sequence[Split]) -> None:
    """Let a share of a split (``limit_val_batches: 0.2``) never be less than a batch.

    Lightning trains on nothing then, or refuses to measure.
    """
    for split in splits:
        name = f"limit_{split}_batches"
        limit, number = getattr(engine, name), datamodule.number_of_batches(split, place().world_size)
        if isinstance(limit, float) and limit > 0 and number and not int(limit * number):
            logger.info("trainer.%s=%s of %d batches is less than one: one is used", name, limit, number)
            setattr(engine, name, 1)


def suit_limits(engine: Trainer, datamodule: SpeechDataModule) -> None:
    """Compare what the ``trainer`` section counts in batches with the batches there are.

    Raises:
        UserError: validation is wanted every so many batches, and an epoch has fewer.
    """
    at_least_one_batch(engine, datamodule, ("train", "val"))
    limit, number = engine.limit_train_batches, datamodule.number_of_batches("train", place().world_size)
    number = min(number, limit) if isinstance(limit, int) else int(number * limit)
    every = engine.val_check_interval
    validates = engine.check_val_every_n_epoch and engine.limit_val_batches
    if isinstance(every, int) and every > number and validates:
        raise UserError(
            f"trainer.val_check_interval is {every} batches, and an epoch has {number}",
            remedy=f"Set it to at most {number}, to a share like 0.5, or set "
            "trainer.check_val_every_n_epoch=null to count batches across epochs.",
        )


def log_config(engine: Trainer, values: dict[str, Any]) -> None:
    """Give the config to the loggers, unless ``enable_autolog_hparams`` is false."""
    if engine.enable_autolog_hparams:
        for one in engine.loggers:
            one.log_hyperparams(values)
