"""Optimizers and learning-rate schedules by their names in the config."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR, MultiStepLR, ReduceLROnPlateau, StepLR

from phoneme_recognition.errors import UserError
from phoneme_recognition.models.muon import Muon

OPTIMIZERS: dict[str, type[optim.Optimizer]] = {"AdamW": optim.AdamW, "SGD": optim.SGD}

# The parts of a network that stand on the encoder and always start from nothing.
_HEADS = frozenset({"head", "layer_weights", "frame_head"})

# Arguments of torch's optimizers that choose between its implementations, and where the fused one is at home.
_HOW_TO_STEP = frozenset({"fused", "foreach", "differentiable"})
_FUSED_DEVICES = frozenset({"cpu", "cuda"})


@dataclass(frozen=True)
class Optimization:
    """What is stepped and how; the keys of the config's ``model`` section.

    ``step_size``, ``milestones`` and ``metric_patience`` count epochs, ``warmup_steps`` optimizer steps.
    """

    optimizer: str = "AdamW"
    optimizer_args: Mapping[str, Any] = field(default_factory=dict)
    lr: float = 5e-4
    head_lr: float | None = None
    scheduler: str | None = None
    step_size: int = 2
    gamma: float = 0.1
    milestones: tuple[int, ...] = ()
    metric_scheduler: str = "val_loss"
    metric_patience: int = 10
    min_lr: float = 1e-6
    warmup_steps: int = 0


def build_optimizer(
    parameters: Iterable[tuple[str, nn.Parameter]], plan: Optimization, *, fused: bool = False
) -> optim.Optimizer:
    """The optimizer over those parameters, given with their names in the network, that are trained.

    Args:
        parameters: of the network.
        plan: the optimizer's name and arguments.
        fused: let torch step all parameters in one go where it can, unless the arguments say how to.

    Raises:
        UserError: ``optimizer_args`` holds what the optimizer does not take, or nothing is left to train.
    """
    trained = [(name, parameter) for name, parameter in parameters if parameter.requires_grad]
    if not trained:
        raise UserError("nothing is left to train", remedy="Set one of the freezes in model to false.")
    arguments = {"lr": plan.lr, **plan.optimizer_args}
    # torch wants pairs where YAML has lists.
    arguments = {
        name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()
    }
    try:
        if plan.optimizer == "Muon":
            return Muon(trained, **arguments)
        if fused and not arguments.keys() & _HOW_TO_STEP and _can_be_fused(trained):
            arguments["fused"] = True
        return OPTIMIZERS[plan.optimizer](_groups(trained, plan.head_lr), **arguments)
    except (TypeError, ValueError) as error:
        raise UserError(
            "model.optimizer_args", expected=f"arguments of {plan.optimizer}", got=str(error)
        ) from None


def _can_be_fused(trained: Sequence[tuple[str, nn.Parameter]]) -> bool:
    return all(
        parameter.is_floating_point() and parameter.device.type in _FUSED_DEVICES for _, parameter in trained
    )


def _groups(trained: Sequence[tuple[str, nn.Parameter]], head_lr: float | None) -> list[dict[str, Any]]:
    """The parameters in groups of one learning rate each; the head's own comes last."""
    if head_lr is None:
        return [{"params": [parameter for _, parameter in trained]}]
    head = [parameter for name, parameter in trained if name.partition(".")[0] in _HEADS]
    body = [parameter for name, parameter in trained if name.partition(".")[0] not in _HEADS]
    groups: list[dict[str, Any]] = [{"params": body}, {"params": head, "lr": head_lr}]
    return [group for group in groups if group["params"]]


def build_schedule(
    optimizer: optim.Optimizer, plan: Optimization, total_steps: float
) -> dict[str, Any] | None:
    """The schedule in the form that Lightning takes, or None for a constant rate.

    Args:
        optimizer: what it steers.
        plan: its name and parameters.
        total_steps: optimizer steps of the whole run, infinite where nobody knows.

    Raises:
        UserError: a warm-up schedule without an end.
    """
    if plan.scheduler is None:
        return None
    if plan.scheduler == "StepLR":
        return {"scheduler": StepLR(optimizer, plan.step_size, plan.gamma), "interval": "epoch"}
    if plan.scheduler == "MultiStepLR":
        return {"scheduler": MultiStepLR(optimizer, list(plan.milestones), plan.gamma), "interval": "epoch"}
    if plan.scheduler == "ReduceLROnPlateau":
        plateau = ReduceLROnPlateau(
            optimizer, factor=plan.gamma, patience=plan.metric_patience, min_lr=plan.min_lr
        )
        # Not strict: an epoch without validation has no such metric.
        return {
            "scheduler": plateau,
            "interval": "epoch",
            "monitor": plan.metric_scheduler,
            "strict": False,
        }
    if not math.isfinite(total_steps):
        raise UserError(
            f"model.scheduler {plan.scheduler} needs to know the length of the run",
            remedy="Set trainer.max_epochs or trainer.max_steps.",
        )
    shape = cosine_decay if plan.scheduler == "warmup_cosine" else linear_decay
    factor = partial(warmup_factor, warmup=plan.warmup_steps, total=int(total_steps), decay=shape)
    return {"scheduler": LambdaLR(optimizer, factor), "interval": "step"}


def cosine_decay(progress: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter, 2017, SGDR, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def linear_decay(progress: float) -> float:
    """A straight line from 1 to 0."""
    return 1 - progress


def warmup_factor(step: int, *, warmup: int, total: int, decay: Any) -> float:
    """What the learning rate is multiplied by at an optimizer step, counted from 0.

    It rises in a straight line over the first ``warmup`` steps, of which the first is not wasted on a
    rate of 0, then falls along ``decay`` and reaches 0 after ``total`` steps.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    return float(decay(progress))
