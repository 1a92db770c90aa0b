"""The one path for all families: what goes in, what comes out, and that padding stays out of it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_networks import CONFIGS, VARIANTS, VOCABULARY, no_dropout, tiny_network
from torch import Tensor
from torch.nn.functional import ctc_loss

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models.networks import (
    EncoderCTC,
    build_network,
    network_block,
    rebuild_network,
)
from phoneme_recognition.models.output import CTCOutput

FAMILIES = list(CONFIGS)
BUILD: dict[str, Any] = {
    "network_name": "Wav2Vec2",
    "pretrained_name": None,
    "network_config": {},
    "vocabulary_size": VOCABULARY,
    "blank_id": 0,
    "sampling_rate": 16_000,
    "freeze_feature_extractor": False,
    "freeze_transformer": False,
}


def batch(*lengths: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Noise of these lengths, with louder noise where the padding is: it must not matter."""
    generator = torch.Generator().manual_seed(seed)
    waveforms = torch.randn(len(lengths), max(lengths) + 250, generator=generator)
    for row, length in zip(waveforms, lengths, strict=True):
        row[length:] *= 5
    return waveforms, torch.tensor(lengths)


def alone(network: EncoderCTC, waveforms: Tensor, length: int) -> CTCOutput:
    output: CTCOutput = network(waveforms[None, :length], torch.tensor([length]))
    return output


