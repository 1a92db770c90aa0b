"""From a symptom to its likely cause and the remedy, by the circumstances of the run."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import NamedTuple

from phoneme_recognition.callbacks.symptoms import Broken, Runaway, Waiting
from phoneme_recognition.diagnosis import Diagnosis, shorten
from phoneme_recognition.preflight.learning_rate import SPANS, WORDS, Trained

# So many times the highest rate that suits, a network learns nothing.
_FAR = 5


class Circumstances(NamedTuple):
    """What decides between causes.

    Attributes:
        rate: the present learning rate.
        optimizer: its name.
        trained: what is trained.
        trained_share: share of the network's weights that are.
        sixteen_bits: the run uses 16-bit floats with their small range.
        workers: loader processes.
    """

    rate: float
    optimizer: str
    trained: Trained
    trained_share: float
    sixteen_bits: bool
    workers: int

    @property
    def too_high(self) -> bool:
        """Whether the learning rate is above what suits."""
        span = SPANS.get(self.optimizer, {}).get(self.trained)
        return span is not None and self.rate > span.high

    @property
    def far_too_high(self) -> bool:
        """Whether it is so far above that nothing can be learnt."""
        span = SPANS.get(self.optimizer, {}).get(self.trained)
        return span is not None and self.rate > _FAR * span.high

    @property
    def advised_rate(self) -> str:
        """A rate that suits, in words."""
        span = SPANS.get(self.optimizer, {}).get(self.trained)
        if span is not None and self.too_high:
            return f"Set model.lr between {span.low:g} and {span.high:g} ({WORDS[self.trained]})"
        return f"Set model.lr to {self.rate / 10:.2g} or less"


def broken(found: Broken, loss: float, names: Sequence[str], about: Circumstances) -> Diagnosis:
    """A loss that is NaN or infinite."""
    kind = "NaN" if math.isnan(loss) else "infinite"
    reason = f"the loss is {kind} since step {found.since}, on the batch of {shorten(list(names), 4)}"
    if found.since <= 1:
        remedy = (
            "It is so from the first step: look at these recordings, and at the network's weights if they "
            "were loaded."
        )
    elif about.sixteen_bits and not about.too_high:
        remedy = "Set trainer.precision to bf16-mixed or 32: 16-mixed overflows early."
    else:
        remedy = f"{about.advised_rate}, and trainer.gradient_clip_val to 1.0."
    path = "trainer.precision" if about.sixteen_bits and not about.too_high else "model.lr"
    return Diagnosis("error", path, f"{reason} (learning rate {about.rate:g})", remedy)


def divergence(found: Runaway, about: Circumstances) -> Diagnosis:
    """A loss that grows."""
    reason = (
        f"the loss has run away: {found.now:.3g} a phoneme, after {found.best:.3g} at its best "
        f"(learning rate {about.rate:g})"
    )
    remedy = (
        f"{about.advised_rate}, with model.scheduler warmup_linear, and trainer.gradient_clip_val to 1.0."
    )
    return Diagnosis("error", "model.lr", reason, remedy)


def silence(steps: int, loss: float, symbol: str, about: Circumstances, *, ended: bool = False) -> Diagnosis:
    """Nothing but one symbol, for long and without progress, or at the end of the run."""
    when = f"for the run's last {steps} steps" if ended else f"for {steps} steps"
    reason = f"{when} the network has said nothing but {symbol}, and its loss is {loss:.3g} a phoneme"
    if about.far_too_high:
        cause = f"the learning rate {about.rate:g} is too high to learn anything"
        return Diagnosis("warning", "model.lr", f"{reason}: {cause}", f"{about.advised_rate}.")
    if about.trained == "head":
        cause = (
            f"only the head learns ({about.trained_share:.2%} of the weights), and what the frozen encoder "
            "gives it does not tell phonemes apart, as when the encoder's weights are random"
        )
        remedy = (
            "Give a pretrained model in model.pretrained_name, or set model.freeze_transformer and "
            "model.freeze_feature_extractor to false. If the encoder is pretrained, raise model.head_lr."
        )
        return Diagnosis("warning", "model.freeze_transformer", f"{reason}: {cause}", remedy)
    if ended:
        remedy = (
            "CTC networks begin so: train for longer (trainer.max_epochs), for some hundred steps at least."
        )
        return Diagnosis("advice", "trainer.max_epochs", reason, remedy)
    remedy = (
        "See whether labels and recordings belong together. If they do, try another model.lr (or auto) with "
        "warmup_linear, shorter recordings first, or more data."
    )
    return Diagnosis("warning", "model.lr", f"{reason}, no longer falling", remedy)


def dead_head(norm: float | None) -> Diagnosis:
    """A head without gradient."""
    what = "no gradient" if norm is None else "a gradient of zero"
    reason = f"the CTC head gets {what}: it learns nothing"
    remedy = (
        "See whether all labels are longer than their recordings' frames (./run.sh check CONFIG), and "
        "whether a callback or a network of your own cuts the head off."
    )
    return Diagnosis("error", "model", reason, remedy)


def starvation(found: Waiting, about: Circumstances) -> Diagnosis:
    """A device that waits for batches."""
    cores = len(os.sched_getaffinity(0))
    reason = f"{found.share:.0%} of the time passes in waiting for batches ({found.seconds:.0f} s so far)"
    if about.workers < max(1, cores - 1):
        remedy = f"Raise data.num_workers from {about.workers} to auto ({cores} cores are there)."
        return Diagnosis("warning", "data.num_workers", reason, remedy)
    remedy = f"All {cores} cores are at work: take out or cheapen augmentations, or use a machine with more."
    return Diagnosis("warning", "data.augmentations", reason, remedy)


def too_long(share: float, names: Sequence[str]) -> Diagnosis:
    """Labels that are longer than their frames."""
    reason = (
        f"{share:.0%} of the utterances looked at have labels longer than the frames that are left of them "
        f"in training ({shorten(list(names), 4)}): nothing is learnt from them"
    )
    remedy = (
        "Take a network with more frames a second, or leave out augmentation that makes speech faster "
        "(TimeStretch, stretch in model.network_config)."
    )
    return Diagnosis("warning", "data.augmentations", reason, remedy)


def overfitting(validations: int) -> Diagnosis:
    """Validation that gets worse while training gets better."""
    reason = (
        f"the training loss falls, and for {validations} validations nothing has been better: it overfits"
    )
    remedy = (
        "The best checkpoint is kept. Add data, data.augmentations or dropout, raise weight_decay, or let "
        "EarlyStopping end the run."
    )
    return Diagnosis("advice", "data.augmentations", reason, remedy)
