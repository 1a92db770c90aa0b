"""CompactCTC: independent of the batch, repeatable in training, and its parts against independent code."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from torch import Tensor

from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.data.collate import pad_waveforms
from phoneme_recognition.models.compact import CompactCTC
from phoneme_recognition.models.feature_augmentation import FeatureAugmentation
from phoneme_recognition.models.log_mel import HTKLogMel


@pytest.fixture(scope="module")
def speech(clips: Path) -> tuple[Tensor, Tensor]:
    files = sorted(clips.glob("*.flac"))[:4]
    return pad_waveforms([read_audio(file, 16000) for file in files])


@pytest.fixture
def network() -> CompactCTC:
    torch.manual_seed(0)
    network = CompactCTC(20, 16000, channels=16, layers=3)
    network.train()
    # Batch statistics that are not the trivial ones.
    network(torch.randn(3, 8000), torch.tensor([8000, 6000, 7000]))
    return network


def test_an_utterance_is_the_same_alone_and_in_a_batch(
    network: CompactCTC, speech: tuple[Tensor, Tensor]
) -> None:
    waveforms, lengths = speech
    network.eval()
    with torch.inference_mode():
        together = network(waveforms, lengths)
        assert together.lengths.tolist() == network.frame_lengths(lengths).tolist()
        for row, length in enumerate(lengths.tolist()):
            alone = network(waveforms[row : row + 1, :length], lengths[row : row + 1])
            frames = int(alone.lengths)
            assert alone.logits.shape[1] == frames == int(together.lengths[row])
            assert torch.allclose(alone.logits[0], together.logits[row, :frames], atol=1e-5)


def test_what_stands_in_the_padding_does_not_matter(
    network: CompactCTC, speech: tuple[Tensor, Tensor]
) -> None:
    waveforms, lengths = speech
    noisy = waveforms.clone()
    for row, length in zip(noisy, lengths.tolist(), strict=True):
        row[length:] = 9.0
    network.eval()
    with torch.inference_mode():
        clean, dirty = network(waveforms, lengths), network(noisy, lengths)
    for row, frames in enumerate(clean.lengths.tolist()):
        assert torch.allclose(clean.logits[row, :frames], dirty.logits[row, :frames], atol=1e-5)


@pytest.mark.parametrize("length", [1, 159, 160, 640, 641, 16000, 16001])
def test_frame_lengths_are_those_of_the_network(network: CompactCTC, length: int) -> None:
    network.eval()
    output = network(torch.randn(1, length), torch.tensor([length]))
    assert output.logits.shape[1] == int(output.lengths) == int(network.frame_lengths(torch.tensor([length])))
    assert abs(int(output.lengths) - length / 640) <= 1


def test_training_draws_are_a_function_of_the_seeds(
    network: CompactCTC, speech: tuple[Tensor, Tensor]
) -> None:
    waveforms, lengths = speech
    seeds = torch.tensor([5, 6, 7, 8])
    first = network(waveforms, lengths, seeds).logits
    torch.manual_seed(123)
    assert torch.equal(network(waveforms, lengths, seeds).logits, first)
    other = network(waveforms, lengths, seeds + 1).logits
    assert other.shape != first.shape or not torch.allclose(other, first)


def test_gradients_keep_the_layout_in_which_a_cpu_convolves_fastest(
    network: CompactCTC, speech: tuple[Tensor, Tensor]
) -> None:
    seen = []
    for layer in (*network.stem, *network.layers):
        norm = layer.get_submodule("norm")
        norm.register_full_backward_pre_hook(lambda _, gradients: seen.append(gradients[0].stride(1)))
    output = network.train()(*speech, torch.tensor([5, 6, 7, 8]))
    assert output.inner_logits is not None
    (output.logits.square().mean() + output.inner_logits.square().mean()).backward()
    assert seen == [1] * 5


def test_the_two_parts_are_the_whole(network: CompactCTC, speech: tuple[Tensor, Tensor]) -> None:
    states, frames = network.constant_part(*speech)
    assert states.shape == (4, int(frames.max()), 80)
    assert not any(row[length:].any() for row, length in zip(states, frames.tolist(), strict=True))
    seeds = torch.tensor([5, 6, 7, 8])
    assert torch.equal(network.from_states(states, frames, seeds).logits, network(*speech, seeds).logits)


def test_log_mel_is_that_of_librosa(speech: tuple[Tensor, Tensor]) -> None:
    waveforms, lengths = speech
    samples = waveforms[:1, : int(lengths[0])]
    found, frames = HTKLogMel(16000, 80)(samples, lengths[:1])
    emphasised = librosa.effects.preemphasis(samples[0].numpy(), coef=0.97, zi=np.zeros(1, np.float32))
    energies = librosa.feature.melspectrogram(
        y=emphasised,
        sr=16000,
        n_fft=512,
        win_length=400,
        hop_length=160,
        n_mels=80,
        fmin=20,
        fmax=7200,
        htk=True,
        norm=None,
        pad_mode="constant",
    )
    expected = np.log(energies + 1e-6)
    expected = (expected - expected.mean(1, keepdims=True)) / expected.std(1, ddof=1, keepdims=True)
    assert int(frames) == expected.shape[1]
    assert np.allclose(found[0].T.numpy(), expected, atol=2e-3)


def augmentation(**changes: float) -> FeatureAugmentation:
    nothing = {
        "stretch": 0,
        "warp": 0,
        "frequency_masks": 0,
        "frequency_width": 0,
        "time_masks": 0,
        "time_width": 0,
    }
    return FeatureAugmentation(**(nothing | changes))  # type: ignore[arg-type]


def draws(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_no_augmentation_changes_nothing() -> None:
    features = torch.randn(2, 50, 10)
    features[1, 40:] = 0
    changed, lengths = augmentation()(features, torch.tensor([50, 40]), draws(1, 2))
    assert lengths.tolist() == [50, 40]
    assert torch.allclose(changed, features, atol=1e-4)


def test_stretching_keeps_the_course_of_the_features() -> None:
    ramp = torch.linspace(0, 1, 101)[None, :, None].expand(1, 101, 4)
    seen = set()
    for seed in range(8):
        changed, lengths = augmentation(stretch=0.3)(ramp, torch.tensor([101]), draws(seed))
        frames = int(lengths)
        seen.add(frames)
        assert 101 / 1.31 <= frames <= 101 / 0.69
        assert torch.allclose(changed[0, :frames, 0], torch.linspace(0, 1, frames), atol=1e-3)
    assert len(seen) > 4


def test_masks_hide_no_more_than_they_may() -> None:
    features = torch.ones(1, 300, 40)
    for seed in range(20):
        changed, _ = augmentation(frequency_masks=2, frequency_width=5)(
            features, torch.tensor([300]), draws(seed)
        )
        hidden = (changed[0] == 0).all(dim=0)
        assert int(hidden.sum()) <= 10
        assert (changed[0, :, ~hidden] == 1).all()
        changed, _ = augmentation(time_masks=1.0, time_width=10)(features, torch.tensor([300]), draws(seed))
        assert int((changed[0] == 0).all(dim=1).sum()) <= 30


def masked_elsewhere(features: Tensor, length: int, draw: torch.Generator) -> Tensor:
    """Two bands of up to 5 channels and two spans of up to 9 frames, one element after the other."""
    hidden = features.clone()
    torch.rand(2, generator=draw)  # stretch and warp
    drawn = torch.rand(4, 2, generator=draw).tolist()
    for number, (width_draw, start_draw) in enumerate(drawn):
        in_channels = number < 2
        widest, size = (5, features.shape[1]) if in_channels else (9, length)
        width = int(width_draw * (widest + 1))
        for place in range(width):
            at = int(start_draw * (size - width)) + place
            hidden[(slice(None), at) if in_channels else at] = 0
    return hidden


def test_masks_stand_where_they_are_drawn() -> None:
    features, lengths = torch.rand(3, 100, 20) + 1, torch.tensor([100, 90, 80])
    for row, length in zip(features, lengths.tolist(), strict=True):
        row[length:] = 0
    masks = augmentation(frequency_masks=2, frequency_width=5, time_masks=2, time_width=9)
    changed, _ = masks(features, lengths, draws(1, 2, 3))
    for row, length, draw, found in zip(features, lengths.tolist(), draws(1, 2, 3), changed, strict=True):
        assert torch.allclose(found, masked_elsewhere(row, length, draw), atol=1e-4)
    assert (changed[:, :80] == 0).any()


def test_the_draw_of_an_utterance_does_not_depend_on_its_batch() -> None:
    features = torch.randn(3, 80, 20)
    usual = augmentation(
        stretch=0.2, warp=0.1, frequency_masks=2, frequency_width=5, time_masks=2, time_width=9
    )
    lengths = torch.tensor([80, 80, 80])
    together, frames = usual(features, lengths, draws(1, 2, 3))
    alone, frame = usual(features[1:2], lengths[1:2], draws(2))
    assert int(frame) == int(frames[1])
    assert torch.allclose(alone[0], together[1, : int(frame)], atol=1e-5)


def test_the_inner_head_informs_the_layers_above_and_can_be_left_out(speech: tuple[Tensor, Tensor]) -> None:
    waveforms, lengths = speech
    torch.manual_seed(0)
    informed = CompactCTC(20, 16000, channels=16, layers=3, inner_layer=2).eval()
    with torch.inference_mode():
        before = informed(waveforms, lengths)
        assert before.inner_logits is not None
        assert before.inner_logits.shape == before.logits.shape
        informed.inner_head.bias[3] += 50  # it now reads symbol 3 everywhere
        assert not torch.allclose(informed(waveforms, lengths).logits, before.logits, atol=1e-3)
        plain = CompactCTC(20, 16000, channels=16, layers=3, inner_layer=0).eval()
        assert plain(waveforms, lengths).inner_logits is None
    assert not any("inner" in name for name, _ in plain.named_parameters())
    with pytest.raises(ValueError, match="inner_layer"):
        CompactCTC(20, 16000, layers=3, inner_layer=4)
