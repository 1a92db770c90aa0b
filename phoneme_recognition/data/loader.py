"""A DataLoader that can go on in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch.utils.data import DataLoader

from phoneme_recognition.data.batching import BatchPlan
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.data.dataset import BatchDataset
from phoneme_recognition.errors import UserError


class ResumableLoader(DataLoader[Batch | UserError]):
    """Batches of a plan, from any of them on.

    The plan of an epoch is a pure function of seed and epoch, so the training loop's position, which
    Lightning keeps, is all that is needed to go on.

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

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        # A generator, so that nothing is planned and no worker reads ahead before the first batch is asked
        # for: Lightning makes the iterator first and only then says which epoch it is.
        first = self.plan.first_batch
        for number, batch in enumerate(super().__iter__(), start=first):
            if isinstance(batch, UserError):  # from a loader process, see BatchDataset
                raise batch
            yield batch if number < self.plan.counted else batch._replace(utterance_ids=[])

    def go_on_at(self, batch: int) -> None:
        """Begin the next epoch that is asked for, and only that one, at this batch (from 0)."""
        self.plan.first_batch = batch

    def state_dict(self) -> dict[str, Any]:
        """Nothing: there is no state. Lightning takes a loader with this method to be resumable."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to load."""
