"""Keeping the best and the last checkpoint in the run's folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from phoneme_recognition.files import written_whole


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
        self._step_of_last = -1

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Fill in the run's folder where no other was given."""
        if self.dirpath is None:
            self.dirpath = str(Path(trainer.default_root_dir).resolve())
        super().setup(trainer, pl_module, stage)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the best checkpoints of the resumed run, as copies in this run's own folder."""
        folder, best = Path(self.dirpath or "."), state_dict["best_model_path"]
        last = Path(state_dict["last_model_path"])
        kept = {_copy_into(folder, Path(path)): score for path, score in state_dict["best_k_models"].items()}
        kept.pop("", None)
        better, worse = (min, max) if self.mode == "min" else (max, min)
        # Where nothing is monitored, the best is the newest and stands in no list.
        best = better(kept, key=kept.__getitem__, default=_copy_into(folder, Path(best)) if best else "")
        worst = worse(kept, key=kept.__getitem__, default="")
        moved = {
            "best_k_models": kept,
            "best_model_path": best,
            "best_model_score": kept.get(best),
            "kth_best_model_path": worst,
            "kth_value": kept.get(worst, self.kth_value),
            "last_model_path": str(last) if last.parent == folder else "",
            "dirpath": self.dirpath,
        }
        super().load_state_dict(state_dict | moved)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what is due at the end of a training epoch."""
        due = self._is_due(trainer) and self._should_save_on_train_epoch_end(trainer)
        super().on_train_epoch_end(trainer, pl_module)
        if due:
            self._bring_last_up_to_date(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what is due at the end of a validation."""
        due = self._is_due(trainer) and not self._should_save_on_train_epoch_end(trainer)
        super().on_validation_end(trainer, pl_module)
        if due:
            self._bring_last_up_to_date(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the last checkpoint where the end brings it; ``fast_dev_run`` keeps nothing."""
        if not getattr(trainer, "fast_dev_run", False):
            super().on_train_end(trainer, pl_module)

    def _should_save_on_train_epoch_end(self, trainer: Trainer) -> bool:
        every = trainer.check_val_every_n_epoch or 1
        if self._save_on_train_epoch_end is None and every > 1 and trainer.val_check_interval == 1.0:
            # Lightning would save between validation and the end of the epoch: a resumed run then misses
            # what the end of an epoch brings.
            return not trainer.enable_validation or not (trainer.current_epoch + 1) % every
        return super()._should_save_on_train_epoch_end(trainer)

    def _is_due(self, trainer: Trainer) -> bool:
        """Whether this is an occasion to save, be the model good or bad."""
        every = self._every_n_epochs
        return (
            not self._should_skip_saving_checkpoint(trainer)
            and every > 0
            and not (trainer.current_epoch + 1) % every
        )

    def _bring_last_up_to_date(self, trainer: Trainer) -> None:
        # Lightning writes last.ckpt only when it keeps one of the best; resuming wants the newest.
        if self.save_last and self._step_of_last != trainer.global_step:
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_last_checkpoint(self, trainer: Trainer, monitor_candidates: dict[str, Tensor]) -> None:
        super()._save_last_checkpoint(trainer, monitor_candidates)
        self._step_of_last = trainer.global_step


def _copy_into(folder: Path, checkpoint: Path) -> str:
    """Copy a checkpoint into a folder, unless it is there; gives the copy's path, or "" where it is gone."""
    copy = folder / checkpoint.name
    if not copy.exists():
        if not checkpoint.is_file():
            return ""
        with written_whole(copy) as partial:
            shutil.copyfile(checkpoint, partial)
    return str(copy)