def step(network: EncoderCTC, *, seeds: Tensor | None = None) -> Tensor:
    """One step of training; returns the loss."""
    waveforms, lengths = batch(5000, 8000, 4001)
    optimizer = torch.optim.SGD((p for p in network.parameters() if p.requires_grad), lr=0.1)
    output = network.train()(waveforms, lengths, seeds)
    labels = torch.tensor([[1, 2, 3], [4, 5, 6], [6, 5, 4]])
    log_probs = output.logits.log_softmax(-1).transpose(0, 1)
    loss = ctc_loss(log_probs, labels, output.lengths, torch.tensor([3, 3, 3]), zero_infinity=True)
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach()


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_an_utterance_comes_out_of_a_batch_as_it_does_alone(variant: str) -> None:
    network = tiny_network(variant).eval()
    waveforms, lengths = batch(5000, 9127, 3333, 7001)
    together = network(waveforms, lengths)
    for row, length in enumerate(lengths.tolist()):
        single = alone(network, waveforms[row], length)
        frames = int(single.lengths)
        assert single.logits.shape == (1, frames, VOCABULARY)
        assert int(together.lengths[row]) == frames
        torch.testing.assert_close(together.logits[row, :frames], single.logits[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_frame_lengths_are_those_of_a_forward_pass(variant: str) -> None:
    network = tiny_network(variant).eval()
    for length in (1500, 1599, 1600, 1601, 1681, 1759, 1760, 1921, 2079, 2080, 3040, 3200):
        output = alone(network, torch.randn(length), length)
        assert (
            output.logits.shape[1]
            == int(output.lengths)
            == int(network.frame_lengths(torch.tensor([length])))
        )


@pytest.mark.parametrize("variant", VARIANTS)
def test_too_short_an_utterance_does_no_harm(variant: str) -> None:
    network = tiny_network(variant)
    waveforms, lengths = batch(4000, 20, 1)
    output = network.train()(waveforms, lengths, torch.tensor([1, 2, 3]))
    assert output.logits.isfinite().all()
    assert int(output.lengths[1]) <= 1
    assert torch.equal(output.lengths, network.frame_lengths(lengths))
    single = network.eval()(torch.randn(1, 3), torch.tensor([3]))
    assert single.logits.shape[1] >= 1


@pytest.mark.parametrize("name", FAMILIES)
def test_train_save_rebuild(name: str) -> None:
    network = tiny_network(name, **no_dropout(name))
    before = copy.deepcopy(network.state_dict())
    step(network, seeds=torch.tensor([1, 2, 3]))
    trained = {key: value.grad for key, value in network.named_parameters() if value.requires_grad}
    # With several processes, a trained parameter without gradient stops the run.
    assert not [key for key, gradient in trained.items() if gradient is None]
    changed = [key for key, value in network.state_dict().items() if not torch.equal(value, before[key])]
    assert len(changed) > 20
    block = json.loads(json.dumps(network_block(network)))
    again = rebuild_network(block)
    again.load_state_dict(network.state_dict())
    waveforms, lengths = batch(5000, 4000)
    with torch.no_grad():
        assert torch.equal(again.eval()(waveforms, lengths).logits, network.eval()(waveforms, lengths).logits)
    assert again.vocabulary_size == VOCABULARY


@pytest.mark.parametrize("name", FAMILIES)
def test_the_seeds_alone_decide_what_spec_augment_hides(name: str) -> None:
    masks: dict[str, Any] = {"mask_time_prob": 0.4, "mask_time_length": 3, "mask_feature_prob": 0.3}
    if name == "Whisper":
        masks["apply_spec_augment"] = True  # off by default there, on everywhere else
    network = tiny_network(name, **masks, mask_feature_length=4, **no_dropout(name)).train()
    waveforms, lengths = batch(6000, 4000, 5000)
    state = np.random.get_state()[1]  # type: ignore[index]
    before = np.array(state)

    def logits(*seeds: int) -> Tensor:
        output: CTCOutput = network(waveforms, lengths, torch.tensor(seeds) if seeds else None)
        return output.logits.detach()

    first, other, plain = logits(1, 2, 3), logits(1, 9, 3), logits()
    assert torch.equal(first, logits(1, 2, 3))
    assert torch.equal(plain, logits())
    assert not torch.allclose(first[1], other[1], atol=1e-3)
    assert not torch.allclose(first[0], plain[0], atol=1e-3)
    if name != "Wav2Vec2-Conformer":  # its batch norm ties the batch together in training
        assert torch.allclose(first[0], other[0], atol=1e-4)
    assert np.array_equal(np.random.get_state()[1], before)  # type: ignore[index]
    with torch.no_grad():
        assert torch.equal(
            network.eval()(waveforms, lengths, torch.tensor([1, 2, 3])).logits,
            network(waveforms, lengths).logits,
        )


def test_batch_norm_learns_nothing_from_padding() -> None:
    waveforms, lengths = batch(5000, 3000)
    statistics = []
    for extra in (0, 4000):
        network = tiny_network("Wav2Vec2-Conformer", **no_dropout("Wav2Vec2-Conformer")).train()
        network(torch.nn.functional.pad(waveforms, (0, extra)), lengths)
        statistics.append([value for key, value in network.state_dict().items() if "running" in key])
    assert len(statistics[0]) == 4
    for short, long in zip(*statistics, strict=True):
        torch.testing.assert_close(short, long)


@pytest.mark.parametrize("name", FAMILIES)
def test_weighted_layers_begin_as_the_mean_and_are_learned(name: str) -> None:
    network = tiny_network(name, use_weighted_layer_sum=True, **no_dropout(name)).eval()
    assert network.layer_weights is not None
    network.layer_weights.data.zero_()
    waveforms, lengths = batch(5000, 4000)
    features, frames = network.encoder.extract(waveforms, lengths, None)
    states = network.encoder.contextualise(features, frames, None, every_layer=True)
    assert len(states) == 3
    hidden, _ = network.encoder.finish(torch.stack(states).mean(dim=0), frames)
    output = network(waveforms, lengths)
    torch.testing.assert_close(output.logits, network.head(hidden))
    (last,) = network.encoder.contextualise(features, frames, None, every_layer=False)
    torch.testing.assert_close(last, states[-1])
    step(network)
    assert network.layer_weights.abs().sum() > 0
    again = rebuild_network(network_block(network))
    again.load_state_dict(network.state_dict())


def test_a_dropped_layer_leaves_the_count_of_states() -> None:
    for name in ("Wav2Vec2", "Wav2Vec2-BERT", "SEW"):
        network = tiny_network(name, use_weighted_layer_sum=True, layerdrop=0.7).train()
        waveforms, lengths = batch(5000, 4000)
        for seed in range(6):
            torch.manual_seed(seed)
            assert network(waveforms, lengths).logits.isfinite().all()


@pytest.mark.parametrize(("name", "field"), [("Wav2Vec2", "layerdrop"), ("Whisper", "encoder_layerdrop")])
def test_layer_drop_goes_with_several_processes(name: str, field: str, tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        network = torch.nn.parallel.DistributedDataParallel(tiny_network(name, **{field: 0.7}).train())
        waveforms, lengths = batch(5000, 4000)
        for seed in range(6):
            torch.manual_seed(seed)
            logits = network(waveforms, lengths, torch.tensor([seed, 1])).logits
            torch.autograd.backward(logits.square().mean())
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize("name", FAMILIES)
def test_gradient_checkpointing_changes_no_gradient(name: str) -> None:
    gradients = []
    for checkpointing in (False, True):
        network = tiny_network(name, gradient_checkpointing=checkpointing, **no_dropout(name))
        step(network, seeds=torch.tensor([1, 2, 3]))
        gradients.append(
            {key: value.grad for key, value in network.named_parameters() if value.grad is not None}
        )
    assert gradients[0].keys() == gradients[1].keys()
    for key, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][key], gradient)


def test_a_rebuilt_network_checkpoints_as_the_first_did() -> None:
    for checkpointing in (False, True):
        network = tiny_network("Whisper", gradient_checkpointing=checkpointing)
        again = rebuild_network(network_block(network))
        assert network_block(again)["gradient_checkpointing"] is checkpointing


def test_a_block_that_cannot_be_built_is_refused_in_plain_words() -> None:
    block = network_block(tiny_network("SEW"))
    with pytest.raises(NetworkError, match="the checkpoint's network: unknown Sow"):
        rebuild_network({**block, "network_name": "Sow"})
    with pytest.raises(NetworkError, match=r"the checkpoint's network cannot be built.*hidden_size"):
        rebuild_network({**block, "config": {**block["config"], "hidden_size": "wide"}})


@pytest.mark.parametrize("variant", ["Wav2Vec2-Conformer", "Conformer rotary", "Wav2Vec2-BERT relative"])
def test_training_goes_on_after_inference_mode(variant: str) -> None:
    network = tiny_network(variant, **({"max_source_positions": 8} if "rotary" not in variant else {}))
    waveforms, lengths = batch(5000, 8000, 4001)
    with torch.inference_mode():
        network.eval()(waveforms, lengths)
    assert step(network).isfinite()


def test_a_deep_copy_is_independent() -> None:
    network = tiny_network("Data2VecAudio").eval()
    twin = copy.deepcopy(network)
    waveforms, lengths = batch(5000, 3000)
    with torch.no_grad():
        expected = network(waveforms, lengths).logits
        alone(network, waveforms[0], 2000)
        assert torch.equal(twin(waveforms, lengths).logits, expected)


def test_mixed_precision_stays_close() -> None:
    for name in FAMILIES:
        network = tiny_network(name).eval()
        waveforms, lengths = batch(5000, 4000)
        with torch.no_grad():
            exact = network(waveforms, lengths).logits
            with torch.autocast("cpu", dtype=torch.bfloat16):
                rough = network(waveforms, lengths).logits.float()
            true = network.bfloat16()(waveforms.bfloat16(), lengths).logits.float()
        assert torch.nn.functional.cosine_similarity(true, exact, dim=-1).mean() > 0.8, name
        assert torch.nn.functional.cosine_similarity(rough, exact, dim=-1).mean() > 0.9, name


def test_whisper_says_how_long_an_utterance_may_be() -> None:
    network = tiny_network("Whisper", max_source_positions=50).eval()
    assert alone(network, torch.zeros(16_000), 16_000).logits.shape[1] == 50
    with pytest.raises(NetworkError, match=r"at most 1 s .* got 1.02 s"):
        alone(network, torch.zeros(16_001), 16_001)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"network_name": "Wav2Vec3"}, r"model.network_name.*did you mean Wav2Vec2\?"),
        (
            {"network_config": {"hiden_size": 3, "dropuot": 1}},
            r"hiden_size \(did you mean hidden_size\?\), dropuot",
        ),
        ({"network_config": {"hidden_size": "large"}}, "hidden_size"),
        ({"network_config": {"hidden_size": 33}}, "divisible"),
        ({"network_config": {"conv_dim": [8], "conv_kernel": [10, 3], "conv_stride": [5]}}, "conv_kernel"),
        ({"network_name": "Whisper", "sampling_rate": 8000}, "sampling_rate 16000; got 8000"),
        ({"network_name": "CompactCTC", "pretrained_name": "some/model"}, "no pretrained weights"),
    ],
)
def test_mistakes_of_the_config_are_named(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        build_network(**{**BUILD, **changed})


def test_compact_goes_the_same_way() -> None:
    network = build_network(**{**BUILD, "network_name": "CompactCTC"})
    block = json.loads(json.dumps(network_block(network)))
    again = rebuild_network(block)
    again.load_state_dict(network.state_dict())
    waveforms, lengths = batch(8000, 5000)
    with torch.no_grad():
        assert torch.equal(again.eval()(waveforms, lengths).logits, network.eval()(waveforms, lengths).logits)
    with pytest.raises(NetworkError, match="unknown nonsense"):
        build_network(**{**BUILD, "network_name": "CompactCTC", "network_config": {"nonsense": 1}})
