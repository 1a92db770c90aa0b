"""The blockwise front end against `torch`'s own convolutions and normalisations, forward and backward."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from tiny_networks import tiny_network
from torch import Tensor, nn
from torch.nn.functional import conv1d, gelu, layer_norm
from transformers import SEWConfig, Wav2Vec2Config
from transformers.models.sew.modeling_sew import SEWFeatureEncoder
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2FeatureEncoder

from phoneme_recognition.models.encoders import blocks
from phoneme_recognition.models.encoders import blocks as blocks_module
from phoneme_recognition.models.encoders.blocks import Norm, Step, activate_and_convolve
from phoneme_recognition.models.encoders.convolutions import convolved_lengths, run_convolutions
from phoneme_recognition.models.encoders.front_end import is_blockwise

SHAPE: dict[str, Any] = {
    "conv_dim": [12, 10, 8, 9],
    "conv_kernel": [10, 3, 3, 2],
    "conv_stride": [5, 2, 2, 2],
    "num_feat_extract_layers": 4,
}
SEW: dict[str, Any] = {**SHAPE, "conv_kernel": [10, 3, 1, 4], "conv_stride": [5, 2, 1, 3]}
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    (norm, {**fields, "conv_bias": bias, "feat_extract_norm": norm})
    for norm in ("group", "layer")
    for bias in (False, True)
    for fields in (SHAPE, SEW)
]
LENGTHS = [1999, 700, 1, 1203]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of sixteen frames, so that these utterances have many, and a last one that is not full."""
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 1)


def front_end(fields: dict[str, Any], *, activation: str = "gelu") -> Any:
    """The layers of `transformers` with uneven weights."""
    torch.manual_seed(0)
    if fields["conv_kernel"] == SEW["conv_kernel"]:
        layers = SEWFeatureEncoder(SEWConfig(**fields, feat_extract_activation=activation)).conv_layers
    else:
        layers = Wav2Vec2FeatureEncoder(
            Wav2Vec2Config(**fields, feat_extract_activation=activation)
        ).conv_layers
    for parameter in layers.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return layers


def sound() -> Tensor:
    """Speech-like in that its low tones are much louder than the rest, and off centre."""
    torch.manual_seed(1)
    return torch.randn(len(LENGTHS), max(LENGTHS)).cumsum(1) / 10 + 0.5


def alone(layers: Any, waveform: Tensor) -> Tensor:
    """(S,) → (T, C) by the layers of `transformers` themselves, in double precision."""
    hidden = waveform.double()[None, None]
    for layer in layers:
        hidden = layer(hidden)
    return hidden[0].t()


@pytest.mark.parametrize(("norm", "fields"), VARIANTS)
def test_it_is_the_front_end_of_transformers(norm: str, fields: dict[str, Any]) -> None:
    layers, waveforms = front_end(fields), sound()
    assert is_blockwise(list(layers), waveforms)
    ours, frames = run_convolutions(layers, waveforms, torch.tensor(LENGTHS))
    assert torch.equal(frames, convolved_lengths(layers, torch.tensor(LENGTHS)))
    weight = torch.randn_like(ours)
    valid = torch.arange(ours.shape[1]) < frames.unsqueeze(1)
    torch.autograd.backward((ours * weight * valid.unsqueeze(-1)).sum())
    exact = copy.deepcopy(layers).double()
    exact.zero_grad()
    for row, (length, count) in enumerate(zip(LENGTHS, frames.tolist(), strict=True)):
        if count == 0:
            continue
        theirs = alone(exact, waveforms[row, :length])
        assert theirs.shape[0] == count
        torch.testing.assert_close(ours[row, :count].double(), theirs, atol=2e-5, rtol=2e-5)
        torch.autograd.backward((theirs * weight[row, :count]).sum())
    for (name, mine), other in zip(layers.named_parameters(), exact.parameters(), strict=True):
        assert mine.grad is not None, name
        assert other.grad is not None
        error = (mine.grad - other.grad).norm()
        if norm == "group" and name == "0.conv.bias":  # what group norm takes away again
            assert error < 1e-4
        else:
            assert error < 1e-4 * other.grad.norm() + 1e-6, name


