"""Settings that the machine and the data decide: ``model.lr: auto`` and ``data.batch_size: auto``.

Both are settled before the run begins, on copies of the network, and written into the run's
``config.yaml``: a run with that file repeats it. (``data.num_workers: auto`` counts cores, see ``build``.)
"""

from __future__ import annotations

import contextlib
import copy
import gc
import io
import logging
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.tuner.tuning import Tuner
from torch import Tensor, nn
from torch.utils.data import DataLoader

from phoneme_recognition.config import Config, load_config
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.datamodule import SpeechDataModule
from phoneme_recognition.errors import CheckpointError, UserError
from phoneme_recognition.models.module import PhonemeRecogniser
from phoneme_recognition.models.optimizers import Optimization
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.learning_rate import SPANS, Span, check_learning_rate, what_is_trained
from phoneme_recognition.processes import from_first
from phoneme_recognition.randomness import seeded
from phoneme_recognition.runs.build import DEFAULT_BATCH_SIZE, optimization_of
from phoneme_recognition.runs.machine import has_gpu, precision_of

# Steps of the search; each tries a higher rate than the one before.
FINDER_STEPS = 100
# So many losses are averaged to find the lowest.
_SMOOTHED = 7
# A batch size must leave an epoch this many steps, and is tried with so many more utterances than it has.
_STEPS_AN_EPOCH, _MARGIN, _LARGEST = 20, 1.25, 512

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """What trying something out takes.

    Attributes:
        config: of the run.
        network: is copied, and stays as it is.
        vocabulary: of the run.
        datamodule: ready to give training batches.
        seed: of the run.
    """

    config: Config
    network: nn.Module
    vocabulary: Vocabulary
    datamodule: SpeechDataModule
    seed: int


def settle_auto(trial: Trial) -> Config:
    """The config with a number in place of every ``auto`` that stands for a measurement.

    A resumed run takes the numbers of the run that it goes on from. The datamodule gets its batch size.

    Raises:
        UserError: a number cannot be found for this config, or not even one utterance fits into the memory.
    """
    config = trial.config
    wanted = (config.model.lr == "auto", config.data.batch_size == "auto")
    if not any(wanted):
        return config
    rate, size = from_first(lambda: _settle(trial, *wanted))
    if wanted[1]:
        trial.datamodule.set_batch_size(size)
    model, data = replace(config.model, lr=rate), replace(config.data, batch_size=size)
    return replace(config, model=model, data=data)


def _settle(trial: Trial, wants_rate: bool, wants_size: bool) -> tuple[float, int]:
    config = trial.config
    rate, size = config.model.lr, config.data.batch_size
    if config.ckpt_path is not None and not config.experiment.only_weights_load:
        earlier = _earlier_config(Path(config.ckpt_path))
        rate, size = (
            earlier.model.lr if wants_rate else rate,
            earlier.data.batch_size if wants_size else size,
        )
        logger.info("as in the run that is resumed: model.lr %s, data.batch_size %s", rate, size)
        return float(rate), int(size)
    with _undisturbed(trial.seed):
        if wants_size:
            size = _find_batch_size(trial)
            trial.datamodule.set_batch_size(size)
        if wants_rate:
            rate = _find_rate(trial)
    return float(rate), int(size)


def _earlier_config(checkpoint: Path) -> Config:
    """The config beside a checkpoint, in which the numbers stand."""
    path = checkpoint.parent / "config.yaml"
    if not path.is_file():
        raise CheckpointError(
            f"there is no config.yaml beside {checkpoint}, so nobody knows what auto was in its run",
            remedy="Give model.lr and data.batch_size as numbers.",
        )
    return load_config(path)


@contextlib.contextmanager
def _undisturbed(seed: int) -> Iterator[None]:
    """Leave the state of all random generators as it was: the run then is the one that has the numbers."""
    with torch.random.fork_rng(), seeded(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _find_batch_size(trial: Trial) -> int:
    if trial.config.data.batch_seconds is not None:
        return DEFAULT_BATCH_SIZE  # not used
    if not has_gpu(trial.config.trainer):
        logger.info(
            "data.batch_size: auto is %d: on a CPU memory sets no limit that could be measured; for another, "
            "set it",
            DEFAULT_BATCH_SIZE,
        )
        return DEFAULT_BATCH_SIZE
    most = len(trial.datamodule.table("train")) // _STEPS_AN_EPOCH
    size = largest_fitting(lambda size: _fits(trial, size), max(1, min(_LARGEST, most)))
    logger.info("data.batch_size: auto is %d (as many of the longest utterances fit into the memory)", size)
    return size


def largest_fitting(fits: Callable[[int], bool], most: int) -> int:
    """The largest power of two, up to ``most``, that fits with a margin.

    Raises:
        UserError: not even 1 does.
    """
    size = 0
    while (larger := max(1, 2 * size)) <= most and fits(math.ceil(_MARGIN * larger)):
        size = larger
    if not size:
        raise UserError(
            "data.batch_size: auto: not even the longest utterance alone fits into the memory of the GPU",
            remedy="Leave out long recordings, freeze more, or set "
            "model.network_config.gradient_checkpointing.",
        )
    return size


def _fits(trial: Trial, size: int) -> bool:
    """Whether two steps with the longest utterances go through."""
    batch = trial.datamodule.longest_batch(size)
    try:
        _engine(trial.config, Path(tempfile.gettempdir()), max_steps=2).fit(
            _module(trial, optimization_of(_with_rate(trial.config, 1e-6))), _loader([batch, batch])
        )
    except torch.OutOfMemoryError:
        return False
    finally:
        gc.collect()
        torch.cuda.empty_cache()
    return True


def _loader(batches: Sequence[Batch]) -> DataLoader[Batch]:
    return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]


