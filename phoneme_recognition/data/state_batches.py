"""Recordings on their way through the constant part of a network: in batches of like length, each once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from phoneme_recognition.data.clips import Clips
from phoneme_recognition.data.collate import pad_waveforms
from phoneme_recognition.data.listening import Listener
from phoneme_recognition.errors import UserError
from phoneme_recognition.randomness import draw_seed


class Unheard(NamedTuple):
    """Recordings of one folder that are to be heard.

    Attributes:
        pairs: (n, 2) number of a recording and of its view.
        waveforms: (n, samples) float32.
        lengths: (n,) int64 samples.
    """

    pairs: NDArray[np.int64]
    waveforms: Tensor
    lengths: Tensor


class UnheardBatches(Dataset[Unheard | UserError]):
    """Batches of recordings, each in one of its views.

    Args:
        folder: the cache folder of the recordings.
        batches: (n, 2) clips and views each, see :func:`cut_by_length`.
        listen: makes waveforms of their samples.
        seed: a view is drawn from it, the recording and the number of the view.
    """

    def __init__(
        self, folder: Path, batches: Sequence[NDArray[np.int64]], listen: Listener, *, seed: int
    ) -> None:
        self._clips = Clips(folder)
        self._batches, self._listen, self._seed = batches, listen, seed

    @property
    def sampling_rate(self) -> int:
        """Of the waveforms, in Hz."""
        return self._listen.sampling_rate

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> Unheard | UserError:
        """One batch; in a loader process, the error that a user can mend instead of an exception."""
        pairs = self._batches[number]
        try:
            waveforms, lengths = pad_waveforms([self._heard(*pair) for pair in pairs.tolist()])
        except UserError as error:
            if get_worker_info() is None:
                raise
            return error.with_traceback(None)
        return Unheard(pairs, waveforms, lengths)

    def _heard(self, clip: int, view: int) -> NDArray[np.float32]:
        return self._listen(self._clips[clip], draw_seed(self._seed, view, clip))


def cut_by_length(
    pairs: NDArray[np.int64], num_samples: NDArray[np.int64], budget: int
) -> list[NDArray[np.int64]]:
    """Batches of like length, the longest first, so that what does not fit into memory shows at once.

    Args:
        pairs: (n, 2) clips and views.
        num_samples: (n,) of each.
        budget: samples a batch, padding counted; a longer recording makes a batch of its own.
    """
    order = np.argsort(-num_samples, kind="stable")
    batches, first = [], 0
    while first < len(order):
        size = max(1, int(budget // max(1, num_samples[order[first]])))
        batches.append(pairs[order[first : first + size]])
        first += size
    return batches
