"""Watching a run for the known ways to fail, and saying cause and remedy the moment one shows."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from phoneme_recognition.callbacks import explanations
from phoneme_recognition.callbacks.looks import circumstances, gradient_norm, longer_than_frames, main_symbol
from phoneme_recognition.callbacks.symptoms import Symptoms
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.errors import UserError
from phoneme_recognition.files import write_text
from phoneme_recognition.models.output import CTCOutput

logger = logging.getLogger(__name__)

MONITOR_FILE = "monitor.jsonl"
# A network may be silent for half of a run; what is shorter or longer than this says nothing.
_LEAST_PATIENCE, _MOST_PATIENCE = 100, 1000
# With a learning rate that is far too high so much is enough.
_HASTY = 50


class TrainingMonitor(Callback):
    """Recognises failing runs: NaN loss, divergence, only blanks, a head without gradient, a slow loader.

    Each finding is said once, with its remedy, and kept in ``monitor.jsonl`` in the run's folder. What comes
    from the device is read every few steps only. The state is part of the checkpoint.

    Args:
        enabled: false leaves the monitor out.
        every_n_steps: how often the network's output is looked at, in batches.
        blank_steps: so long a network may say nothing but blanks without progress; null is half of the run,
            at least 100 and at most 1000 steps.
        nan_steps: so many steps in a row without a finite loss end the run; 0 lets it go on.

    Attributes:
        findings: what has been said so far.
    """

    def __init__(
        self,
        enabled: bool = True,
        every_n_steps: int = 25,
        blank_steps: int | None = None,
        nan_steps: int = 50,
    ) -> None:
        super().__init__()
        self.enabled = enabled
        self.every_n_steps = max(1, every_n_steps)
        self.blank_steps = blank_steps
        self.nan_steps = nan_steps
        self.findings: list[Diagnosis] = []
        self.clock: Callable[[], float] = time.perf_counter
        self.symptoms = Symptoms()
        self._records: list[dict[str, Any]] = []
        self._step, self._symbol = 0, 0
        self._pending: list[tuple[int, Tensor, list[str]]] = []
        self._since_look: list[float] = []
        self._output: CTCOutput | None = None
        self._hook: RemovableHandle | None = None
        self._began, self._ended = 0.0, math.nan

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the making of an epoch's first batch out of the waiting time."""
        self._ended = math.nan

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Note the time, and catch the network's output where it is to be looked at."""
        self._step += 1
        self._began = self.clock()
        if self._is_look:
            self._hook = network_of(pl_module).register_forward_hook(self._catch)

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """See whether the head learns."""
        if self._is_look:
            norm = gradient_norm(network_of(pl_module).head)
            if self.symptoms.dead_head.update(norm):
                self._say(trainer, "dead_head", explanations.dead_head(norm))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Take the step's loss and time; at a look, judge the network's output."""
        loss = outputs["loss"].detach() * trainer.accumulate_grad_batches
        self._pending.append((self._step, loss, batch.utterance_ids))
        if not math.isnan(self._ended):
            now = self.clock()
            waiting = self.symptoms.starvation.update(self._began - self._ended, now - self._began)
            if waiting:
                about = circumstances(trainer, pl_module)
                self._say(trainer, "starvation", explanations.starvation(waiting, about))
        # Reading a value from a GPU waits until it has done all its work.
        if self._is_look or loss.device.type == "cpu":
            self._judge_losses(trainer, pl_module)
        if self._is_look:
            self._judge_output(trainer, pl_module, batch)
        self._ended = self.clock()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave validation out of the waiting time."""
        self._ended = math.nan

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compare training with validation."""
        values, every = trainer.callback_metrics, trainer.check_val_every_n_epoch
        names = ("train_loss", "val_loss", "val_per")
        # An epoch without validation still finds the figures of an earlier one there.
        if (every and (trainer.current_epoch + 1) % every) or any(name not in values for name in names):
            return
        validations = self.symptoms.overfitting.update([float(values[name]) for name in names])
        if validations:
            self._say(trainer, "overfitting", explanations.overfitting(validations))

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say where the run ended before the network has said anything."""
        silence = self.symptoms.silence
        steps = 0 if silence.since is None else self._step - silence.since
        if silence.losses and steps >= _LEAST_PATIENCE and not self.findings:
            self._say_silence(trainer, pl_module, steps, ended=True)

    def state_dict(self) -> dict[str, Any]:
        """What was seen and said so far."""
        return {"step": self._step, "records": self._records, "symptoms": asdict(self.symptoms)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what the checkpoint saw."""
        self._step, self._records = state_dict["step"], list(state_dict["records"])
        self.symptoms.load(state_dict["symptoms"])
        self.findings = [Diagnosis(**record["finding"]) for record in self._records]

    @property
    def _is_look(self) -> bool:
        return self._step % self.every_n_steps == 0

    def _catch(self, network: nn.Module, arguments: Any, output: CTCOutput) -> None:
        self._output = output

    def _judge_losses(self, trainer: Trainer, module: LightningModule) -> None:
        values = torch.stack([loss for _, loss, _ in self._pending]).float().tolist()
        pending, self._pending = self._pending, []
        for (step, _, names), value in zip(pending, values, strict=True):
            broken = self.symptoms.broken.update(step, value)
            if broken:
                about = circumstances(trainer, module)
                self._say(trainer, "broken", explanations.broken(broken, value, names, about))
                if 0 < self.nan_steps <= broken.steps:
                    self._stop(broken.steps)
                continue
            self._since_look.append(value)
            runaway = self.symptoms.divergence.update(value)
            if runaway:
                about = circumstances(trainer, module)
                self._say(trainer, "divergence", explanations.divergence(runaway, about))

    def _judge_output(self, trainer: Trainer, module: LightningModule, batch: Batch) -> None:
        if self._hook is not None:
            self._hook.remove()
        output, self._output, self._hook = self._output, None, None
        losses, self._since_look = self._since_look, []
        if output is None:
            return
        long = longer_than_frames(output, batch)
        share = self.symptoms.too_long.update(len(batch.utterance_ids), len(long))
        if share is not None:
            self._say(trainer, "too_long", explanations.too_long(share, long))
        self._symbol, part = main_symbol(output)
        if not losses:
            return
        mean = sum(losses) / len(losses)
        silent = self.symptoms.silence.update(self._step, part, mean)
        lasts = silent >= self._patience(trainer) and self.symptoms.silence.standing
        if lasts or (silent >= _HASTY and circumstances(trainer, module).far_too_high):
            self._say_silence(trainer, module, silent)

    def _say_silence(
        self, trainer: Trainer, module: LightningModule, steps: int, *, ended: bool = False
    ) -> None:
        vocabulary: Any = module.vocabulary
        is_blank = self._symbol == vocabulary.blank_id
        symbol = "blanks" if is_blank else f"'{vocabulary.decode([self._symbol])[0]}'"
        about, loss = circumstances(trainer, module), self.symptoms.silence.losses[-1]
        self._say(trainer, "silence", explanations.silence(steps, loss, symbol, about, ended=ended))

    def _patience(self, trainer: Trainer) -> int:
        if self.blank_steps is not None:
            return self.blank_steps
        steps = trainer.estimated_stepping_batches * trainer.accumulate_grad_batches
        return int(max(_LEAST_PATIENCE, min(_MOST_PATIENCE, steps / 2)))

    def _say(self, trainer: Trainer, topic: str, finding: Diagnosis) -> None:
        """Say a finding, once for each symptom, and keep it in the run's folder."""
        if any(record["topic"] == topic for record in self._records):
            return
        self.findings.append(finding)
        place = {"topic": topic, "step": self._step, "epoch": trainer.current_epoch}
        self._records.append({**place, "finding": finding.to_dict()})
        if not trainer.is_global_zero:
            return
        logger.warning("step %d: %s: %s", self._step, finding.level, finding)
        if not getattr(trainer, "fast_dev_run", False):
            lines = [json.dumps(record, ensure_ascii=False) for record in self._records]
            write_text(Path(trainer.default_root_dir) / MONITOR_FILE, "\n".join(lines) + "\n")

    def _stop(self, steps: int) -> None:
        broken = next(one for one in self.findings if "the loss is" in one.reason)
        raise UserError(
            f"training has broken down: {broken.reason}, now for {steps} steps",
            remedy=f"{broken.remedy} Go on from a checkpoint before that, or start anew.",
        )


def network_of(module: LightningModule) -> Any:
    """The network in training."""
    return module.network


def findings_of(trainer: Trainer) -> list[Diagnosis]:
    """What the monitor of a run has found, where it has one."""
    callbacks = trainer.callbacks  # type: ignore[attr-defined]
    return [
        one for callback in callbacks if isinstance(callback, TrainingMonitor) for one in callback.findings
    ]
