"""How often a run goes over its recordings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from phoneme_recognition.data.datamodule import Split


def passes_over(split: Split, section: Mapping[str, Any], batches: int) -> float:
    """How often a run of this ``trainer`` section goes over a split of so many batches.

    What nobody knows (``max_time``) counts as not set.
    """
    if section.get("fast_dev_run") or not batches:
        return 0.0
    steps = int(section.get("max_steps") or -1)
    epochs = section.get("max_epochs")
    epochs = (1000 if steps < 0 else -1) if epochs is None else int(epochs)
    number = math.inf if epochs < 0 else float(epochs)
    share = _share(section.get("limit_train_batches"), batches if split == "train" else 0)
    if steps >= 0 and split == "train":
        taken = steps * int(section.get("accumulate_grad_batches") or 1)
        return min(number * share, taken / batches)
    if split == "train":
        return number * share
    every = section.get("check_val_every_n_epoch") or 1
    # Beside the validations of the training, the measurement at its end.
    return number / every * _share(section.get("limit_val_batches"), batches) + 1


def _share(limit: int | float | None, batches: int) -> float:
    if limit is None:
        return 1.0
    return float(limit) if isinstance(limit, float) else min(1.0, limit / max(1, batches))
