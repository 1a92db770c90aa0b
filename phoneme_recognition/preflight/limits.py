"""The limits of the ``trainer`` section that are easily forgotten: a run that sees a part of its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phoneme_recognition.diagnosis import Diagnosis

_LIMITED = {"train": "each epoch learns from", "val": "validation measures", "test": "the test measures"}


def check_limits(trainer: Mapping[str, Any]) -> list[Diagnosis]:
    """Name what keeps a run from seeing all of its data, and a run without an end."""
    found = []
    for split, words in _LIMITED.items():
        path, limit = f"limit_{split}_batches", trainer.get(f"limit_{split}_batches")
        if limit is not None and limit != 1.0:
            part = f"{limit:.0%}" if isinstance(limit, float) else f"{limit} batches"
            reason = f"{words} {part} of the recordings only"
            found.append(_advice(path, reason, "Set it to 1.0 for all of them."))
    if trainer.get("fast_dev_run"):
        found.append(
            _advice("fast_dev_run", "a trial of all steps: nothing is learnt or saved", "Set it to false.")
        )
    if trainer.get("overfit_batches"):
        reason = "the run learns a few batches by heart: its error rates mean nothing"
        found.append(_advice("overfit_batches", reason, "Set it to 0.0 to train."))
    ends = [trainer.get("max_epochs") not in (None, -1), trainer.get("max_steps", -1) not in (None, -1)]
    if trainer.get("max_epochs") == -1 and not any(ends) and not trainer.get("max_time"):
        reason = "the run has no end"
        found.append(_advice("max_epochs", reason, "Set it, or trainer.max_steps or trainer.max_time."))
    return found


def _advice(name: str, reason: str, remedy: str) -> Diagnosis:
    return Diagnosis("advice", f"trainer.{name}", reason, remedy)
