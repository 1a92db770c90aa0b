"""A DataLoader that can go on in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.dataset import BatchDataset


class ResumableLoader(DataLoader[Batch]):
    """Batches of a plan, with its position kept for checkpoints.

    The plan of an epoch is a pure function of seed and epoch, so the position is one number. Lightning
    stores and restores it through ``state_dict`` and ``load_state_dict``.

    Args:
        dataset: gives a batch for a list of draws.
        plan: which batches an epoch has.
        num_workers: loader processes, kept between epochs; they hold no random state.
        pin_memory: page-locked batches, for a GPU.
    """

    def __init__(
        self, dataset: BatchDataset, plan: BatchPlan, *, num_workers: int = 0, pin_memory: bool = False
    ) -> None:
        super().__init__(
            dataset,
            batch_size=None,
            sampler=plan,
            num_workers=num_workers,
            pin_memory=pin_memory,
            persistent_workers=num_workers > 0,
        )
        self.plan = plan
        self._handed_out = 0

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        self._handed_out = self.plan.first_batch
        for batch in super().__iter__():
            # Counted before it is handed out: a checkpoint is written while the consumer works on it.
            self._handed_out += 1
            yield batch

    def state_dict(self) -> dict[str, Any]:
        """How many batches of this epoch have been handed out; 0 at its end, when the next one begins."""
        return {"batches": self._handed_out % max(1, len(self.plan))}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Begin the next epoch that is asked for at the stored position."""
        self.plan.first_batch = int(state["batches"])
