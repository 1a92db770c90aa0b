"""The training step: network, CTC loss and scores, as Lightning wants them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.nn.functional import log_softmax
from torch.optim.lr_scheduler import ReduceLROnPlateau

from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.loader import ResumableLoader
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.decoding.greedy import read_path
from phoneme_recognition.errors import UserError
from phoneme_recognition.metrics.deferred import Deferred
from phoneme_recognition.metrics.error_rates import EditCounts, ErrorRate
from phoneme_recognition.metrics.mean_loss import MeanLoss
from phoneme_recognition.models.checkpoint import BLOCK, PREFIX, describe
from phoneme_recognition.models.constant import ConstantNetwork
from phoneme_recognition.models.losses import frame_loss, phoneme_loss
from phoneme_recognition.models.networks import EncoderCTC
from phoneme_recognition.models.optimizers import Optimization, build_optimizer, build_schedule
from phoneme_recognition.models.output import CTCOutput
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.randomness import draw_seed

Stage = Literal["train", "val", "test"]

# Share of the loss of an inner head (Lee and Watanabe, 2021, Intermediate loss regularization for CTC).
INNER_SHARE = 0.3

# The PER of greedy decoding: what the network hears by itself, where a search helps it.
GREEDY = "greedy_per"

# Training scores the first of so many batches: an impression is enough there, and counting edits takes time.
SCORED_EVERY = 4

# The loss of a single step, as the progress bar and the loggers show it.
STEP_LOSS = "train_loss_step"

# Where a checkpoint keeps the values that were logged last.
METRICS = "logged_metrics"
# And how many processes trained it.
PROCESSES = "num_processes"

logger = logging.getLogger(__name__)


class PhonemeRecogniser(LightningModule):
    """A network that is trained with CTC to give phonemes.

    Args:
        network: waveforms and lengths → logits and frame lengths.
        vocabulary: what the logits mean.
        audio_params: how the waveforms were made, kept in every checkpoint.
        optimization: optimizer and schedule.
        frame_weight: weight of a second loss, which teaches each frame its phone where the corpus has times.
        decoder: what makes phonemes of logits on validation and test; None: greedily, as in training.
        inventory: what the labels were made of, kept in every checkpoint.
        seed: what dropout and the like are drawn from, step by step.

    Attributes:
        counts: edits behind the rates of the last validation and test, by their names (``val_per``, ...).
        transcripts: set to a list, it collects (utterance id, reference, hypothesis) while measuring.
    """

    def __init__(
        self,
        network: nn.Module,
        vocabulary: Vocabulary,
        *,
        audio_params: Mapping[str, Any],
        optimization: Optimization | None = None,
        frame_weight: float = 0.0,
        decoder: Decoder | None = None,
        inventory: Inventory | None = None,
        seed: int = 42,
    ) -> None:
        super().__init__()
        self.network = network
        self.inventory = inventory or Inventory()
        self.vocabulary = vocabulary
        self.audio_params = dict(audio_params)
        self.decoder = decoder or Decoder(Decoding(), blank_id=vocabulary.blank_id)
        self.counts: dict[str, EditCounts] = {}
        self.transcripts: list[tuple[str, list[str], list[str]]] | None = None
        self._optimization = optimization or Optimization()
        self._seed = seed
        self._frame_weight = frame_weight
        if frame_weight:
            # It serves training alone, so that it is no part of the network.
            channels = network.get_parameter("head.weight").shape[1]
            self.frame_head = nn.Linear(channels, len(vocabulary))
        self._resumed_metrics: dict[str, float] = {}
        # Batches and steps between two looks at the loss of a step.
        self._looks = (1, 1)
        # Words can only be scored where the labels say where they begin.
        units = ["per", "cer"] if vocabulary.word_boundary_id is None else ["per", "cer", "wer"]
        self.rates = nn.ModuleDict(
            {f"{stage}_{unit}": ErrorRate(unit) for stage in ("train", "val", "test") for unit in units}
        )
        self.losses = nn.ModuleDict({stage: MeanLoss() for stage in ("train_", "val_", "test_")})
        if self.decoder.plan.method != "greedy":
            self.rates.update({f"{stage}_{GREEDY}": ErrorRate("per") for stage in ("val", "test")})

    def on_train_start(self) -> None:
        """Go on at the batch where a resumed epoch was left; at an epoch's end, at the next one's first."""
        done = self.trainer.fit_loop.epoch_loop.batch_progress.current.ready
        if isinstance(self.trainer.train_dataloader, ResumableLoader):
            self.trainer.train_dataloader.go_on_at(done % int(self.trainer.num_training_batches))
        self._looks = _looks(self.trainer)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Seed what is drawn on this step, so that a resumed run draws the same."""
        seed = draw_seed(self._seed, self.current_epoch, batch_idx, self.global_rank)
        if self.device.type == "cpu":
            # torch.manual_seed notes a traceback for every kind of device that might yet be used: slow.
            torch.default_generator.manual_seed(seed)
        else:
            torch.manual_seed(seed)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move a batch to the device; lengths stay, for CTC wants them here and would wait for them there."""
        if device.type == "cpu":
            return batch
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True)
            for name, value in batch._asdict().items()
            if isinstance(value, Tensor) and name not in ("lengths", "label_lengths")
        }
        return batch._replace(**moved)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step of training: the mean CTC loss of the batch."""
        return self._step(batch, "train", batch_idx)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Measure one batch of the validation split."""
        self._step(batch, "val", batch_idx)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Measure one batch of the test split."""
        self._step(batch, "test", batch_idx)

    def on_train_epoch_start(self) -> None:
        """Begin to count (Lightning resets only what it logs, and not everything is logged)."""
        self._begin("train")

    def on_validation_epoch_start(self) -> None:
        """Begin to count."""
        self._begin("val")

    def on_test_epoch_start(self) -> None:
        """Begin to count."""
        self._begin("test")

    def on_validation_epoch_end(self) -> None:
        """Keep the counts behind the rates, for the table at the end."""
        self._keep_counts("val")

    def on_test_epoch_end(self) -> None:
        """Keep the counts behind the rates, for the table at the end."""
        self._keep_counts("test")

    def configure_optimizers(self) -> Any:
        """Optimizer and schedule by the config's names."""
        names = ((name.removeprefix(PREFIX), parameter) for name, parameter in self.named_parameters())
        # With scaled gradients a fused step takes the scale itself, and Lightning then refuses to clip them.
        fused = not str(self.trainer.precision).startswith("16")
        optimizer = build_optimizer(names, self._optimization, fused=fused)
        schedule = build_schedule(optimizer, self._optimization, self.trainer.estimated_stepping_batches)
        return optimizer if schedule is None else {"optimizer": optimizer, "lr_scheduler": schedule}

    def on_train_epoch_end(self) -> None:
        """Step a schedule that follows a metric.

        Lightning would do so after the epoch's checkpoint is written, which a resumed run then misses.
        """
        schedule, metric = self.lr_schedulers(), self._optimization.metric_scheduler
        if not isinstance(schedule, ReduceLROnPlateau):
            return
        values = self._resumed_metrics | _floats(self.trainer.callback_metrics)
        every = self.trainer.check_val_every_n_epoch
        # An epoch without validation has no news; with "every" null it may be any of them.
        no_news = bool((self.current_epoch + 1) % every) if every else metric not in values
        if metric.startswith("val_") and self.trainer.enable_validation and no_news:
            return
        if metric not in values:
            known = ", ".join(sorted(values))
            raise UserError(f"model.metric_scheduler: nothing logs {metric!r}", expected=f"one of {known}")
        schedule.step(values[metric])

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Leave the schedules that follow a metric to :meth:`on_train_epoch_end`."""
        if not isinstance(scheduler, ReduceLROnPlateau):
            super().lr_scheduler_step(scheduler, metric)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the block from which the recogniser is rebuilt without config or hub."""
        checkpoint[BLOCK] = describe(
            self.network, self.vocabulary, self.audio_params, self.decoder, self.inventory
        )
        checkpoint[METRICS] = _floats(self.trainer.callback_metrics)
        checkpoint[PROCESSES] = self.trainer.world_size

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Know what was measured before: a checkpoint may stand between validation and the epoch's end."""
        self._resumed_metrics = dict(checkpoint.get(METRICS, {}))
        before, now = checkpoint.get(PROCESSES, 1), self.trainer.world_size
        if before != now:
            logger.warning(
                "the checkpoint is of %d process(es), this run of %d: a step now takes %g times as many "
                "recordings, and an epoch that was not finished may see some of them twice or not at all",
                *(before, now, now / before),
            )

    def _step(self, batch: Batch, stage: Stage, batch_idx: int) -> Tensor:
        seeds = batch.seeds if stage == "train" else None
        lengths = batch.lengths.to(batch.labels.device, non_blocking=True)
        if batch.states is None:
            output = self.network(batch.waveforms, lengths, seeds)
        else:
            output = cast(ConstantNetwork, self.network).from_states(batch.states, lengths, seeds)
        # In float32 also under mixed precision: sums over long alignments lose too much in 16 bits.
        log_probs = log_softmax(output.logits.float(), dim=-1)
        frames = self._frames(output, batch, lengths)
        loss = phoneme_loss(log_probs, frames, batch, blank_id=self.vocabulary.blank_id)
        size = len(batch.utterance_ids)
        if stage == "train" and self._is_looked_at(batch_idx):
            self.log(STEP_LOSS, loss, prog_bar=True, batch_size=size)
        mean = cast(MeanLoss, self.losses[f"{stage}_"])
        mean.update(loss, size)
        self._log_once(f"{stage}_loss", mean, size, shown=stage != "train")
        if stage != "train" or batch_idx % SCORED_EVERY == 0:
            self._score(batch, log_probs.detach(), frames, stage)
        if stage != "train":
            return loss
        if output.inner_logits is not None:
            inner = log_softmax(output.inner_logits.float(), dim=-1)
            inner_loss = phoneme_loss(inner, frames, batch, blank_id=self.vocabulary.blank_id)
            loss = (1 - INNER_SHARE) * loss + INNER_SHARE * inner_loss
        if self._frame_weight:
            loss = loss + self._frame_weight * frame_loss(self.frame_head, output, batch)
        return loss

    def _frames(self, output: CTCOutput, batch: Batch, lengths: Tensor) -> Tensor:
        """Frames of each utterance; without asking the device, where they follow from the batch's lengths."""
        if output.lengths is lengths:
            return batch.lengths
        if isinstance(self.network, EncoderCTC) and batch.states is None:
            return self.network.frame_lengths(batch.lengths)
        return output.lengths

    def _is_looked_at(self, batch_idx: int) -> bool:
        """Whether the loss of this step is shown: logging it costs more than all the rest of a small step."""
        counts = (batch_idx + 1, self.global_step + 1)
        return any(every and not count % every for count, every in zip(counts, self._looks, strict=True))

    def _score(self, batch: Batch, log_probs: Tensor, frames: Tensor, stage: Stage) -> None:
        size = len(batch.utterance_ids)
        references = Deferred(size, partial(self._labels, batch.labels, batch.label_lengths))
        greedy = Deferred(size, partial(self._best_path, log_probs.argmax(dim=-1), frames))
        searched = stage != "train" and self.decoder.plan.method != "greedy"
        hypotheses = self._symbols(self.decoder(log_probs, frames))[:size] if searched else greedy
        if self.transcripts is not None:
            self.transcripts += zip(batch.utterance_ids, references, hypotheses, strict=True)
        for name, metric in self._rates_of(stage):
            metric.update(references, greedy if name.endswith(GREEDY) else hypotheses)
            self._log_once(name, metric, size, shown=name == f"{stage}_per")

    def _log_once(self, name: str, metric: MeanLoss | ErrorRate, size: int, *, shown: bool) -> None:
        """Log a metric at its first batch; Lightning keeps it, and computes it at the end of the epoch."""
        if metric.update_count == 1:
            self.log(name, metric, on_step=False, on_epoch=True, batch_size=size, prog_bar=shown)

    def _labels(self, labels: Tensor, lengths: Tensor) -> list[list[str]]:
        rows = zip(labels.tolist(), lengths.tolist(), strict=True)
        return [self.vocabulary.decode(row[:length]) for row, length in rows]

    def _best_path(self, path: Tensor, frames: Tensor) -> list[list[str]]:
        return self._symbols(read_path(path, frames, blank_id=self.vocabulary.blank_id))

    def _symbols(self, decoded: Sequence[list[int]]) -> list[list[str]]:
        return [self.vocabulary.decode(row) for row in decoded]

    def _begin(self, stage: Stage) -> None:
        cast(MeanLoss, self.losses[f"{stage}_"]).reset()
        for _, metric in self._rates_of(stage):
            metric.reset()

    def _keep_counts(self, stage: Stage) -> None:
        for name, metric in self._rates_of(stage):
            with metric.sync_context():
                self.counts[name] = metric.counts()

    def _rates_of(self, stage: Stage) -> Iterator[tuple[str, ErrorRate]]:
        for name, metric in self.rates.items():
            if name.startswith(f"{stage}_") and isinstance(metric, ErrorRate):
                yield name, metric


def _floats(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _looks(trainer: Trainer) -> tuple[int, int]:
    """Between how many batches, and between how many steps, somebody looks at the loss of a single step."""
    callbacks: Sequence[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    if any(getattr(callback, "monitor", None) == STEP_LOSS for callback in callbacks):
        return (1, 1)
    return (
        int(getattr(trainer.progress_bar_callback, "refresh_rate", 1)),
        int(getattr(trainer, "log_every_n_steps", 1)),
    )
