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
                self._adamw(trained, group)
                continue
            shapes: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in trained:
                shapes.setdefault(_matrix(parameter).shape, []).append(parameter)
            for same in shapes.values():
                self._muon(same, group)
        return loss

    def _muon(self, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Update parameters of one shape; what orthogonalises them is found as one batch."""
        rows, columns = _matrix(parameters[0]).shape
        updates = parameters[0].new_empty(len(parameters), rows, columns)
        for parameter, update in zip(parameters, updates, strict=True):
            self._momentum(parameter, group["momentum"], update)
        rate = group["lr"] * max(1.0, rows / columns) ** 0.5
        kept = 1 - group["lr"] * group["weight_decay"]
        wide = rows <= columns
        factors = polar_factors(updates if wide else updates.mT, group["steps"])
        for parameter, update, factor in zip(parameters, updates, factors, strict=True):
            left, right = (factor, update) if wide else (update, factor.mT)
            # The last product of the orthogonalisation goes straight into the weights.
            _matrix(parameter).addmm_(left, right, beta=kept, alpha=-rate)

    def _momentum(self, parameter: nn.Parameter, momentum: float, update: Tensor) -> None:
        """Write the average of the gradients, and as much of the newest (Nesterov), to ``update``."""
        gradient, state = _gradient(parameter), self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(gradient)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - momentum)
        torch.lerp(_matrix(gradient), _matrix(average), momentum, out=update)

    def _adamw(self, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Loshchilov and Hutter (2019), Decoupled weight decay regularization, algorithm 2."""
        if not parameters:
            return
        states, gradients = [self.state[parameter] for parameter in parameters], []
        for parameter, state in zip(parameters, states, strict=True):
            gradients.append(_gradient(parameter))
            if not state:
                state["step"] = 0
                state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
            state["step"] += 1
        mean_decay, square_decay = group["betas"]
        means, squares = [state["mean"] for state in states], [state["square"] for state in states]
        # Lists in the place of loops: these tensors are so small that calling is most of the work.
        torch._foreach_lerp_(means, gradients, 1 - mean_decay)
        torch._foreach_mul_(squares, square_decay)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - square_decay)
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_div_(divisors, [(1 - square_decay ** state["step"]) ** 0.5 for state in states])
        torch._foreach_add_(divisors, EPSILON)
        weights: list[Tensor] = list(parameters)
        torch._foreach_mul_(weights, 1 - group["lr"] * group["weight_decay"])
        rates = [-group["lr"] / (1 - mean_decay ** state["step"]) for state in states]
        torch._foreach_addcdiv_(weights, means, divisors, rates)


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

    Args:
        matrices: (count, rows, columns).
        steps: iterations; 5 bring singular values of a hundredth of the largest and more within 15 % of 1.
    """
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalise(matrices.mT, steps).mT
    return polar_factors(matrices, steps) @ matrices


def polar_factors(matrices: Tensor, steps: int) -> Tensor:
    """What each matrix has to be multiplied by, from the left, to become orthogonal.

    The polynomial iteration runs on the small Gram matrices only, which saves most of the work for the wide
    matrices of convolution kernels.

    Args:
        matrices: (count, rows, columns), no more rows than columns.
        steps: iterations, see :func:`orthogonalise`.

    Returns:
        (count, rows, rows).
    """
    gram = matrices @ matrices.mT
    # A matrix is divided by its norm, the root of the Gram matrix's trace: no singular value exceeds 1.
    norm = gram.diagonal(dim1=1, dim2=2).sum(dim=1).sqrt()[:, None, None]
    scale = (norm * 1.01 + 1e-7).reciprocal()
    gram *= scale.square()
    total = gram
    for number, (a, b, c) in enumerate(POLYNOMIALS[:steps]):
        polynomial = torch.baddbmm(gram, gram, gram, alpha=c, beta=b)
        polynomial.diagonal(dim1=1, dim2=2).add_(a)
        total = polynomial @ total if number else polynomial
        if number < steps - 1:
            half = torch.baddbmm(gram, polynomial @ gram, polynomial, beta=0, alpha=0.5)
            # Rounding must not make it unsymmetric: the iteration would blow that up.
            gram = half + half.mT
    return total * scale
