"""The cached table as a torch dataset that gives whole batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset, get_worker_info

from phoneme_recognition.data.batching import Draw
from phoneme_recognition.data.collate import Batch, Example, collate, phone_grid
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.data.states import Heard, TableStates
from phoneme_recognition.data.table import UtteranceTable
from phoneme_recognition.data.utterance import Utterance
from phoneme_recognition.errors import UserError
from phoneme_recognition.randomness import draw_seed

_NO_PHONES = np.empty(0, dtype=np.int64)
_NO_SAMPLES = np.empty(0, dtype=np.float32)


class BatchDataset(Dataset[Batch | UserError]):
    """Batches by the draws of a :class:`~phoneme_recognition.data.batching.BatchPlan`.

    Args:
        table: the cached utterances.
        listen: makes waveforms of their samples.
        states: what the constant part of the network made of them, to be given in the place of waveforms
            where it is known of a whole batch.
        seed: what each draw's own seed is made from, with its epoch and row.
        pause_id: batches say which phone is heard when, and this id in a pause; None leaves that out.
    """

    def __init__(
        self,
        table: UtteranceTable,
        listen: Listener,
        *,
        states: TableStates | None = None,
        seed: int = 0,
        pause_id: int | None = None,
    ) -> None:
        self.table = table
        self._listen = listen
        self._states = states
        self._seed = seed
        self._pause_id = pause_id

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, draws: Sequence[Draw]) -> Batch | UserError:
        """The batch of these draws; or, in a loader process, the error that a user can mend.

        An exception that leaves such a process comes out as the text of a traceback; a value comes out
        as it is, and ``ResumableLoader`` raises it.
        """
        try:
            return collate(self._examples(draws), padding_value=self._listen.padding_value)
        except UserError as error:
            if get_worker_info() is None:
                raise
            return error.with_traceback(None)

    def _examples(self, draws: Sequence[Draw]) -> list[Example]:
        heard = [None] * len(draws) if self._states is None else self._states.find(draws)
        return [self._example(draw, known) for draw, known in zip(draws, heard, strict=True)]

    def _example(self, draw: Draw, known: Heard | None) -> Example:
        utterance = self.table[draw.row]
        seed = draw_seed(self._seed, draw.epoch, draw.row)
        samples = self._listen(utterance.samples, seed) if known is None else _NO_SAMPLES
        # A transform that changed the length has moved the phones, nobody knows where to.
        num_samples = len(samples) if known is None else known.num_samples
        phones = self._phones(utterance) if num_samples == len(utterance.samples) else _NO_PHONES
        states = None if known is None else known.states
        return Example(utterance.utterance_id, samples, utterance.phoneme_ids, seed, phones, states)

    def _phones(self, utterance: Utterance) -> NDArray[np.int64]:
        """The phones on the time grid; none where there are no times for all of them."""
        segments = utterance.segments
        if self._pause_id is None or not segments or len(segments) != len(utterance.phoneme_ids):
            return _NO_PHONES
        return phone_grid(
            np.array([segment.start for segment in segments]),
            np.array([segment.end for segment in segments]),
            utterance.phoneme_ids,
            len(utterance.samples) / self.table.sampling_rate,
            pause_id=self._pause_id,
        )
