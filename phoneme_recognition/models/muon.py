"""Muon: momentum whose updates are orthogonalised, for the weight matrices inside a network.

Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks. Every direction of a weight
matrix learns at the same pace, so a small CTC network learns from scratch in fewer epochs.
Vectors, the input layer and the head are left to AdamW, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# Amsel et al. (2025), The Polar Express: the best odd quintic polynomials for 4 to 5 steps.
POLYNOMIALS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
)
EPSILON = 1e-8


class Muon(Optimizer):
    """Muon for the matrices inside the network, AdamW for all other parameters.

    Args:
        params: the trained parameters with their names, in the network's order. The first one with two or
            more dimensions is taken for the input layer, those with ``head`` in their names for heads.
        lr: learning rate of the matrices; an update of rate 1 has singular values of about 1.
        momentum: of the matrices' gradients (Nesterov's form).
        weight_decay: of the matrices, decoupled.
        adamw_lr: learning rate of the others.
        adamw_betas: decay of their first and second moments.
        adamw_weight_decay: of those with two or more dimensions.
        steps: iterations of the orthogonalisation, at most 5.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self,
        params: Iterable[tuple[str, nn.Parameter]],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.05,
        adamw_lr: float = 0.002,
        adamw_betas: tuple[float, float] = (0.9, 0.98),
        adamw_weight_decay: float = 0.01,
        steps: int = 4,
    ) -> None:
        if not 1 <= steps <= len(POLYNOMIALS):
            raise ValueError(f"steps: expected 1 to {len(POLYNOMIALS)}, got {steps}")
        if not 0 <= momentum < 1 or not all(0 <= beta < 1 for beta in adamw_betas):
            raise ValueError(f"momentum and betas: expected 0 to 1, got {momentum} and {adamw_betas}")
        listed = list(params)
        matrices = [(name, parameter) for name, parameter in listed if parameter.ndim > 1]
        inner = [parameter for name, parameter in matrices[1:] if "head" not in name]
        outer = [parameter for at, (name, parameter) in enumerate(matrices) if not at or "head" in name]
        adamw = {"kind": "adamw", "lr": adamw_lr, "betas": tuple(adamw_betas)}
        groups: list[dict[str, Any]] = [
            {"kind": "muon", "params": inner, "weight_decay": weight_decay, "momentum": momentum},
            {**adamw, "params": outer, "weight_decay": adamw_weight_decay},
            {**adamw, "params": [p for _, p in listed if p.ndim <= 1], "weight_decay": 0.0},
        ]
        super().__init__([group for group in groups if group["params"]], {"lr": lr, "steps": steps})

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take one step; parameters without a gradient stay as they are."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            trained = [parameter for parameter in group["params"] if parameter.grad is not None]
            if group["kind"] == "adamw":
                for parameter in trained:
                    self._adamw(parameter, group)
                continue
            shapes: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in trained:
                shapes.setdefault(_matrix(parameter).shape, []).append(parameter)
            for same in shapes.values():
                self._muon(same, group)
        return loss

    def _muon(self, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Update parameters of one shape, orthogonalised as one batch."""
        updates = torch.stack([self._momentum(parameter, group["momentum"]) for parameter in parameters])
        rows, columns = updates.shape[1:]
        updates = orthogonalise(updates, group["steps"])
        scale = max(1.0, rows / columns) ** 0.5
        for parameter, update in zip(parameters, updates, strict=True):
            weights = _matrix(parameter)
            weights.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * scale)

    def _momentum(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        gradient, state = _gradient(parameter), self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - momentum)
        return torch.lerp(_matrix(gradient), _matrix(average), momentum)

    def _adamw(self, parameter: nn.Parameter, group: dict[str, Any]) -> None:
        """Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2."""
        state, gradient = self.state[parameter], _gradient(parameter)
        if not state:
            state["step"] = 0
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        mean_decay, square_decay = group["betas"]
        mean = state["mean"].lerp_(gradient, 1 - mean_decay)
        square = state["square"].mul_(square_decay).addcmul_(gradient, gradient, value=1 - square_decay)
        correction = (1 - square_decay ** state["step"]) ** 0.5
        rate = group["lr"] / (1 - mean_decay ** state["step"])
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.addcdiv_(mean, (square.sqrt() / correction).add_(EPSILON), value=-rate)


def _matrix(kernel: Tensor) -> Tensor:
    """A view as (outputs, all the rest), in the memory's order: which column is which does not matter."""
    if kernel.ndim == 4 and kernel.is_contiguous(memory_format=torch.channels_last):
        kernel = kernel.permute(0, 2, 3, 1)
    return kernel.flatten(1)


def _gradient(parameter: nn.Parameter) -> Tensor:
    """Its gradient, of a parameter that has one."""
    return parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)


def orthogonalise(matrices: Tensor, steps: int) -> Tensor:
    """Bring all singular values near 1, keeping the singular vectors.

    The polynomial iteration runs on the small Gram matrices only, which saves most of the work for the wide
    matrices of convolution kernels.

    Args:
        matrices: (count, rows, columns).
        steps: iterations; 5 bring singular values of a hundredth of the largest and more within 15 % of 1.
    """
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalise(matrices.mT, steps).mT
    matrices = matrices / (matrices.norm(dim=(1, 2), keepdim=True) * 1.01 + 1e-7)
    gram = matrices @ matrices.mT
    total = gram
    for number, (a, b, c) in enumerate(POLYNOMIALS[:steps]):
        polynomial = torch.baddbmm(gram, gram, gram, alpha=c, beta=b)
        polynomial.diagonal(dim1=1, dim2=2).add_(a)
        total = polynomial @ total if number else polynomial
        if number < steps - 1:
            gram = polynomial @ gram @ polynomial
            # Rounding must not make it unsymmetric: the iteration would blow that up.
            gram = (gram + gram.mT) / 2
    return total @ matrices
