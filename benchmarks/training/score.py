"""The measure for both sides of a training benchmark: the same sentences, one at a time, the same scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import ctc_loss, log_softmax

from benchmarks.training.corpus import corpus_arguments
from dataset_modules.custom_audio import CustomAudioDataset
from phoneme_recognition.decoding.greedy import greedy_decode
from phoneme_recognition.metrics.error_rates import NOTHING, edit_counts
from phoneme_recognition.phonemes.vocabulary import Vocabulary

# Seconds of training speech whose loss is measured.
TRAIN_SECONDS = 60.0


class Example(NamedTuple):
    """Samples (float32, -1 … 1) of an utterance and its label."""

    samples: NDArray[np.float32]
    labels: list[int]


def read_split(folder: Path, split: str, vocabulary: Vocabulary) -> list[Example]:
    """The ``train`` or ``test`` recordings of a written corpus, in order of their names."""
    data = CustomAudioDataset(**corpus_arguments(folder))
    rows = data.get_train_data() if split == "train" else data.get_test_data()
    return [
        Example(
            soundfile.read(row.audio.path, dtype="float32")[0], vocabulary.encode(list(row.phonemes or ()))
        )
        for row in rows
    ]


def first_seconds(examples: Sequence[Example], seconds: float, rate: int = 16_000) -> list[Example]:
    """As many of the first examples as fit; at least one."""
    ends = np.cumsum([len(example.samples) for example in examples]) / rate
    return list(examples[: max(1, int(np.searchsorted(ends, seconds, side="right")))])


def score(
    logits_of: Callable[[NDArray[np.float32]], Tensor], examples: Sequence[Example], blank_id: int
) -> tuple[float, float]:
    """Mean CTC loss a phoneme, and phoneme error rate of greedy decoding.

    Args:
        logits_of: samples → (frames, vocabulary).
        examples: what is measured, one at a time: padding plays no part.
        blank_id: id of the blank.
    """
    losses, counts = [], NOTHING
    with torch.inference_mode():
        for samples, labels in examples:
            log_probs = log_softmax(logits_of(samples).float(), dim=-1)
            frames = torch.tensor([len(log_probs)])
            losses.append(utterance_loss(log_probs, labels, blank_id))
            (found,) = greedy_decode(log_probs[None], frames, blank_id=blank_id)
            counts = counts.plus(edit_counts(labels, list(found)))
    return float(np.mean(losses)), counts.rate


def utterance_loss(log_probs: Tensor, labels: Sequence[int], blank_id: int) -> float:
    """CTC loss of one utterance divided by its label's length, from (frames, vocabulary)."""
    target = torch.tensor([list(labels)])
    lengths = torch.tensor([len(log_probs)]), torch.tensor([len(labels)])
    loss = ctc_loss(
        log_probs[:, None], target, *lengths, blank=blank_id, reduction="mean", zero_infinity=True
    )
    return float(loss)