@pytest.mark.parametrize("with_norm", [False, True])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (1, 1), (5, 2), (4, 1)])
def test_a_step_is_what_its_formula_says(kernel: int, stride: int, with_norm: bool) -> None:
    torch.manual_seed(0)
    source, linear, weight, bias, gain, shift = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in ((2, 80, 3), (2, 3, 4), (5, 4, kernel), (5,), (4,), (4,))
    )
    most = (80 - kernel) // stride + 1
    frames = [most, 20]

    def step(source: Tensor, linear: Tensor | None, *others: Tensor) -> Tensor:
        weight, bias, gain, shift = others
        norm = Norm(gain, shift, 1e-5) if with_norm else None
        return activate_and_convolve(source, linear, [Step(norm, weight, bias, stride)], frames=frames)

    def formula(hidden: Tensor) -> Tensor:
        hidden = layer_norm(hidden, (4,), gain, shift, 1e-5) if with_norm else hidden
        result = conv1d(gelu(hidden).transpose(1, 2), weight, bias, stride).transpose(1, 2)
        valid = torch.arange(most) < torch.tensor(frames).unsqueeze(1)
        return result * valid.unsqueeze(-1)

    others = (weight, bias, gain, shift)
    torch.testing.assert_close(step(source.detach(), linear, *others), formula(source @ linear))
    hidden = (source @ linear).detach().requires_grad_()
    torch.testing.assert_close(step(hidden, None, *others), formula(hidden))
    if stride == 2:
        assert torch.autograd.gradcheck(step, (source.detach(), linear, *others), fast_mode=True)
        assert torch.autograd.gradcheck(
            lambda hidden, *others: step(hidden, None, *others), (hidden, *others), fast_mode=True
        )


def test_only_what_is_trained_gets_a_gradient() -> None:
    layers = front_end(SHAPE | {"feat_extract_norm": "layer", "conv_bias": True})
    for parameter in layers[:2].parameters():
        parameter.requires_grad_(False)
    layers[3].conv.weight.requires_grad_(False)
    features, _ = run_convolutions(layers, sound(), torch.tensor(LENGTHS))
    torch.autograd.backward(features.sum())
    for name, parameter in layers.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name


def test_quiet_channels_keep_their_digits() -> None:
    """A channel that hears only the difference of samples, under a constant a thousand times louder."""
    layers = front_end(SHAPE | {"feat_extract_norm": "group", "conv_bias": False})
    with torch.no_grad():
        layers[0].conv.weight.zero_()
        layers[0].conv.weight[:, 0, 3], layers[0].conv.weight[:, 0, 4] = 1.0, -1.0
    waveform = torch.randn(1, 4000) + 1000
    with torch.no_grad():
        ours, _ = run_convolutions(layers, waveform, torch.tensor([4000]))
        theirs = alone(copy.deepcopy(layers).double(), waveform[0])
    torch.testing.assert_close(ours[0].double(), theirs, atol=1e-3, rtol=1e-3)


def test_another_activation_goes_the_library_s_way() -> None:
    layers = front_end(SHAPE | {"feat_extract_norm": "group"}, activation="relu")
    assert not is_blockwise(list(layers), sound())
    waveforms = sound()[:1]
    features, _ = run_convolutions(layers, waveforms, torch.tensor([LENGTHS[0]]))
    theirs = alone(copy.deepcopy(layers).double(), waveforms[0])
    torch.testing.assert_close(features[0].double(), theirs, atol=2e-5, rtol=2e-5)


