"""Muon against the singular value decomposition and torch's own AdamW."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from phoneme_recognition.models.muon import POLYNOMIALS, Muon, orthogonalise


@pytest.mark.parametrize("shape", [(4, 24, 60), (2, 60, 24), (1, 16, 16)])
def test_orthogonalising_keeps_the_singular_vectors(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, values, right = torch.linalg.svd(matrices, full_matrices=False)
    found = orthogonalise(matrices, 5)
    along = left.mT @ found @ right.mT  # in the basis of the singular vectors
    assert along.diagonal(dim1=1, dim2=2).sub(1).abs().max() < 0.15
    assert (along - torch.diag_embed(along.diagonal(dim1=1, dim2=2))).abs().max() < 1e-3
    assert not torch.allclose(values, torch.ones_like(values), atol=0.3)


def as_first_published(matrices: Tensor, steps: int) -> Tensor:
    """The iteration on the matrices themselves, as Amsel et al. (2025) write it down."""
    if matrices.shape[1] > matrices.shape[2]:
        return as_first_published(matrices.mT, steps).mT
    matrices = matrices / (matrices.norm(dim=(1, 2), keepdim=True) * 1.01 + 1e-7)
    for a, b, c in POLYNOMIALS[:steps]:
        gram = matrices @ matrices.mT
        matrices = a * matrices + (b * gram + c * gram @ gram) @ matrices
    return matrices


@pytest.mark.parametrize("shape", [(7, 24, 120), (2, 60, 24), (1, 16, 16)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_the_iteration_is_the_published_one(shape: tuple[int, int, int], scale: float) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(2)) * scale
    for steps in (1, 4, 5):
        expected = as_first_published(matrices.double(), steps).float()
        torch.testing.assert_close(orthogonalise(matrices, steps), expected, atol=2e-4, rtol=0)
    assert not orthogonalise(torch.zeros(shape), 4).any()


@pytest.mark.parametrize("outputs", [12, 40])
def test_a_channels_last_kernel_learns_as_any(outputs: int) -> None:
    """Wide and tall matrices; the order of the memory must not matter."""
    results = []
    for memory in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Conv2d(4, 6, (1, 3)), nn.Conv2d(6, outputs, (1, 3)))
        layers.to(memory_format=memory)  # type: ignore[call-overload]
        optimizer = Muon(layers.named_parameters(), lr=0.05)
        for seed in range(3):
            data = torch.randn(2, 4, 1, 9, generator=torch.Generator().manual_seed(seed))
            optimizer.zero_grad()
            layers(data).square().mean().backward()
            optimizer.step()
        results.append([parameter.detach() for parameter in layers.parameters()])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv1d(3, 8, 3), nn.Conv1d(8, 8, 3), nn.Conv1d(8, 8, 3))
    layers.add_module("head", nn.Conv1d(8, 2, 1))
    return layers


def step(optimizer: torch.optim.Optimizer, layers: nn.Sequential, seed: int) -> None:
    data = torch.randn(4, 3, 20, generator=torch.Generator().manual_seed(seed))
    optimizer.zero_grad()
    layers(data).square().mean().backward()
    optimizer.step()


def test_outer_layers_and_vectors_go_the_way_of_adamw() -> None:
    ours, theirs = network(), network()
    muon = Muon(ours.named_parameters(), adamw_lr=0.01, adamw_betas=(0.8, 0.9), adamw_weight_decay=0.0)
    adamw = torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=(0.8, 0.9), weight_decay=0.0)
    for seed in range(3):
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            other.data.copy_(mine.data)
        step(muon, ours, seed)
        step(adamw, theirs, seed)
        same = {
            name: torch.allclose(mine, other, atol=1e-6)
            for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True)
        }
        assert {name for name, equal in same.items() if not equal} == {"1.weight", "2.weight"}


def test_a_step_of_the_inner_layers_by_hand() -> None:
    layers = network()
    weight = next(layers[1].parameters())
    before = weight.detach().clone()
    optimizer = Muon(layers.named_parameters(), lr=0.1, momentum=0.0, weight_decay=0.5, steps=5)
    step(optimizer, layers, 1)
    assert weight.grad is not None
    direction = orthogonalise(weight.grad.flatten(1)[None], 5).reshape(before.shape)
    assert torch.allclose(weight, before * (1 - 0.1 * 0.5) - 0.1 * direction, atol=1e-6)


def test_it_learns() -> None:
    layers = network()
    optimizer = Muon(layers.named_parameters(), lr=0.05)
    data = torch.randn(16, 3, 20, generator=torch.Generator().manual_seed(5))
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = (layers(data) - 1).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]


def test_its_state_can_be_saved() -> None:
    ours, again = network(), network()
    first = Muon(ours.named_parameters())
    step(first, ours, 1)
    second = Muon(again.named_parameters())
    again.load_state_dict(ours.state_dict())
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    step(first, ours, 2)
    step(second, again, 2)
    for mine, other in zip(ours.parameters(), again.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("arguments", [{"steps": 6}, {"steps": 0}, {"momentum": 1.0}])
def test_values_out_of_range_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Muon(network().named_parameters(), **arguments)  # type: ignore[arg-type]
