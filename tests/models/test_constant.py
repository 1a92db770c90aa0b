"""A network in two stages: what the first gives is constant where it says so, and both make the whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_checkpoint import small_network
from tiny_networks import VARIANTS, tiny_network
from torch import nn

from phoneme_recognition.models.constant import ConstantNetwork, constant_key
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.networks import EncoderCTC

FREEZES = [(True, True), (True, False)]
LENGTHS = torch.tensor([9000, 5200, 7777])
SEEDS = torch.tensor([1, 2, 3])
MASKS = {"mask_time_prob": 0.5, "mask_time_length": 2, "apply_spec_augment": True}


def waveforms() -> torch.Tensor:
    return torch.randn(3, 9000, generator=torch.Generator().manual_seed(7))


def frozen(variant: str, front_end: bool, transformer: bool, **fields: object) -> EncoderCTC:
    network = tiny_network(variant, **fields)
    freeze(network, feature_extractor=front_end, transformer=transformer)
    return network


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("front_end", "transformer"), FREEZES)
@pytest.mark.parametrize("variant", list(VARIANTS))
def test_stored_states_give_the_same_logits(
    variant: str, front_end: bool, transformer: bool, weighted: bool
) -> None:
    network = frozen(variant, front_end, transformer, use_weighted_layer_sum=weighted).eval()
    assert network.has_constant_part
    with torch.no_grad():
        whole = network(waveforms(), LENGTHS)
        # Each utterance alone, cut to its frames and padded again, as the store does it.
        alone = []
        for row, length in zip(waveforms(), LENGTHS.tolist(), strict=True):
            states, frames = network.constant_part(row[None, :length], torch.tensor([length]))
            alone.append(states[0, : int(frames)])
        padded = nn.utils.rnn.pad_sequence(alone, batch_first=True)
        rest = network.from_states(padded, torch.tensor([len(one) for one in alone]))
    assert torch.equal(rest.lengths, whole.lengths)
    for row, frames in enumerate(whole.lengths.tolist()):
        expected = whole.logits[row, :frames]
        torch.testing.assert_close(rest.logits[row, :frames], expected, atol=2e-5, rtol=1e-4)


def test_a_frozen_encoder_hears_no_masks_and_a_trained_one_does() -> None:
    whole = frozen("Wav2Vec2", True, True, **MASKS).train()
    first, second = (whole.constant_part(waveforms(), LENGTHS, seeds)[0] for seeds in (SEEDS, SEEDS + 5))
    assert torch.equal(first, second)
    part = frozen("Wav2Vec2", True, False, **MASKS, final_dropout=0.0, hidden_dropout=0.0).train()
    states, frames = part.constant_part(waveforms(), LENGTHS, SEEDS)
    assert not torch.allclose(
        part.from_states(states, frames, SEEDS).logits, part.from_states(states, frames, SEEDS + 5).logits
    )


def test_masks_that_are_drawn_before_the_front_end_leave_nothing_constant() -> None:
    assert frozen("Whisper", True, False).has_constant_part
    masked = frozen("Whisper", True, False, **MASKS)
    assert not masked.has_constant_part
    masked.train()
    one, other = (masked.constant_part(waveforms(), LENGTHS, seeds)[0] for seeds in (SEEDS, SEEDS + 5))
    assert not torch.allclose(one, other)
    assert frozen("Whisper", True, True, **MASKS).has_constant_part


@pytest.mark.parametrize(("front_end", "transformer"), [(False, False), (False, True)])
def test_what_is_trained_first_leaves_nothing_constant(front_end: bool, transformer: bool) -> None:
    assert not frozen("Wav2Vec2", front_end, transformer).has_constant_part


def test_the_small_network_has_constant_features() -> None:
    network = small_network().eval()
    assert isinstance(network, ConstantNetwork) and network.has_constant_part
    with torch.no_grad():
        states, frames = network.constant_part(waveforms(), LENGTHS)
        rest, whole = network.from_states(states, frames), network(waveforms(), LENGTHS)
    assert states.dim() == 3
    assert torch.equal(rest.logits, whole.logits)


CHANGES: dict[str, Callable[[], EncoderCTC]] = {
    "another weight": lambda: changed("encoder.layers.1.attention.q_proj.weight"),
    "another front end": lambda: changed("feature_extractor.conv_layers.0.conv.weight"),
    "only the front end": lambda: frozen("Wav2Vec2", True, False),
    "all layers": lambda: frozen("Wav2Vec2", True, True, use_weighted_layer_sum=True),
    "another activation": lambda: frozen("Wav2Vec2", True, True, hidden_act="relu"),
}


def changed(weight: str) -> EncoderCTC:
    network = frozen("Wav2Vec2", True, True)
    with torch.no_grad():
        network.encoder.model.get_parameter(weight).flatten()[0] += 0.01
    return network


@pytest.mark.parametrize("change", list(CHANGES))
def test_the_key_knows_what_changes_the_output(change: str) -> None:
    assert constant_key(CHANGES[change]()) != constant_key(frozen("Wav2Vec2", True, True))


def test_the_key_does_not_mind_what_has_no_effect() -> None:
    network = frozen("Wav2Vec2", True, True)
    other = frozen("Wav2Vec2", True, True, hidden_dropout=0.3, mask_time_prob=0.2, final_dropout=0.4)
    with torch.no_grad():
        other.head.weight += 1
    assert constant_key(other.train()) == constant_key(network.eval())


def test_behind_the_front_end_the_layers_may_change() -> None:
    network, other = frozen("Wav2Vec2", True, False), frozen("Wav2Vec2", True, False)
    with torch.no_grad():
        other.encoder.model.get_parameter("encoder.layers.1.attention.q_proj.weight").flatten()[0] += 1
    assert constant_key(other) == constant_key(network)
