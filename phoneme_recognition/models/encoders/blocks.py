"""One step of the convolutional front end on a CPU: activation and convolution, a block of frames at a time.

The waveform's first layers are the largest tensors of the network, and a CPU spends more time on carrying
them to and from memory than on some of the arithmetic. So a step takes what the layer before gave *before*
its normalisation over channels and its GELU (Hendrycks & Gimpel, 2016), activates a block that fits a core's
cache, and convolves it at once. Only what stands before activations is ever written out or kept for the
backward pass, which activates each block anew. Frames behind an utterance's end are not computed.

A convolution with kernel K and stride S over frames x of C channels, K ≥ S, is a sum of matrix products
without copies. With time before channels, S following frames are one row of S·C numbers, so

    y[t] = Σ_k x[S·t + k] W_k = Σ_j X_j[t] V_j,        j = 0, 1, ... ⌈K/S⌉ - 1,

where row t of X_j is the frames S·(t + j), S·(t + j) + 1, ... (as many as are left of the kernel), and V_j is
the matrices W_k of these taps one above the other. X_j is a view. Backward, V_j gets X_jᵀ g, and X_j gets
g V_jᵀ, added up where views overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Bytes of activations that a thread works on at a time: half of a usual second-level cache.
_BLOCK_BYTES = 2**20

_gelu_into = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward


class Norm(NamedTuple):
    """Layer normalisation over channels: (C,) weight and bias, and what is added to the variance."""

    weight: Tensor
    bias: Tensor
    eps: float


def activate_and_convolve(
    source: Tensor,
    linear: Tensor | None,
    norm: Norm | None,
    weight: Tensor,
    bias: Tensor | None,
    *,
    stride: int,
    frames: list[int],
) -> Tensor:
    """``conv1d(gelu(layer_norm(source @ linear)))``, time before channels, without padding.

    Args:
        source: (B, T, C), or (B, T, D) where ``linear`` is given; then it gets no gradient.
        linear: (B, D, C): what makes C channels of ``source``, or None for ``source`` itself.
        norm: normalisation of the C channels, or None.
        weight: (C', C, K) of the convolution, K at least ``stride``.
        bias: (C',), or None.
        stride: of the convolution.
        frames: T' of each utterance; behind them the result is 0.

    Returns:
        (B, (T - K) // stride + 1, C').
    """
    norm_weight, norm_bias, eps = (None, None, 0.0) if norm is None else norm
    result: Tensor = _ActivateConvolve.apply(  # type: ignore[no-untyped-call]
        source, linear, norm_weight, norm_bias, weight, bias, eps, stride, frames
    )
    return result


class _Step(NamedTuple):
    """What a forward and a backward pass work with; tensors as in `activate_and_convolve`."""

    source: Tensor
    linear: Tensor | None
    norm: Norm | None
    taps: Tensor  # (K·C, C'), the matrices W_k one above the other
    kernel: int
    stride: int

    def blocks(self, frames: list[int]) -> Iterator[tuple[int, int, int]]:
        """Utterance, first and last (exclusive) frame of each block of the result."""
        channels = len(self.taps) // self.kernel
        size = max(16, torch.get_num_threads() * _BLOCK_BYTES // (4 * channels * self.stride))
        for row, count in enumerate(frames):
            for first in range(0, count, size):
                yield row, first, min(first + size, count)

    def rows(self, first: int, last: int) -> slice:
        """The frames of the source that these frames of the result see."""
        return slice(first * self.stride, (last - 1) * self.stride + self.kernel)

    def before(self, row: int, place: slice, scratch: Tensor) -> Tensor:
        """(N, C) before normalisation and activation; in ``scratch`` (≥ N, C) if it must be computed."""
        block = self.source[row, place]
        return block if self.linear is None else torch.mm(block, self.linear[row], out=scratch[: len(block)])

    def scratch(self, frames: list[int]) -> Tensor:
        """(N, C) for the largest block. Fresh memory for each would cost more than the arithmetic."""
        sizes = [self.rows(first, last) for _, first, last in self.blocks(frames)]
        longest = max((size.stop - size.start for size in sizes), default=0)
        return self.taps.new_empty(longest, len(self.taps) // self.kernel)

    def pairs(self, block: Tensor, count: int, taps: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """X_j and V_j for ``count`` frames of the result; both are views."""
        channels = block.shape[1]
        for start in range(0, self.kernel, self.stride):
            stop = min(start + self.stride, self.kernel)
            width, step = (stop - start) * channels, self.stride * channels
            place = block.storage_offset() + start * channels
            view = block.as_strided((count, width), (step, 1), place)
            yield view, taps[start * channels : stop * channels]

    def convolve(self, block: Tensor, bias: Tensor | None, result: Tensor) -> None:
        """(N, C) activated frames → (M, C'), written into ``result``."""
        for number, (view, tap) in enumerate(self.pairs(block, len(result), self.taps)):
            if number:
                result.addmm_(view, tap)
            elif bias is None:
                torch.mm(view, tap, out=result)
            else:
                torch.addmm(bias, view, tap, out=result)

    def carry_back(self, gradient: Tensor, result: Tensor) -> None:
        """(M, C') gradient of the convolution → (N, C) of its input, written into ``result``."""
        result[len(gradient) * self.stride :] = 0
        for number, (view, tap) in enumerate(self.pairs(result, len(gradient), self.taps)):
            if number:
                view.addmm_(gradient, tap.t())
            else:
                torch.mm(gradient, tap.t(), out=view)


class _ActivateConvolve(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        source: Tensor,
        linear: Tensor | None,
        norm_weight: Tensor | None,
        norm_bias: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        eps: float,
        stride: int,
        frames: list[int],
    ) -> Tensor:
        ctx.save_for_backward(source, linear, norm_weight, norm_bias, weight)
        ctx.eps, ctx.stride, ctx.frames, ctx.with_bias = eps, stride, frames, bias is not None
        step = _step(source, linear, norm_weight, norm_bias, weight, eps, stride)
        channels, _, kernel = weight.shape
        result = source.new_empty(len(source), (source.shape[1] - kernel) // stride + 1, channels)
        scratch = step.scratch(frames)
        for row, first, last in step.blocks(frames):
            before = step.before(row, step.rows(first, last), scratch)
            if step.norm is not None:
                before = torch.layer_norm(before, before.shape[1:], *step.norm)
            block = _gelu_into(before, out=scratch[: len(before)])
            step.convolve(block, bias, result[row, first:last])
        for row, count in enumerate(frames):
            result[row, count:] = 0
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        source, linear, norm_weight, norm_bias, weight = ctx.saved_tensors
        step = _step(source, linear, norm_weight, norm_bias, weight, ctx.eps, ctx.stride)
        gradient = gradient.contiguous()
        wanted = ctx.needs_input_grad
        sums = _Sums(step, gradient, wanted, ctx.frames)
        for row, first, last in step.blocks(ctx.frames):
            sums.add(row, first, last)
        taps = sums.taps.view(step.kernel, -1, gradient.shape[2]) if wanted[4] else None
        kernel = None if taps is None else taps.permute(2, 1, 0).contiguous()
        valid = (gradient[row, :count].sum(0) for row, count in enumerate(ctx.frames))
        bias = sum(valid, gradient.new_zeros(gradient.shape[2])) if ctx.with_bias and wanted[5] else None
        return sums.source, sums.linear, sums.norm_weight, sums.norm_bias, kernel, bias, None, None, None


def _step(
    source: Tensor,
    linear: Tensor | None,
    norm_weight: Tensor | None,
    norm_bias: Tensor | None,
    weight: Tensor,
    eps: float,
    stride: int,
) -> _Step:
    norm = None if norm_weight is None or norm_bias is None else Norm(norm_weight, norm_bias, eps)
    taps = weight.permute(2, 1, 0).reshape(-1, len(weight))
    return _Step(source.contiguous(), linear, norm, taps, weight.shape[2], stride)


class _Sums:
    """Gradients of a step, added up block after block; None where nobody asks."""

    def __init__(self, step: _Step, gradient: Tensor, wanted: tuple[bool, ...], frames: list[int]) -> None:
        self.step = step
        self.gradient = gradient
        self.taps = torch.zeros_like(step.taps)
        self.source = torch.zeros_like(step.source) if wanted[0] else None
        self.linear = torch.zeros_like(step.linear) if wanted[1] and step.linear is not None else None
        self.norm_weight = torch.zeros_like(step.norm.weight) if wanted[2] and step.norm else None
        self.norm_bias = torch.zeros_like(step.norm.bias) if wanted[3] and step.norm else None
        self.deeper = any(wanted[:4])
        self.scratch = step.scratch(frames)
        self.activated = torch.empty_like(self.scratch)

    def add(self, row: int, first: int, last: int) -> None:
        """Go back through one block."""
        step, place, gradient = self.step, self.step.rows(first, last), self.gradient[row, first:last]
        before = step.before(row, place, self.scratch)
        normal, mean, scale = before, before, before
        if step.norm is not None:
            normal, mean, scale = torch.native_layer_norm(before, before.shape[1:], *step.norm)
        activated = _gelu_into(normal, out=self.activated[: len(normal)])
        for view, tap in step.pairs(activated, len(gradient), self.taps):
            tap.addmm_(view.t(), gradient)
        if not self.deeper:
            return
        carried = activated  # its values have done their work, its memory is in the cache
        step.carry_back(gradient, carried)
        _gelu_backward.grad_input(carried, normal, grad_input=carried)
        if step.norm is not None:
            carried = self._through_norm(step.norm, carried, before, mean, scale)
        if self.linear is not None:
            self.linear[row].addmm_(step.source[row, place].t(), carried)
        if self.source is not None:
            self.source[row, place] += carried

    def _through_norm(
        self, norm: Norm, gradient: Tensor, before: Tensor, mean: Tensor, scale: Tensor
    ) -> Tensor:
        carried, weight, bias = torch.ops.aten.native_layer_norm_backward(
            gradient, before, before.shape[1:], mean, scale, norm.weight, norm.bias, [True, True, True]
        )
        for total, part in ((self.norm_weight, weight), (self.norm_bias, bias)):
            if total is not None:
                total += part
        result: Tensor = carried
        return result
