"""Optimizers and schedules by name, against torch's own and hand-computed rates."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from phoneme_recognition.errors import UserError
from phoneme_recognition.models.muon import Muon
from phoneme_recognition.models.optimizers import Optimization, build_optimizer, build_schedule


def rates(plan: Optimization, steps: int, total: float = 10) -> list[float]:
    optimizer = build_optimizer(nn.Linear(2, 2).named_parameters(), plan)
    schedule = build_schedule(optimizer, plan, total)
    assert schedule is not None
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule["scheduler"].step()
    return found


def test_optimizers_take_their_own_arguments() -> None:
    adam = build_optimizer(
        nn.Linear(2, 2).named_parameters(),
        Optimization(lr=0.1, optimizer_args={"betas": [0.5, 0.6], "weight_decay": 0.2}),
    )
    assert isinstance(adam, torch.optim.AdamW)
    assert (adam.defaults["lr"], adam.defaults["betas"], adam.defaults["weight_decay"]) == (
        0.1,
        (0.5, 0.6),
        0.2,
    )
    sgd = build_optimizer(
        nn.Linear(2, 2).named_parameters(), Optimization(optimizer="SGD", optimizer_args={"momentum": 0.9})
    )
    assert isinstance(sgd, torch.optim.SGD)
    assert sgd.defaults["momentum"] == 0.9


@pytest.mark.parametrize("arguments", [{"momentum": 0.9}, {"weight_decay": -1.0}])
def test_arguments_that_do_not_fit_are_explained(arguments: dict[str, float]) -> None:
    with pytest.raises(UserError, match="optimizer_args"):
        build_optimizer(nn.Linear(2, 2).named_parameters(), Optimization(optimizer_args=arguments))


PLANS = [
    Optimization(lr=0.1),
    Optimization(optimizer="SGD", lr=0.1, optimizer_args={"momentum": 0.9, "nesterov": True}),
]


def stepped(layer: nn.Linear, optimizer: torch.optim.Optimizer, steps: int) -> list[torch.Tensor]:
    """The parameters after some steps on the same gradients."""
    generator = torch.Generator().manual_seed(4)
    for _ in range(steps):
        for parameter in layer.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()
    return [parameter.detach().clone() for parameter in layer.parameters()]


def a_layer() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(7, 5)


@pytest.mark.parametrize("plan", PLANS)
def test_a_fused_optimizer_steps_alike(plan: Optimization) -> None:
    results = []
    for fused in (False, True):
        layer = a_layer()
        optimizer = build_optimizer(layer.named_parameters(), plan, fused=fused)
        assert bool(optimizer.param_groups[0]["fused"]) is fused
        results.append(stepped(layer, optimizer, 5))
    torch.testing.assert_close(*results, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("saved_fused", [False, True])
def test_a_checkpoint_of_either_kind_goes_on_as_it_was_begun(plan: Optimization, saved_fused: bool) -> None:
    layer = a_layer()
    optimizer = build_optimizer(layer.named_parameters(), plan, fused=saved_fused)
    stepped(layer, optimizer, 3)
    again = a_layer()
    again.load_state_dict(layer.state_dict())
    resumed = build_optimizer(again.named_parameters(), plan, fused=not saved_fused)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    both = [stepped(one, by, 3) for one, by in ((layer, optimizer), (again, resumed))]
    assert all(torch.equal(*pair) for pair in zip(*both, strict=True))


@pytest.mark.parametrize("own", [{"foreach": True}, {"fused": False}, {"differentiable": True}])
def test_arguments_that_say_how_to_step_are_left_alone(own: dict[str, bool]) -> None:
    plan = Optimization(optimizer_args=own)
    group = build_optimizer(a_layer().named_parameters(), plan, fused=True).param_groups[0]
    assert not group["fused"]
    assert {name: group[name] for name in own} == own


def test_what_cannot_be_fused_is_not() -> None:
    elsewhere = nn.Linear(2, 2, device="meta")
    assert not build_optimizer(elsewhere.named_parameters(), Optimization(), fused=True).defaults["fused"]
    optimizer = build_optimizer(a_layer().named_parameters(), Optimization(optimizer="Muon"), fused=True)
    assert isinstance(optimizer, Muon)


def test_only_what_is_trainable_is_stepped() -> None:
    layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    layers[0].requires_grad_(False)
    optimizer = build_optimizer(layers.named_parameters(), Optimization())
    assert len(optimizer.param_groups[0]["params"]) == 2
    layers.requires_grad_(False)
    with pytest.raises(UserError, match="nothing is left to train"):
        build_optimizer(layers.named_parameters(), Optimization())


def test_a_head_may_learn_at_its_own_rate() -> None:
    network = nn.ModuleDict({"encoder": nn.Linear(2, 2), "head": nn.Linear(2, 3)})
    network.layer_weights = nn.Parameter(torch.zeros(4))
    plan = Optimization(lr=1e-4, head_lr=1e-2, scheduler="warmup_linear")
    optimizer = build_optimizer(network.named_parameters(), plan)
    body, head = optimizer.param_groups
    assert (body["lr"], {id(one) for one in body["params"]}) == (
        1e-4,
        {id(one) for one in network["encoder"].parameters()},
    )
    assert (head["lr"], {id(one) for one in head["params"]}) == (
        1e-2,
        {id(one) for one in [*network["head"].parameters(), network.layer_weights]},
    )
    schedule = build_schedule(optimizer, plan, total_steps=4)
    assert schedule is not None
    optimizer.step()
    schedule["scheduler"].step()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.75e-4, 0.75e-2])
    network["encoder"].requires_grad_(False)
    assert [group["lr"] for group in build_optimizer(network.named_parameters(), plan).param_groups] == [1e-2]


def test_step_schedules_by_hand() -> None:
    step = Optimization(lr=1.0, scheduler="StepLR", step_size=2, gamma=0.5)
    assert rates(step, 5) == pytest.approx([1, 1, 0.5, 0.5, 0.25])
    multi = Optimization(lr=1.0, scheduler="MultiStepLR", milestones=(1, 3), gamma=0.1)
    assert rates(multi, 5) == pytest.approx([1, 0.1, 0.1, 0.01, 0.01])


def test_warmup_then_cosine_by_hand() -> None:
    plan = Optimization(lr=1.0, scheduler="warmup_cosine", warmup_steps=2)
    expected = [1 / 3, 2 / 3, *(0.5 * (1 + math.cos(math.pi * k / 8)) for k in range(8))]
    assert rates(plan, 10) == pytest.approx(expected)


def test_warmup_then_a_straight_line_by_hand() -> None:
    plan = Optimization(lr=1.0, scheduler="warmup_linear", warmup_steps=1)
    assert rates(plan, 6, total=6) == pytest.approx([0.5, 1, 0.8, 0.6, 0.4, 0.2])


def test_a_schedule_past_its_end_stays_at_zero() -> None:
    plan = Optimization(lr=1.0, scheduler="warmup_cosine")
    assert rates(plan, 14, total=10)[-3:] == [0.0, 0.0, 0.0]


def test_plateau_follows_its_metric() -> None:
    plan = Optimization(lr=1.0, scheduler="ReduceLROnPlateau", metric_patience=1, gamma=0.5, min_lr=0.3)
    optimizer = build_optimizer(nn.Linear(2, 2).named_parameters(), plan)
    schedule = build_schedule(optimizer, plan, 10)
    assert schedule is not None
    assert (schedule["monitor"], schedule["interval"]) == ("val_loss", "epoch")
    found = []
    for value in (1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        schedule["scheduler"].step(value)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == pytest.approx([1.0, 1.0, 0.5, 0.5, 0.3, 0.3])


def test_a_warmup_schedule_without_an_end_is_refused() -> None:
    plan = Optimization(scheduler="warmup_linear")
    with pytest.raises(UserError, match=r"trainer\.max_epochs"):
        build_schedule(build_optimizer(nn.Linear(2, 2).named_parameters(), plan), plan, math.inf)


def test_no_schedule_is_a_constant_rate() -> None:
    plan = Optimization()
    assert build_schedule(build_optimizer(nn.Linear(2, 2).named_parameters(), plan), plan, 10) is None
