"""Classes that configs of the tests name: a corpus, and callbacks that look at a run from inside."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.optim import Optimizer

from dataset_modules.festvox_ru import FestvoxRuDataset
from phoneme_recognition.data.utterance import UtteranceSource


class EveryClip(FestvoxRuDataset):
    """Ten sentences to learn, the same ten and an eleventh to test on."""

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """More than one utterance, and an odd number."""
        return [*self.get_train_data(), *self.get_val_data()]


class KilledProcess(Callback):
    """The second process of a run dies without a word, in the second epoch."""

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Die there."""
        if trainer.current_epoch == 1 and trainer.global_rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class Probe(Callback):
    """Counts and looks, and keeps what it saw for the test in the same process."""

    seen: dict[str, Any] = {}  # noqa: RUF012 (a place for the test to look at)

    def __init__(self) -> None:
        super().__init__()
        Probe.seen = {"train": 0, "val": 0, "test": 0, "epochs": 0, "sanity": 0, "val_at": [], "rows": []}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """What holds for the whole process."""
        Probe.seen |= {
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "benchmark": torch.backends.cudnn.benchmark,
            "precision": trainer.precision,
            "optimizer": trainer.optimizers,
        }

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Count batches and note what is in them."""
        Probe.seen["train"] += 1
        Probe.seen["rows"].append(sorted(batch.utterance_ids))
        Probe.seen["anomaly"] = torch.is_anomaly_enabled()

    def on_before_zero_grad(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """The gradients that the last step was made with."""
        gradients = [weight.grad for weight in pl_module.parameters() if weight.grad is not None]
        if gradients:
            together = torch.cat([gradient.flatten() for gradient in gradients])
            Probe.seen["norm"] = max(Probe.seen.get("norm", 0.0), float(together.norm()))
            Probe.seen["largest"] = max(Probe.seen.get("largest", 0.0), float(together.abs().max()))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count epochs."""
        Probe.seen["epochs"] += 1

    def on_validation_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Count batches of validation, and those that only try it."""
        Probe.seen["sanity" if trainer.sanity_checking else "val"] += 1
        if not trainer.sanity_checking and batch_idx == 0:
            Probe.seen["val_at"].append(trainer.global_step)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Where it ended."""
        Probe.seen |= {"steps": trainer.global_step, "loader": id(trainer.train_dataloader)}
        Probe.seen["root"] = Path(trainer.default_root_dir)


class LearntClips(FestvoxRuDataset):
    """Ten sentences to learn, and the same to validate on: four batches of three at most."""

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The training sentences."""
        return self.get_train_data()