def _find_rate(trial: Trial) -> float:
    """A rate by Lightning's range test (Smith, 2017): the loss falls fastest there."""
    config = trial.config
    scratch = config.model.pretrained_name is None and config.ckpt_path is None
    mistakes = [
        one for one in check_learning_rate(config.model, from_scratch=scratch) if one.level == "error"
    ]
    if mistakes:
        raise UserError(f"{mistakes[0].path}: {mistakes[0].reason}", remedy=mistakes[0].remedy)
    trained = what_is_trained(config.model, from_scratch=scratch)
    span = SPANS[config.model.optimizer][trained]
    if config.trainer.get("fast_dev_run"):
        return span.low
    logger.info("model.lr: auto: trying %d learning rates", FINDER_STEPS)
    plan = replace(optimization_of(_with_rate(config, span.low / 100)), scheduler=None)
    module = _module(trial, plan)
    # The finder's own bar cannot be switched off.
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        finder = Tuner(_engine(config, Path(folder), max_epochs=-1)).lr_find(
            module,
            train_dataloaders=trial.datamodule.train_dataloader(),
            min_lr=span.low / 100,
            max_lr=min(1.0, span.high * 30),
            num_training=FINDER_STEPS,
            update_attr=False,
        )
    rates = [] if finder is None else finder.results["lr"]
    losses = torch.stack(module.tried).tolist()
    return settle_rate(steady_rate(rates[: len(losses)], losses[: len(rates)]), span)


def steady_rate(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """A tenth of the rate at which the loss was lowest (Smith, 2017): below the edge of divergence.

    Lightning's own suggestion, the steepest slope of a long average, comes out far too low for CTC, whose
    loss falls steeply at any rate at the beginning.

    Args:
        rates: rising, one a step.
        losses: of the same steps; they are smoothed here.
    """
    width = _SMOOTHED // 2
    means = [
        sum(losses[max(0, at - width) : at + width + 1]) / len(losses[max(0, at - width) : at + width + 1])
        for at in range(len(losses))
    ]
    finite = [at for at, mean in enumerate(means) if math.isfinite(mean)]
    return rates[min(finite, key=means.__getitem__)] / 10 if len(finite) > _SMOOTHED else None


def settle_rate(found: float | None, span: Span) -> float:
    """Keep what the finder found within what suits, to two digits, and say so."""
    if found is None or not math.isfinite(found):
        rate = float(f"{math.sqrt(span.low * span.high):.2g}")
        logger.warning("model.lr: auto found nothing: %g is taken, the middle of %s", rate, span)
        return rate
    rate = float(f"{min(max(found, span.low), span.high):.2g}")
    note = "" if span.low <= found <= span.high else f" (the search said {found:.2g}; {span} suits)"
    logger.info("model.lr: auto is %g%s", rate, note)
    return rate


def _with_rate(config: Config, rate: float) -> Config:
    return replace(config, model=replace(config.model, lr=rate))


class _Tried(PhonemeRecogniser):
    """Remembers the loss of every step."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tried: list[Tensor] = []

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        loss = super().training_step(batch, batch_idx)
        self.tried.append(loss.detach())
        return loss


def _module(trial: Trial, plan: Optimization) -> _Tried:
    config = trial.config
    return _Tried(
        copy.deepcopy(trial.network),
        trial.vocabulary,
        audio_params={},
        optimization=plan,
        frame_weight=config.model.frame_loss,
        seed=trial.seed,
    )


def _engine(config: Config, folder: Path, **limits: Any) -> Trainer:
    """A Trainer on one device, in the run's precision, that leaves nothing behind."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    section, gpu = config.trainer, has_gpu(config.trainer)
    devices = section.get("devices")
    listed = [devices[0]] if gpu and isinstance(devices, list) and devices else 1
    return Trainer(
        accelerator="gpu" if gpu else "cpu",
        devices=listed,
        precision=precision_of(section),
        gradient_clip_val=section.get("gradient_clip_val"),
        gradient_clip_algorithm=section.get("gradient_clip_algorithm"),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        default_root_dir=str(folder),
        **limits,
    )
