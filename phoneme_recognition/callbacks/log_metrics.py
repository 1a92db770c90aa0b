"""The course of a training run, epoch by epoch, as a file and as numbers for the picture."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from phoneme_recognition.files import write_text

logger = logging.getLogger(__name__)

HISTORY_FILE = "history.csv"


class LogMetricsCallback(Callback):
    """Keeps loss and chosen error rates of every epoch in ``history.csv`` in the run's folder.

    The history is part of the checkpoint: a resumed run goes on with it.

    Args:
        metric_names: which of ``per``, ``cer`` and ``wer`` to keep, for training and validation.
    """

    def __init__(self, metric_names: Sequence[str] = ("per", "cer", "wer")) -> None:
        self.metric_names = tuple(metric_names)
        self._validated = False
        self.history: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add this epoch and write the file anew."""
        self.history.append(self._row(trainer))
        if trainer.is_global_zero and not getattr(trainer, "fast_dev_run", False):
            write_text(Path(trainer.default_root_dir) / HISTORY_FILE, as_csv(self.history))

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note that this epoch has validation figures of its own."""
        self._validated = not trainer.sanity_checking

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say which of the wanted rates this run cannot have."""
        known = {name.partition("_")[2] for name in getattr(pl_module, "rates", {})}
        missing = [name for name in self.metric_names if name not in known]
        if missing:
            logger.info("not logged: %s (the vocabulary has no word boundary '|')", ", ".join(missing))

    def state_dict(self) -> dict[str, Any]:
        """The history so far."""
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the history of the checkpoint."""
        self.history = list(state_dict["history"])

    def _row(self, trainer: Trainer) -> dict[str, float]:
        values = trainer.callback_metrics
        # An epoch without validation still finds the figures of an earlier one there.
        stages = ("train", "val") if self._validated else ("train",)
        self._validated = False
        names = [f"{stage}_{name}" for stage in stages for name in ("loss", *self.metric_names)]
        row: dict[str, float] = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        if trainer.optimizers:
            row["lr"] = float(trainer.optimizers[0].param_groups[0]["lr"])
        return row | {name: float(values[name]) for name in names if name in values}


def as_csv(rows: Sequence[dict[str, float]]) -> str:
    """Rows with a head line; a row that lacks a column leaves it empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
