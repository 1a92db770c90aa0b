"""Lightning's Trainer from the ``trainer`` section: its arguments as they stand, our defaults around them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, ProgressBar, TQDMProgressBar
from lightning.pytorch.loggers import TensorBoardLogger

from phoneme_recognition.callbacks import CustomModelCheckpoint, LogMetricsCallback
from phoneme_recognition.config import ClassEntry, instantiate
from phoneme_recognition.errors import UserError
from phoneme_recognition.models.checkpoint import AtomicCheckpointIO

REFRESH_RATE = 30

# What Lightning says that is no help to a user of this program: it concerns our own choices.
NOT_FOR_USERS = (
    ".*Checkpoint directory .* exists and is not empty",
    ".*does not have many workers",
    ".*isinstance.treespec, LeafSpec.. is deprecated",
    ".*smaller than the logging interval",
    ".*in eval mode at the start of training",
    ".*callbacks used to create the checkpoint need to be provided",
    ".*Skipping learning rate update",
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
    plugins = arguments.get("plugins") or []
    arguments["plugins"] = [*(plugins if isinstance(plugins, list) else [plugins]), AtomicCheckpointIO()]
    return _make(arguments | {"callbacks": callbacks, "default_root_dir": str(run_dir)})


def measuring_engine(section: Mapping[str, Any], run_dir: Path) -> Trainer:
    """The Trainer for ``val`` and ``test``: the same devices and limits, but nothing is logged or saved."""
    left_out = (
        "callbacks",
        "logger",
        "profiler",
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
        arguments["precision"] = "16-mixed" if _has_gpu(arguments) else "32-true"
    # The batch plan already gives every rank its share.
    arguments["use_distributed_sampler"] = False
    return arguments


def _object(value: Any) -> Any:
    if isinstance(value, ClassEntry):
        return instantiate(value)
    return [_object(item) for item in value] if isinstance(value, list) else value


def _has_gpu(arguments: Mapping[str, Any]) -> bool:
    return arguments.get("accelerator", "auto") in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def _make(arguments: Mapping[str, Any]) -> Trainer:
    for message in NOT_FOR_USERS:
        warnings.filterwarnings("ignore", message)
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    try:
        return Trainer(**arguments)
    except (MisconfigurationException, ImportError, RuntimeError, ValueError, TypeError) as error:
        raise UserError("trainer", got=str(error), remedy="Mend the trainer section of the config.") from None


def refuse_what_the_machine_lacks(section: Mapping[str, Any]) -> None:
    """Say in one sentence what the ``trainer`` section asks for and this machine cannot give.

    Raises:
        UserError: a GPU that is not there, 16-bit floats on a CPU.
    """
    accelerator = section.get("accelerator", "auto")
    if accelerator in ("gpu", "cuda") and not torch.cuda.is_available():
        raise UserError(
            f"trainer.accelerator is {accelerator!r}, but PyTorch sees no GPU on this machine",
            remedy="Set trainer.accelerator=auto (or cpu).",
        )
    if not _has_gpu(section) and str(section.get("precision")) in ("16", "16-true", "16-mixed"):
        raise UserError(
            f"trainer.precision is {section['precision']!r}, but 16-bit floats need a GPU",
            remedy="Set trainer.precision=auto (or 32).",
        )
