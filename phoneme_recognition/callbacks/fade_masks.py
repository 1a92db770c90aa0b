"""Hiding less and less of the features towards the end of training."""

from __future__ import annotations

import math

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from phoneme_recognition.errors import UserError
from phoneme_recognition.models.feature_augmentation import FeatureAugmentation


class FadeMasks(Callback):
    """Make the masks of a ``CompactCTC``'s feature augmentation narrower until there are none.

    Masks keep a network from learning its recordings by heart, but one that has never heard whole speech
    does worse on it. The width falls in a straight line between two points of the run.

    Args:
        start: share of the run's optimizer steps after which masks begin to fade.
        end: share after which nothing is hidden any more.

    Raises:
        ValueError: not 0 <= start <= end <= 1.
    """

    def __init__(self, start: float = 0.4, end: float = 0.85) -> None:
        super().__init__()
        if not 0 <= start <= end <= 1:
            raise ValueError(f"expected 0 <= start <= end <= 1, got start {start}, end {end}")
        self.start, self.end = start, end
        self._steps = math.inf
        self._parts: list[FeatureAugmentation] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """See how long the run is, and where there are masks.

        Raises:
            UserError: nobody knows the length of the run.
        """
        self._steps = trainer.estimated_stepping_batches
        self._parts = [part for part in pl_module.modules() if isinstance(part, FeatureAugmentation)]
        if not math.isfinite(self._steps):
            raise UserError(
                "FadeMasks needs to know the length of the run",
                remedy="Set trainer.max_epochs or trainer.max_steps.",
            )

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int
    ) -> None:
        """Set the width from the step alone, so that a resumed run goes on with the same."""
        strength = self.strength(trainer.global_step / self._steps)
        for part in self._parts:
            part.mask_strength = strength

    def strength(self, progress: float) -> float:
        """The factor of the masks' widths at a share of the run."""
        if progress >= self.end:
            return 0.0
        return min(1.0, (self.end - progress) / (self.end - self.start)) if progress > self.start else 1.0
