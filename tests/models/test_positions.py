"""The positional convolution by Fourier transforms, beside torch's own in double precision."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from phoneme_recognition.models.encoders import positions as positions_module
from phoneme_recognition.models.encoders.positions import hasten_positions


def convolution(channels: int, groups: int, kernel: int, *, bias: bool = True) -> nn.Conv1d:
    torch.manual_seed(0)
    made = nn.Conv1d(channels, channels, kernel, padding=kernel // 2, groups=groups, bias=bias)
    with torch.no_grad():
        made.weight.mul_(torch.linspace(0.2, 3.0, kernel))
    normed: nn.Conv1d = nn.utils.parametrizations.weight_norm(made, dim=2).eval()
    return normed


def hastened(made: nn.Conv1d) -> nn.Conv1d:
    twin = copy.deepcopy(made)
    hasten_positions(nn.ModuleList([twin]))
    return twin


@pytest.mark.parametrize(("kernel", "groups", "bias"), [(128, 4, True), (95, 2, True), (64, 1, False)])
@pytest.mark.parametrize("frames", [1, 2, 64, 129, 130, 300])
def test_it_is_the_convolution(kernel: int, groups: int, bias: bool, frames: int) -> None:
    plain = convolution(16, groups, kernel, bias=bias)
    # As the encoders give it: time before channels, turned around.
    given = torch.randn(3, frames, 16, generator=torch.Generator().manual_seed(frames)).transpose(1, 2)
    expected = copy.deepcopy(plain).double()(given.double())
    with torch.no_grad():
        found = hastened(plain)(given)
    assert expected.abs().max() > 0.1
    torch.testing.assert_close(found.double(), expected, atol=3e-6, rtol=1e-5)


def test_an_utterance_does_not_hear_the_others_of_its_batch() -> None:
    fast = hastened(convolution(16, 4, 128))
    given = torch.randn(2, 16, 200)
    with torch.no_grad():
        alone = fast(given[:1])
        given[1] = 1e6
        torch.testing.assert_close(fast(given)[:1], alone, atol=1e-6, rtol=1e-6)


def test_weights_that_change_are_heard() -> None:
    fast, given = hastened(convolution(8, 2, 64)), torch.randn(1, 8, 50)
    original = fast.get_parameter("parametrizations.weight.original0")

    def said() -> torch.Tensor:
        with torch.inference_mode():
            result: torch.Tensor = fast(given).clone()
            return result

    first = said()
    assert torch.equal(said(), first)
    with torch.no_grad():
        original.mul_(torch.linspace(0.5, 2.0, 64))
    second = said()
    assert not torch.allclose(second, first, atol=1e-3)
    # Behind torch's back: such a change leaves no trace, but a step of a training comes with it.
    original.data.mul_(torch.linspace(2.0, 0.1, 64))
    fast.train()
    fast(given).sum().backward()
    fast.eval()
    third = said()
    assert not torch.allclose(third, second, atol=1e-3)
    torch.testing.assert_close(third, nn.Conv1d.forward(fast, given), atol=1e-5, rtol=1e-4)


def test_the_kernels_are_transformed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = positions_module._spectrum

    def spectrum(weight: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return original(weight)

    monkeypatch.setattr(positions_module, "_spectrum", spectrum)
    fast = hastened(convolution(8, 2, 64))
    with torch.inference_mode():
        for frames in (10, 50, 10):
            fast(torch.randn(1, 8, frames))
    assert len(calls) == 1
    fast(torch.randn(1, 8, 10)).sum().backward()
    assert len(calls) == 1


def test_what_was_kept_under_inference_mode_serves_outside_of_it() -> None:
    fast, given = hastened(convolution(8, 2, 64)), torch.randn(1, 8, 50)
    with torch.inference_mode():
        first = fast(given).clone()
    with torch.no_grad():
        second = fast(given)
    assert torch.equal(first, second)
    assert not second.is_inference()
