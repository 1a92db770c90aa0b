"""From utterances to a padded batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Keeps the division finite for an utterance without any energy (the constant of Hugging Face's extractors).
VARIANCE_FLOOR = 1e-7


# The rate of the time grid on which a batch says which phone is heard, and what it says where that is unknown
# (what torch's losses leave out).
GRID_RATE = 100
UNKNOWN_PHONE = -100


class Example(NamedTuple):
    """One utterance, ready to be batched.

    Attributes:
        utterance_id: as the corpus gave it.
        samples: (num_samples,) float32; none where there are states.
        phoneme_ids: (num_phonemes,) int64.
        seed: what its random draws come from.
        phones: (num_points,) int64 ids on a time grid, empty where the corpus has no phone times.
        states: (frames, ...) float16, what the constant part of the network made of them; None: unknown.
    """

    utterance_id: str
    samples: NDArray[np.float32]
    phoneme_ids: NDArray[np.int64]
    seed: int
    phones: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    states: NDArray[np.float16] | None = None


class Batch(NamedTuple):
    """Utterances padded to the longest.

    Attributes:
        utterance_ids: one for each utterance; none where the batch only keeps a process in step with the
            others and counts for nothing.
        waveforms: (batch, samples) float32; without samples where there are states.
        lengths: (batch,) int64, samples (of states: frames) of each utterance that are no padding.
        labels: (batch, phonemes) int64, padded with 0.
        label_lengths: (batch,) int64.
        seeds: (batch,) int64, what each utterance's random draws (SpecAugment) come from.
        phones: (batch, points) int64, the phone (the blank in a pause) at each point of an even time grid;
            ``UNKNOWN_PHONE`` where nobody knows, and behind an utterance's end.
        phone_lengths: (batch,) int64, points of each utterance, 0 where the corpus has no phone times.
        states: (batch, frames, ...) float16, what the constant part of the network made of the waveforms;
            None where it is yet to be run.
    """

    utterance_ids: list[str]
    waveforms: Tensor
    lengths: Tensor
    labels: Tensor
    label_lengths: Tensor
    seeds: Tensor
    phones: Tensor
    phone_lengths: Tensor
    states: Tensor | None = None


def normalise_waveform(
    samples: NDArray[np.float32], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Zero mean and unit variance over the samples of one utterance.

    Args:
        samples: (num_samples,) float32.
        out: where the result goes, which may be ``samples``; None for a new array.
    """
    # ``var`` would find and take away the mean once more; the sums are the same, bit for bit.
    centred: NDArray[np.float32] = np.subtract(samples, samples.mean(), out=out)
    centred /= np.sqrt(np.square(centred).mean() + VARIANCE_FLOOR)
    return centred


def phone_grid(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    phoneme_ids: NDArray[np.int64],
    duration: float,
    *,
    pause_id: int,
) -> NDArray[np.int64]:
    """Which phone is heard at each point of a time grid.

    Args:
        starts: (num_phones,) in seconds, rising.
        ends: (num_phones,) in seconds.
        phoneme_ids: (num_phones,).
        duration: of the utterance, in seconds.
        pause_id: what stands where no phone is.

    Returns:
        (num_points,) ids, ``GRID_RATE`` a second; each stands for the middle of its stretch of time.
    """
    times = (np.arange(max(1, round(duration * GRID_RATE))) + 0.5) / GRID_RATE
    at = np.searchsorted(starts, times, side="right") - 1
    return np.where((at >= 0) & (times < ends[at]), phoneme_ids[at], pause_id)


def pad_waveforms(
    waveforms: Sequence[NDArray[np.float32]], padding_value: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Waveforms of any lengths as (batch, samples) float32 and their (batch,) lengths."""
    return _padded(waveforms, padding_value)


def _padded(rows: Sequence[NDArray[Any]], filling: float) -> tuple[Tensor, Tensor]:
    """Rows of different lengths, each (length, ...), as (batch, longest, ...) and (batch,) lengths."""
    lengths = [len(row) for row in rows]
    padded = np.empty((len(rows), max(lengths), *rows[0].shape[1:]), dtype=rows[0].dtype)
    for place, row, length in zip(padded, rows, lengths, strict=True):
        place[:length] = row
        place[length:] = filling
    return torch.from_numpy(padded), torch.tensor(lengths, dtype=torch.int64)


def collate(examples: Sequence[Example], *, padding_value: float = 0.0) -> Batch:
    """Pad examples to one batch, in the order given."""
    known = [example.states for example in examples if example.states is not None]
    if len(known) == len(examples):
        states, lengths = _padded(known, 0.0)
        waveforms = torch.empty(len(examples), 0)
    else:
        states = None
        waveforms, lengths = pad_waveforms([example.samples for example in examples], padding_value)
    labels = [torch.tensor(example.phoneme_ids) for example in examples]
    return Batch(
        utterance_ids=[example.utterance_id for example in examples],
        waveforms=waveforms,
        lengths=lengths,
        labels=torch.nn.utils.rnn.pad_sequence(labels, batch_first=True),
        label_lengths=torch.tensor([len(label) for label in labels], dtype=torch.int64),
        seeds=torch.tensor([example.seed for example in examples], dtype=torch.int64),
        phones=torch.nn.utils.rnn.pad_sequence(
            [torch.from_numpy(example.phones) for example in examples],
            batch_first=True,
            padding_value=UNKNOWN_PHONE,
        ),
        phone_lengths=torch.tensor([len(example.phones) for example in examples], dtype=torch.int64),
        states=states,
    )
