"""The schedule: parameters that nothing reads, and a warm-up that does not fit the run."""

from __future__ import annotations

from dataclasses import fields

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.diagnosis import Diagnosis

USED: dict[str | None, tuple[str, ...]] = {
    None: (),
    "StepLR": ("step_size", "gamma"),
    "MultiStepLR": ("milestones", "gamma"),
    "ReduceLROnPlateau": ("metric_scheduler", "metric_patience", "min_lr", "gamma"),
    "warmup_cosine": ("warmup_steps",),
    "warmup_linear": ("warmup_steps",),
}
"""The parameters that each schedule reads."""


def check_schedule(
    model: ModelSection, *, steps: int | None = None, epochs: int | None = None
) -> list[Diagnosis]:
    """Judge the schedule's parameters.

    Args:
        model: the section.
        steps: optimizer steps of the whole run, None where nobody knows.
        epochs: epochs of the whole run, None where it is limited otherwise.
    """
    return [*_unused(model), *_misfits(model, steps, epochs)]


def _unused(model: ModelSection) -> list[Diagnosis]:
    """Parameters that were given and are not read; those with their default value were not given."""
    defaults = ModelSection()
    known = {name for names in USED.values() for name in names}
    given = [
        field.name
        for field in fields(model)
        if field.name in known and getattr(model, field.name) != getattr(defaults, field.name)
    ]
    why = "no scheduler is chosen" if model.scheduler is None else f"{model.scheduler} does not use it"
    found = []
    for name in given:
        if name not in USED[model.scheduler]:
            users = " or ".join(str(scheduler) for scheduler, names in USED.items() if name in names)
            remedy = f"Remove it, or set model.scheduler to {users}."
            found.append(Diagnosis("warning", f"model.{name}", f"{why}, so it has no effect", remedy))
    return found


def _misfits(model: ModelSection, steps: int | None, epochs: int | None) -> list[Diagnosis]:
    warmup = str(model.scheduler).startswith("warmup")
    found = []
    if warmup and not model.warmup_steps:
        reason = f"{model.scheduler} without warm-up begins at the full rate"
        found.append(Diagnosis("advice", "model.warmup_steps", reason, "Give it a tenth of the run's steps."))
    if warmup and steps and model.warmup_steps >= steps:
        reason = f"the run has about {steps} steps: the rate rises to its end and never falls"
        remedy = f"Set it to about {max(1, steps // 10)}, or train for longer."
        found.append(Diagnosis("warning", "model.warmup_steps", reason, remedy))
    if model.scheduler == "ReduceLROnPlateau" and model.lr != "auto" and model.min_lr >= model.lr:
        reason = f"{model.min_lr:g} is not below model.lr ({model.lr:g}): the rate can never fall"
        found.append(Diagnosis("warning", "model.min_lr", reason, "Set it to a hundredth of model.lr."))
    late = [epoch for epoch in model.milestones if epochs and epoch >= epochs]
    if model.scheduler == "MultiStepLR" and late:
        reason = f"the run ends after {epochs} epochs, before {', '.join(map(str, late))}"
        found.append(Diagnosis("warning", "model.milestones", reason, "Choose epochs within the run."))
    return found
