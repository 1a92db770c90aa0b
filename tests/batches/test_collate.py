"""Padding and normalisation, against the Hugging Face feature extractor."""

from __future__ import annotations

import numpy as np
import torch
from transformers import Wav2Vec2FeatureExtractor

from phoneme_recognition.data.collate import (
    UNKNOWN_PHONE,
    Example,
    collate,
    normalise_waveform,
    pad_waveforms,
    phone_grid,
)


def example(name: str, samples: int, label: list[int]) -> Example:
    random = np.random.default_rng(samples)
    waveform = random.normal(0.1, 0.3, samples).astype(np.float32)
    return Example(name, waveform, np.array(label, dtype=np.int64), seed=samples)


def test_shapes_lengths_and_padding() -> None:
    batch = collate([example("a", 5, [3, 1]), example("b", 8, [2])], padding_value=-9.0)
    assert batch.utterance_ids == ["a", "b"]
    assert batch.waveforms.shape == (2, 8)
    assert batch.waveforms.dtype == torch.float32
    assert batch.lengths.tolist() == [5, 8]
    assert batch.waveforms[0, 5:].tolist() == [-9.0] * 3
    assert batch.labels.tolist() == [[3, 1], [2, 0]]
    assert batch.label_lengths.tolist() == [2, 1]
    assert batch.seeds.tolist() == [5, 8]


def test_phones_lie_on_an_even_grid_with_pauses_between() -> None:
    starts, ends = np.array([0.02, 0.05]), np.array([0.04, 0.07])
    grid = phone_grid(starts, ends, np.array([7, 9]), 0.09, pause_id=0)
    # Points at 5, 15, 25, ... ms.
    assert grid.tolist() == [0, 0, 7, 7, 0, 9, 9, 0, 0]


def test_phones_are_padded_with_what_no_loss_counts() -> None:
    known = example("a", 5, [3])._replace(phones=np.array([3, 3, 0]))
    batch = collate([example("b", 8, [2]), known])
    assert batch.phones.tolist() == [[UNKNOWN_PHONE] * 3, [3, 3, 0]]
    assert batch.phone_lengths.tolist() == [0, 3]
    assert collate([example("b", 8, [2])]).phones.shape == (1, 0)


def test_normalisation_is_that_of_hugging_face() -> None:
    waveforms = [example("a", n, []).samples for n in (400, 900)]
    extractor = Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    theirs = extractor(waveforms, sampling_rate=16000, padding=True, return_tensors="pt")
    ours, lengths = pad_waveforms([normalise_waveform(waveform) for waveform in waveforms])
    assert torch.allclose(ours, theirs["input_values"], atol=1e-5)
    assert lengths.tolist() == theirs["attention_mask"].sum(1).tolist()


def test_normalising_silence_gives_no_nan() -> None:
    assert np.isfinite(normalise_waveform(np.zeros(100, dtype=np.float32))).all()