def test_what_it_cannot_do_goes_the_library_s_way() -> None:
    layers = list(front_end(SHAPE | {"feat_extract_norm": "group"}))
    assert is_blockwise(layers, sound())
    assert not is_blockwise(layers, sound().bfloat16())
    assert not is_blockwise(layers, sound().requires_grad_())
    assert not is_blockwise(layers[:1], sound())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert not is_blockwise(layers, sound())
    layers[1].conv = nn.utils.parametrizations.weight_norm(layers[1].conv)
    assert not is_blockwise(layers, sound())


def test_training_under_autocast_gives_finite_gradients() -> None:
    network = tiny_network("Wav2Vec2").train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(sound(), torch.tensor(LENGTHS), torch.arange(4)).logits
    torch.autograd.backward(logits.float().square().mean())
    gradients = [p.grad for p in network.encoder.model.feature_extractor.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("variant", ["Wav2Vec2", "Data2VecAudio", "SEW", "HuBERT batch norm", "WavLM"])
def test_positions_are_those_of_transformers(variant: str) -> None:
    positions = tiny_network(variant).encoder.model.encoder.pos_conv_embed.eval()
    twin = copy.deepcopy(positions)
    for part in twin.modules():
        part.__dict__.pop("_conv_forward", None)
        part.__dict__.pop("forward", None)
    hidden = torch.randn(2, 32, 51) if variant == "SEW" else torch.randn(2, 51, 32)
    ours, theirs = hidden.clone().requires_grad_(), hidden.clone().requires_grad_()
    weight = torch.randn_like(positions(ours))
    results = []
    for module, given in ((positions, ours), (twin, theirs)):
        result = module(given)
        torch.autograd.backward((result * weight).sum())
        results.append([result, given.grad, *(parameter.grad for parameter in module.parameters())])
    torch.testing.assert_close(results[0], results[1], atol=1e-4, rtol=1e-4)


def test_a_copied_network_computes_with_its_own_weights() -> None:
    network = tiny_network("Wav2Vec2").eval()
    twin = copy.deepcopy(network)
    with torch.no_grad():
        before = network(sound(), torch.tensor(LENGTHS)).logits
        for parameter in network.parameters():
            parameter.zero_()
        assert torch.equal(twin(sound(), torch.tensor(LENGTHS)).logits, before)
    convolution = tiny_network("Data2VecAudio").encoder.model.encoder.pos_conv_embed.layers[0].conv
    again = pickle.loads(pickle.dumps(convolution))
    hidden = torch.randn(1, 32, 20)
    torch.testing.assert_close(again(hidden), convolution(hidden), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("with_norm", [False, True])
@pytest.mark.parametrize("block", [1, 2**20])
def test_several_steps_at_once_are_the_steps_one_by_one(
    with_norm: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks_module, "_BLOCK_BYTES", block)
    torch.manual_seed(0)
    source, linear = torch.randn(2, 400, 3), torch.randn(2, 3, 4)
    norms = [Norm(torch.randn(4), torch.randn(4), 1e-5) if with_norm else None for _ in range(3)]
    kernels = [(3, 2), (4, 3), (2, 2)]
    steps = [
        Step(norm, torch.randn(4, 4, kernel), torch.randn(4), stride)
        for norm, (kernel, stride) in zip(norms, kernels, strict=True)
    ]
    rows, lengths = [400, 90], []
    for kernel, stride in kernels:
        rows = [(row - kernel) // stride + 1 for row in rows]
        lengths.append(rows)
    hidden, first = source, linear
    for step, frames in zip(steps, lengths, strict=True):
        hidden = activate_and_convolve(hidden, first, [step], frames=frames)
        first = None  # type: ignore[assignment]
    assert hidden.requires_grad is False
    with torch.no_grad():
        together = activate_and_convolve(source, linear, steps, frames=rows)
    assert (hidden != 0).sum() > 100
    torch.testing.assert_close(together, hidden, atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="one step at a time"):
        activate_and_convolve(source, linear, steps, frames=rows)
