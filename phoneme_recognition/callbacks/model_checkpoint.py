"""Keeping the best and the last checkpoint in the run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint


class CustomModelCheckpoint(ModelCheckpoint):
    """Lightning's ``ModelCheckpoint`` with the defaults of this project.

    Args:
        dirpath: folder of the checkpoints; null means the run's folder.
        filename: name pattern; null gives epoch and monitored value, e.g. ``epoch=07-val_per=0.1234``.
        monitor: logged value to judge by; null keeps the newest.
        save_top_k: how many of the best to keep; -1 keeps all, 0 none.
        mode: ``min`` where less is better, ``max`` otherwise.
        save_last: also keep ``last.ckpt``, to resume from.
        save_weights_only: leave out optimizer and loops; such a checkpoint cannot be resumed.
        every_n_train_steps: save after every so many optimizer steps; excludes ``every_n_epochs``.
        every_n_epochs: save after every so many epochs; null means every one.
        save_on_train_epoch_end: save at the end of the training epoch rather than of the validation;
            null decides by when validation runs.
        enable_version_counter: number files of the same name instead of overwriting them.
    """

    def __init__(
        self,
        dirpath: str | None = None,
        filename: str | None = None,
        monitor: str | None = "val_per",
        save_top_k: int = 1,
        mode: Literal["min", "max"] = "min",
        save_last: bool | None = True,
        save_weights_only: bool = False,
        every_n_train_steps: int | None = None,
        every_n_epochs: int | None = None,
        save_on_train_epoch_end: bool | None = None,
        enable_version_counter: bool = True,
    ) -> None:
        if filename is None:
            filename = "{epoch:02d}" if monitor is None else f"{{epoch:02d}}-{{{monitor}:.4f}}"
        super().__init__(
            dirpath=dirpath,
            filename=filename,
            monitor=monitor,
            save_top_k=save_top_k,
            mode=mode,
            save_last=save_last,
            save_weights_only=save_weights_only,
            every_n_train_steps=every_n_train_steps,
            every_n_epochs=every_n_epochs,
            save_on_train_epoch_end=save_on_train_epoch_end,
            enable_version_counter=enable_version_counter,
        )

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Fill in the run's folder where no other was given."""
        if self.dirpath is None:
            self.dirpath = str(Path(trainer.default_root_dir).resolve())
        super().setup(trainer, pl_module, stage)
