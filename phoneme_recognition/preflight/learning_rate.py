"""The learning rate against what is trained.

The ranges are those in which the field trains: fine-tuned wav2vec 2.0 models at 1e-5 to 1e-4 (Baevski et al.,
2020), linear heads on frozen encoders at 1e-3 to 1e-2 (SUPERB, Yang et al., 2021), Muon by its authors' 0.02.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.diagnosis import Diagnosis, Level
from phoneme_recognition.models import COMPACT

Trained = Literal["head", "encoder", "transformer", "compact"]


class Span(NamedTuple):
    """The rates that suit; both ends belong to it."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


WORDS: dict[Trained, str] = {
    "head": "a head on a frozen stack",
    "encoder": "the fine-tuning of a pretrained encoder",
    "transformer": "a transformer from scratch",
    "compact": "a small network from scratch",
}
SPANS: dict[str, dict[Trained, Span]] = {
    "AdamW": {
        "head": Span(1e-3, 1e-2),
        "encoder": Span(1e-5, 1e-4),
        "transformer": Span(1e-4, 2e-3),
        "compact": Span(1e-3, 1e-2),
    },
    "SGD": {
        "head": Span(1e-2, 1.0),
        "encoder": Span(1e-4, 1e-2),
        "transformer": Span(1e-3, 1e-1),
        "compact": Span(1e-2, 3e-1),
    },
    "Muon": {
        "encoder": Span(1e-4, 2e-3),
        "transformer": Span(5e-3, 5e-2),
        "compact": Span(5e-3, 5e-2),
    },
}
# A rate so many times too low still learns, only slowly; one so many times too high does with a schedule.
_SLOW, _STEEP = 4, 5


def what_is_trained(model: ModelSection, *, from_scratch: bool) -> Trained:
    """What ``model.lr`` steers."""
    if model.network_name == COMPACT:
        return "compact" if from_scratch else "encoder"
    if model.freeze_feature_extractor and model.freeze_transformer:
        return "head"
    return "transformer" if from_scratch else "encoder"


def check_learning_rate(model: ModelSection, *, from_scratch: bool) -> list[Diagnosis]:
    """Judge ``lr`` and ``head_lr``.

    Args:
        model: the section.
        from_scratch: the weights start random; else they come from a pretrained model or a checkpoint.
    """
    trained = what_is_trained(model, from_scratch=from_scratch)
    if trained == "head" and model.optimizer == "Muon":
        reason = "Muon trains the matrices inside a network, and only a head is trained here"
        return [Diagnosis("warning", "model.optimizer", reason, "Set it to AdamW, with lr 0.001 to 0.01.")]
    if model.lr == "auto":
        return _check_auto(model)
    found = []
    # A head with a rate of its own leaves nothing to ``lr`` where the stack is frozen.
    if trained != "head" or model.head_lr is None:
        found += _judge("model.lr", model.lr, trained, model)
    if model.head_lr is not None and not from_scratch:
        found += _judge("model.head_lr", model.head_lr, "head", model)
    if trained == "transformer" and model.scheduler is None:
        reason = "a transformer from scratch at its full rate from the first step on often stays at blanks"
        remedy = "Set model.scheduler to warmup_linear and model.warmup_steps to a tenth of the run's steps."
        found.append(Diagnosis("advice", "model.scheduler", reason, remedy))
    return found


def _check_auto(model: ModelSection) -> list[Diagnosis]:
    """The finder moves one rate for all that is trained."""
    found = []
    if model.optimizer == "Muon":
        reason = "the finder tries one rate for all weights, and Muon has two (lr and adamw_lr)"
        found.append(Diagnosis("error", "model.lr", reason, "Set model.lr to 0.02, or take AdamW."))
    if model.head_lr is not None:
        reason = "the finder tries one rate for all weights, and the head has its own"
        found.append(Diagnosis("error", "model.head_lr", reason, "Set it to null, or model.lr to a number."))
    return found


def _judge(path: str, rate: float, trained: Trained, model: ModelSection) -> list[Diagnosis]:
    span = SPANS[model.optimizer].get(trained)
    if span is None or span.low <= rate <= span.high:
        return []
    suits = f"{WORDS[trained]} ({span} with {model.optimizer})"
    level: Level
    if rate < span.low:
        level = "advice" if rate * _SLOW >= span.low * (1 - 1e-9) else "warning"
        return [Diagnosis(level, path, f"{rate:g} is low for {suits}: it learns slowly", _remedy(path, span))]
    steep = rate <= span.high * _STEEP * (1 + 1e-9)
    level = "advice" if steep and model.scheduler else "warning"
    if steep:
        reason = f"{rate:g} is high for {suits}: " + (
            "watch the loss" if model.scheduler else "without a schedule it may never settle"
        )
    else:
        reason = f"{rate:g} is far too high for {suits}: the loss runs away, or the network says only blanks"
    return [Diagnosis(level, path, reason, _remedy(path, span))]


def _remedy(path: str, span: Span) -> str:
    return f"Set {path} between {span.low:g} and {span.high:g}, or try model.lr=auto."
