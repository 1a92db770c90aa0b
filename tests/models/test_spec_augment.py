"""SpecAugment: what is hidden, how much of it, and that only the seed decides."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import Wav2Vec2Config, WhisperConfig
from transformers.models.wav2vec2.modeling_wav2vec2 import _compute_mask_indices

from phoneme_recognition.models.spec_augment import SpecAugment, channel_masks, time_masks


def masks(
    lengths: list[int], seeds: list[int], *, probability: float = 0.3, length: int = 5, least: int = 0
) -> Tensor:
    return time_masks(
        torch.tensor(lengths),
        torch.tensor(seeds),
        probability=probability,
        mask_length=length,
        min_masks=least,
        frames=max(lengths) + 7,
    )


def runs(row: Tensor) -> list[int]:
    """Lengths of the runs of True."""
    edges = torch.diff(
        row.int(), prepend=torch.zeros(1, dtype=torch.int32), append=torch.zeros(1, dtype=torch.int32)
    )
    starts, ends = (edges == 1).nonzero().flatten(), (edges == -1).nonzero().flatten()
    return [int(length) for length in ends - starts]


def test_a_seed_gives_the_same_spans_in_any_batch() -> None:
    together = masks([80, 200, 50], [3, 4, 5])
    (single,) = masks([200], [4])
    assert torch.equal(together[1], single)
    assert not torch.equal(masks([200], [4]), masks([200], [5]))
    assert torch.equal(masks([200], [-1]), masks([200], [-1]))


def test_spans_are_whole_and_inside_the_utterance() -> None:
    for seed in range(200):
        (row,) = masks([40], [seed], length=6, least=1)
        assert not row[40:].any()
        assert all(length >= 6 for length in runs(row))
        assert row.any()


@pytest.mark.parametrize("length", [0, 1, 4, 5, 6])
def test_short_utterances_do_not_raise(length: int) -> None:
    row = masks([length, 30], [1, 2], probability=1.0, length=5, least=3)[0]
    assert int(row.sum()) == (length if length == 5 else 5 if length == 6 else 0)


@pytest.mark.parametrize(
    ("frames", "probability", "span"), [(100, 0.05, 10), (180, 0.5, 10), (333, 0.065, 4)]
)
def test_as_much_is_hidden_as_in_transformers(frames: int, probability: float, span: int) -> None:
    number = 4000
    lengths, seeds = torch.full((number,), frames), torch.arange(number)
    ours = time_masks(lengths, seeds, probability=probability, mask_length=span, min_masks=2, frames=frames)
    np.random.seed(0)
    theirs = [_compute_mask_indices((1, frames), probability, span, min_masks=2) for _ in range(number)]
    share = np.mean(theirs)
    assert ours.float().mean().item() == pytest.approx(share, rel=0.03)
    # and everywhere alike: the middle is not favoured over what lies a span's length from the edge
    places = ours[:, span : frames - span].float().mean(dim=0)
    assert places.std() < 0.1 * places.mean() + 0.02


def test_channels_are_drawn_apart_from_frames() -> None:
    seeds = torch.arange(50)
    channels = channel_masks(seeds, probability=0.3, mask_length=5, min_masks=0, channels=100)
    frames = time_masks(
        torch.full((50,), 100), seeds, probability=0.3, mask_length=5, min_masks=0, frames=100
    )
    assert channels.shape == (50, 100)
    assert not torch.equal(channels, frames)


def test_hidden_frames_and_channels_are_replaced() -> None:
    features = torch.ones(2, 60, 8)
    augment = SpecAugment(
        mask_time_prob=0.3, mask_time_length=4, mask_feature_prob=0.3, mask_feature_length=2
    )
    seeds, lengths = torch.tensor([1, 2]), torch.tensor([60, 30])
    out = augment(features, lengths, seeds, replacement=torch.full((8,), 7.0))
    frames = time_masks(lengths, seeds, probability=0.3, mask_length=4, min_masks=0, frames=60)
    channels = channel_masks(seeds, probability=0.3, mask_length=2, min_masks=0, channels=8)
    expected = torch.where(frames[:, :, None], torch.tensor(7.0), features) * ~channels[:, None, :]
    assert torch.equal(out, expected)
    assert frames.any()
    assert channels.any()
    assert (features == 1).all()
    assert augment(features, lengths, None) is features


def test_settings_come_from_the_config() -> None:
    config = Wav2Vec2Config(mask_time_prob=0.2, mask_time_length=3, mask_feature_min_masks=1)
    augment = SpecAugment.from_config(config)
    assert (augment.mask_time_prob, augment.mask_time_length, augment.mask_time_min_masks) == (0.2, 3, 2)
    assert (augment.mask_feature_prob, augment.mask_feature_min_masks) == (0.0, 1)
    assert SpecAugment.from_config(WhisperConfig()) == SpecAugment()
    assert SpecAugment.from_config(WhisperConfig(apply_spec_augment=True)).mask_time_prob == 0.05


def test_the_embedding_of_hidden_frames_is_learned() -> None:
    replacement = torch.zeros(8, requires_grad=True)
    augment = SpecAugment(mask_time_prob=0.5, mask_time_length=2, mask_time_min_masks=1)
    out = augment(torch.ones(1, 20, 8), torch.tensor([20]), torch.tensor([1]), replacement=replacement)
    torch.autograd.backward(out.sum())
    assert replacement.grad is not None
    assert (replacement.grad > 0).all()
