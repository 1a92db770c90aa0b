"""Callbacks that end a trial in bad ways, for the tests of the search."""

from __future__ import annotations

import os
from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer


class InterruptOnce(Callback):
    """Presses Ctrl-C in the first epoch of the first training that meets it.

    Args:
        mark: a file that says it was done.
    """

    def __init__(self, mark: str) -> None:
        self._mark = Path(mark)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Interrupt."""
        if not self._mark.exists():
            self._mark.touch()
            raise KeyboardInterrupt


class FailOften(Callback):
    """Runs out of memory, in words that are never quite the same, where the learning rate is high.

    Args:
        lr: above this.
    """

    def __init__(self, lr: float) -> None:
        self._lr = lr

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Fail."""
        if trainer.optimizers[0].param_groups[0]["lr"] > self._lr:
            raise RuntimeError(f"CUDA out of memory. Tried to allocate {os.urandom(1)[0]} MiB")
