"""Measuring and keeping a moving average of the weights instead of the weights themselves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


class MovingAverage(WeightAveraging):
    """Exponential moving average of weights and batch statistics, from the first step on.

    Validation and checkpoints see the average, which is smoother than the weights of any one step (Polyak and
    Juditsky, 1992). It forgets faster at the beginning, so that the random weights at the start do not
    linger in it.

    Args:
        decay: how much of the average a step keeps in the long run; 0.995 looks back some 200 steps.
    """

    def __init__(self, decay: float = 0.995) -> None:
        super().__init__(multi_avg_fn=self._average)
        self.decay = decay

    @torch.no_grad()
    def _average(self, averaged: Sequence[Tensor], current: Sequence[Tensor], number: Tensor | int) -> None:
        decay = min(self.decay, (1 + int(number)) / (10 + int(number)))
        pairs = list(zip(averaged, current, strict=True))
        weights = [(old, new) for old, new in pairs if old.is_floating_point()]
        if weights:
            # All at once: on a GPU a kernel a tensor would take longer than the arithmetic.
            torch._foreach_lerp_([old for old, _ in weights], [new for _, new in weights], 1 - decay)
        for old, new in pairs:
            if not old.is_floating_point():
                old.copy_(new)
