"""Tensors made of weights, kept as long as the weights stay as they are and nobody trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

# Of the attributes of a module that hold what is kept.
_PREFIX = "_derived_"


def may_keep(module: nn.Module) -> bool:
    """Whether what is made of the module's weights now may be kept.

    In training it would be of no use a step later. So a step of the training forgets it, too: some
    optimizers change weights in ways that leave no trace.
    """
    if module.training:
        for name in [name for name in vars(module) if name.startswith(_PREFIX)]:
            delattr(module, name)
    return not (module.training or torch.is_grad_enabled())


def derived(module: nn.Module, name: str, weights: Sequence[Tensor], make: Callable[[], Tensor]) -> Tensor:
    """What ``make`` gives, made anew only where ``weights`` are others than the last time.

    Args:
        module: keeps it; `may_keep` holds for it.
        name: what it is called there.
        weights: all that it depends on.
        make: computes it.
    """
    if any(weight.is_inference() for weight in weights):  # such a tensor does not count its changes
        return make()
    state = [(weight.data_ptr(), weight._version) for weight in weights]
    kept: tuple[Any, Tensor] | None = getattr(module, _PREFIX + name, None)
    if kept is None or kept[0] != state:
        # Not as tensors of inference_mode: it may be wanted outside of that, too.
        with torch.inference_mode(False), torch.no_grad():
            kept = state, make()
        object.__setattr__(module, _PREFIX + name, kept)
    return kept[1]
