"""What is frozen stays, bit for bit, and costs no gradients; what is not frozen learns."""

from __future__ import annotations

import pytest
import torch
from tiny_networks import CONFIGS, VARIANTS, no_dropout, tiny_network
from torch import Tensor, nn
from torch.nn.functional import ctc_loss

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.networks import EncoderCTC

FRONT_ENDS = {"Wav2Vec2-BERT": ("feature_projection.",), "Whisper": ("conv1.", "conv2.", "embed_positions.")}
# Never trained by anyone: sinusoids.
FIXED = "embed_positions"


def belongs_to(name: str, key: str) -> str:
    """Which part of the network a weight belongs to, by its name alone."""
    if not key.startswith("encoder.model."):
        return "head"
    fronts = FRONT_ENDS.get(VARIANTS[name][0], ("feature_extractor.",))
    return "feature_extractor" if key.removeprefix("encoder.model.").startswith(fronts) else "transformer"


def train_three_steps(network: EncoderCTC) -> None:
    generator = torch.Generator().manual_seed(0)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.01, weight_decay=0.1)
    labels, label_lengths = torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([3, 3])
    for number in range(3):
        network.train()
        waveforms = torch.randn(2, 6000, generator=generator)
        seeds = torch.tensor([number, number + 10])
        output = network(waveforms, torch.tensor([6000, 5000]), seeds)
        log_probs = output.logits.log_softmax(-1).transpose(0, 1)
        loss = ctc_loss(log_probs, labels, output.lengths, label_lengths, zero_infinity=True)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    """All weights and all buffers, also those that are not saved."""
    return {
        key: value.detach().clone() for key, value in [*network.named_parameters(), *network.named_buffers()]
    }


@pytest.mark.parametrize("variant", [*CONFIGS, "HuBERT batch norm", "Wav2Vec2 adapter"])
@pytest.mark.parametrize(
    "frozen",
    [{"feature_extractor"}, {"transformer"}, {"feature_extractor", "transformer"}],
    ids=lambda parts: " ".join(sorted(parts)),
)
def test_frozen_parts_stay_bit_identical_and_the_rest_learns(variant: str, frozen: set[str]) -> None:
    network = tiny_network(variant, mask_time_prob=0.2, mask_time_length=3)
    freeze(network, feature_extractor="feature_extractor" in frozen, transformer="transformer" in frozen)
    before = snapshot(network)
    train_three_steps(network)
    changed: dict[str, set[bool]] = {}
    for key, value in snapshot(network).items():
        if FIXED not in key:
            changed.setdefault(belongs_to(variant, key), set()).add(not torch.equal(value, before[key]))
    for part in ("feature_extractor", "transformer", "head"):
        if part in frozen:
            assert changed[part] == {False}, part
        else:
            assert True in changed[part], part
    for key, parameter in network.named_parameters():
        if belongs_to(variant, key) in frozen:
            assert parameter.grad is None
            assert not parameter.requires_grad


@pytest.mark.parametrize("variant", CONFIGS)
def test_a_frozen_part_keeps_to_evaluation(variant: str) -> None:
    network = tiny_network(variant)
    freeze(network, feature_extractor=True, transformer=True)
    network.train()
    assert network.training
    assert network.dropout.training
    assert not any(
        module.training for module in network.encoder.model.modules() if module is not network.encoder.model
    )
    waveforms, lengths = torch.randn(2, 6000), torch.tensor([6000, 4000])
    network.dropout.p = 0.0
    first = network(waveforms, lengths).logits  # no dropout, no LayerDrop
    assert torch.equal(first, network(waveforms, lengths).logits)
    with torch.no_grad():
        assert torch.equal(first, network.eval()(waveforms, lengths).logits)


@pytest.mark.parametrize("variant", CONFIGS)
def test_gradients_are_computed_where_they_are_needed_only(variant: str) -> None:
    waveforms, lengths = torch.randn(1, 6000), torch.tensor([6000])

    def features_and_states(**parts: bool) -> tuple[Tensor, Tensor]:
        network = tiny_network(variant, **no_dropout(variant))
        freeze(network, **parts)
        network.train()
        kept: dict[str, Tensor] = {}
        extract, contextualise = network.encoder.extract, network.encoder.contextualise

        def watched_extract(*args: Tensor) -> tuple[Tensor, Tensor]:
            features, frames = extract(*args)
            assert torch.is_grad_enabled() != network.encoder.frozen_front_end
            kept["features"] = features
            return features, frames

        def watched_contextualise(*args: Tensor, every_layer: bool) -> list[Tensor]:
            states = contextualise(*args, every_layer=every_layer)
            kept["state"] = states[-1]
            return states

        network.encoder.extract = watched_extract  # type: ignore[method-assign,assignment]
        network.encoder.contextualise = watched_contextualise  # type: ignore[method-assign,assignment]
        network(waveforms, lengths)
        return kept["features"], kept["state"]

    features, state = features_and_states(feature_extractor=True, transformer=False)
    assert not features.requires_grad
    assert state.requires_grad
    features, state = features_and_states(feature_extractor=True, transformer=True)
    assert not state.requires_grad
    features, state = features_and_states(feature_extractor=False, transformer=True)
    assert features.requires_grad
    assert state.requires_grad


def test_weighted_layers_learn_on_a_frozen_encoder() -> None:
    network = tiny_network("Wav2Vec2", use_weighted_layer_sum=True)
    freeze(network, feature_extractor=True, transformer=True)
    assert network.layer_weights is not None
    before = network.layer_weights.detach().clone()
    train_three_steps(network)
    assert not torch.equal(network.layer_weights, before)


def test_freezing_needs_an_encoder() -> None:
    network = nn.Linear(2, 2)
    freeze(network, feature_extractor=False, transformer=False)
    with pytest.raises(NetworkError, match=r"nothing to freeze.*got true and false.*Set both to false"):
        freeze(network, feature_extractor=True, transformer=False)
