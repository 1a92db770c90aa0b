"""The mean loss of utterances, over any number of batches and processes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class MeanLoss(Metric):
    """Mean of the batches' mean losses, each weighing as much as it has utterances.

    Lightning's own mean rounds the number of utterances a process down (2.6), so that on several processes
    it comes out too high.

    Args:
        **kwargs: as for ``torchmetrics.Metric``.

    Example:
        >>> mean = MeanLoss()
        >>> mean.update(torch.tensor(2.0), 3)
        >>> mean.update(torch.tensor(6.0), 1)
        >>> float(mean.compute())
        3.0
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    total: Tensor
    utterances: Tensor

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.add_state("total", default=torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("utterances", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss: Tensor, utterances: int) -> None:
        """Add a batch: its mean loss, a scalar, and how many utterances it has.

        A batch of none counts for nothing, whatever its loss.
        """
        if utterances:
            self.total = self.total + loss.detach().float() * utterances
            self.utterances = self.utterances + utterances

    def compute(self) -> Tensor:
        """The mean, a float32 scalar; nan where one of the losses was."""
        return self.total / self.utterances
