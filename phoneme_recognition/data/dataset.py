"""The cached table as a torch dataset that gives whole batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset, get_worker_info

from phoneme_recognition.audio.augmentation import WaveformTransform, augment
from phoneme_recognition.data.batching import Draw
from phoneme_recognition.data.cache import UtteranceTable
from phoneme_recognition.data.collate import Batch, Example, collate, normalise_waveform, phone_grid
from phoneme_recognition.data.utterance import Utterance
from phoneme_recognition.errors import UserError
from phoneme_recognition.randomness import draw_seed

PCM_SCALE = 1 / 32768
_NO_PHONES = np.empty(0, dtype=np.int64)


class BatchDataset(Dataset[Batch | UserError]):
    """Batches by the draws of a :class:`~phoneme_recognition.data.batching.BatchPlan`.

    Args:
        table: the cached utterances.
        transforms: waveform augmentation, applied before the normalisation; none for measuring.
        normalise: zero mean and unit variance for each utterance, over its own samples.
        padding_value: what shorter waveforms are filled with.
        seed: what each draw's own seed is made from, with its epoch and row.
        pause_id: batches say which phone is heard when, and this id in a pause; None leaves that out.
    """

    def __init__(
        self,
        table: UtteranceTable,
        *,
        transforms: Sequence[WaveformTransform] = (),
        normalise: bool = True,
        padding_value: float = 0.0,
        seed: int = 0,
        pause_id: int | None = None,
    ) -> None:
        self.table = table
        self._transforms = transforms
        self._normalise = normalise
        self._padding_value = padding_value
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
            return collate([self._example(draw) for draw in draws], padding_value=self._padding_value)
        except UserError as error:
            if get_worker_info() is None:
                raise
            return error.with_traceback(None)

    def _example(self, draw: Draw) -> Example:
        utterance = self.table[draw.row]
        seed = draw_seed(self._seed, draw.epoch, draw.row)
        samples = utterance.samples.astype(np.float32) * np.float32(PCM_SCALE)
        if self._transforms:
            samples = augment(samples, self._transforms, sampling_rate=self.table.sampling_rate, seed=seed)
        if self._normalise:
            samples = normalise_waveform(samples)
        # A transform that changed the length has moved the phones, nobody knows where to.
        moved = len(samples) != len(utterance.samples)
        phones = _NO_PHONES if moved else self._phones(utterance)
        return Example(utterance.utterance_id, samples, utterance.phoneme_ids, seed, phones)

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
