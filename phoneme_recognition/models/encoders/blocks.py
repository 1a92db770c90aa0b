"""One step of the convolutional front end on a CPU: activation and convolution, a block of frames at a time.

The waveform's first layers are the largest tensors of the network, and a CPU spends more time on carrying
them to and from memory than on some of the arithmetic. So a step takes what the layer before gave *before*
its normalisation over channels and its GELU (Hendrycks & Gimpel, 2016), activates a block that fits a core's
cache, and convolves it at once. Only what stands before activations is ever written out or kept for the
backward pass, which activates each block anew. Frames behind an utterance's end are not computed. Where there
will be no backward pass, a block goes through several steps before the next one is begun, and what lies
between them is not written out either.

A convolution with kernel K and stride S over frames x of C channels, K ≥ S, is a sum of matrix products
without copies. With time before channels, S following frames are one row of S·C numbers, so

    y[t] = Σ_k x[S·t + k] W_k = Σ_j X_j[t] V_j,        j = 0, 1, ... ⌈K/S⌉ - 1,

where row t of X_j is the frames S·(t + j), S·(t + j) + 1, ... (as many as are left of the kernel), and V_j is
the matrices W_k of these taps one above the other. X_j is a view. Backward, V_j gets X_jᵀ g, and X_j gets
g V_jᵀ, added up where views overlap.

With K = 3 and S = 2, as most of these layers have it, two frames share what both see, and five products do
the work of six (the minimal filter F(2, 2) of Winograd, Arithmetic Complexity of Computations, 1980). With

    m = x[2t + 2] (W_0 + W_2),

    y[t] = m + (x[2t] - x[2t + 2]) W_0 + x[2t + 1] W_1,
    y[t + 1] = m + (x[2t + 4] - x[2t + 2]) W_2 + x[2t + 3] W_1        (t even).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Bytes of activations that a thread works on at a time: half of a usual second-level cache.
_BLOCK_BYTES = 3 * 2**19

_gelu_into = torch.ops.aten.gelu.out
_gelu_backward = torch.ops.aten.gelu_backward


class Norm(NamedTuple):
    """Layer normalisation over channels: (C,) weight and bias, and what is added to the variance."""

    weight: Tensor
    bias: Tensor
    eps: float


class Step(NamedTuple):
    """``conv1d(gelu(layer_norm(x)))``, time before channels, without padding.

    Attributes:
        norm: normalisation of the C channels of ``x``, or None.
        weight: (C', C, K) of the convolution, K at least ``stride``.
        bias: (C',), or None.
        stride: of the convolution.
    """

    norm: Norm | None
    weight: Tensor
    bias: Tensor | None
    stride: int


def activate_and_convolve(
    source: Tensor, linear: Tensor | None, steps: Sequence[Step], *, frames: list[int]
) -> Tensor:
    """Take one step, or several one after the other.

    Args:
        source: (B, T, C), or (B, T, D) where ``linear`` is given; then it gets no gradient.
        linear: (B, D, C): what makes C channels of ``source``, or None for ``source`` itself.
        steps: one, or, where no gradient is wanted, any number.
        frames: T' of each utterance behind the last step; further frames of the result are 0.

    Returns:
        (B, T', C') with T' as long as the convolutions give.

    Raises:
        ValueError: several steps, and a gradient is wanted.
    """
    if not torch.is_grad_enabled():
        return _run(_Source(source.contiguous(), linear), [_Taps.of(step) for step in steps], frames)
    if len(steps) != 1:
        raise ValueError(f"one step at a time has a gradient, got {len(steps)}")
    (step,) = steps
    norm_weight, norm_bias, eps = (None, None, 0.0) if step.norm is None else step.norm
    result: Tensor = _ActivateConvolve.apply(  # type: ignore[no-untyped-call]
        source, linear, norm_weight, norm_bias, step.weight, step.bias, eps, step.stride, frames
    )
    return result


class _Source(NamedTuple):
    """Where frames come from; tensors as in `activate_and_convolve`."""

    tensor: Tensor
    linear: Tensor | None

    def frames(self, row: int, start: int, scratch: Tensor) -> Tensor:
        """(N, C) of utterance ``row``; in ``scratch`` (N, C) if they must be computed."""
        block = self.tensor[row].narrow(0, start, len(scratch))
        return block if self.linear is None else torch.mm(block, self.linear[row], out=scratch)


class _Taps(NamedTuple):
    """A step in the form in which it is computed."""

    norm: Norm | None
    matrices: Tensor  # (K·C, C'), the W_k one above the other
    bias: Tensor | None
    kernel: int
    stride: int
    shared: _Shared | None = None

    @classmethod
    def of(cls, step: Step) -> _Taps:
        kernel = step.weight.shape[2]
        matrices = step.weight.permute(2, 1, 0).reshape(-1, len(step.weight))
        shared = _Shared.of(matrices) if (kernel, step.stride) == (3, 2) else None
        return cls(step.norm, matrices, step.bias, kernel, step.stride, shared)

    @property
    def channels(self) -> int:
        """C."""
        return len(self.matrices) // self.kernel

    def seen(self, frames: int) -> int:
        """How many frames so many frames of the result see."""
        return (frames - 1) * self.stride + self.kernel

    def pairs(self, block: Tensor, count: int, matrices: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """X_j and V_j for ``count`` frames of the result; both are views."""
        channels = block.shape[1]
        for start in range(0, self.kernel, self.stride):
            stop = min(start + self.stride, self.kernel)
            width, step = (stop - start) * channels, self.stride * channels
            place = block.storage_offset() + start * channels
            view = block.as_strided((count, width), (step, 1), place)
            yield view, matrices[start * channels : stop * channels]

    def convolve(self, block: Tensor, result: Tensor, spare: Tensor) -> None:
        """Activated frames → (M, C'), written into ``result``; ``block`` is used up.

        Args:
            block: (N, C), the frames that ``result`` sees.
            result: (M, C').
            spare: ⌈M/2⌉·C numbers or more, any of which may be left there.
        """
        if self.shared is not None:
            self.shared.convolve(block, result, spare, self.bias)
            return
        for number, (view, matrix) in enumerate(self.pairs(block, len(result), self.matrices)):
            if number:
                result.addmm_(view, matrix)
            else:
                _begin(result, view, matrix, self.bias)

    def carry_back(self, gradient: Tensor, result: Tensor) -> None:
        """(M, C') gradient of the convolution → (N, C) of its input, written into ``result``."""
        result[len(gradient) * self.stride :] = 0
        for number, (view, tap) in enumerate(self.pairs(result, len(gradient), self.matrices)):
            if number:
                view.addmm_(gradient, tap.t())
            else:
                torch.mm(gradient, tap.t(), out=view)


class _Shared(NamedTuple):
    """The matrices of a kernel of 3 with a stride of 2, of which two frames share products.

    Attributes:
        both: (C, C'), W_0 + W_2.
        first: (C, C'), W_0.
        middle: (C, C'), W_1.
        turned: (2·C, C'), W_2 and W_1 one above the other.
    """

    both: Tensor
    first: Tensor
    middle: Tensor
    turned: Tensor

    @classmethod
    def of(cls, matrices: Tensor) -> _Shared:
        first, middle, last = matrices.view(3, -1, matrices.shape[1])
        return cls(first + last, first, middle, torch.cat((last, middle)))

    def convolve(self, block: Tensor, result: Tensor, spare: Tensor, bias: Tensor | None) -> None:
        """As in `_Taps.convolve`."""
        even, odd = result[::2], result[1::2]
        channels = block.shape[1]
        before, between, amid, after = block[::4], block[1::4], block[2::4], block[4::4]
        before, between = before[: len(even)], between[: len(even)]
        _begin(even, amid, self.both, bias)
        odd.copy_(even[: len(odd)])
        difference = torch.sub(before, amid, out=spare[: amid.numel()].view_as(amid))
        amid = amid[: len(odd)]
        torch.sub(after, amid, out=amid)
        place = block.storage_offset() + 2 * channels
        odd.addmm_(block.as_strided((len(odd), 2 * channels), (4 * channels, 1), place), self.turned)
        even.addmm_(difference, self.first)
        even.addmm_(between, self.middle)


def _begin(result: Tensor, view: Tensor, matrix: Tensor, bias: Tensor | None) -> None:
    """The first product of a sum, and the bias."""
    if bias is None:
        torch.mm(view, matrix, out=result)
    else:
        torch.addmm(bias, view, matrix, out=result)


def _blocks(steps: Sequence[_Taps], frames: list[int]) -> Iterator[tuple[int, int, int]]:
    """Utterance, first and last (exclusive) frame of each block of what the last step gives."""
    stride = math.prod(step.stride for step in steps)
    size = max(16, torch.get_num_threads() * _BLOCK_BYTES // (4 * steps[0].channels * stride))
    for row, count in enumerate(frames):
        for first in range(0, count, size):
            yield row, first, min(first + size, count)


def _scratches(steps: Sequence[_Taps], frames: list[int]) -> list[Tensor]:
    """(N, C) of each step for the largest block. Fresh memory for each would cost more than arithmetic."""
    longest = max((last - first for _, first, last in _blocks(steps, frames)), default=1)
    made = []
    for step in reversed(steps):
        longest = step.seen(longest)
        made.append(step.matrices.new_empty(longest, step.channels))
    return made[::-1]


def _run(source: _Source, steps: Sequence[_Taps], frames: list[int]) -> Tensor:
    length, stride = source.tensor.shape[1], math.prod(step.stride for step in steps)
    for step in steps:
        length = (length - step.kernel) // step.stride + 1
    result = source.tensor.new_empty(len(source.tensor), length, steps[-1].matrices.shape[1])
    scratches = _scratches(steps, frames)
    spare = result.new_empty(max((len(scratch) // 4 + 1) * scratch.shape[1] for scratch in scratches))
    for row, first, last in _blocks(steps, frames):
        targets = [result[row].narrow(0, first, last - first)]
        for step, scratch in zip(reversed(steps), reversed(scratches), strict=True):
            targets.append(scratch[: step.seen(len(targets[-1]))])
        block = targets.pop()
        before = source.frames(row, first * stride, block)
        for step in steps:
            if step.norm is not None:
                before = torch.layer_norm(before, before.shape[1:], *step.norm)
            _gelu_into(before, out=block)
            before = targets.pop()
            step.convolve(block, before, spare)
            block = before
    for row, count in enumerate(frames):
        result[row, count:] = 0
    return result


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
        step = Step(_norm(norm_weight, norm_bias, eps), weight, bias, stride)
        return _run(_Source(source.contiguous(), linear), [_Taps.of(step)], frames)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        source, linear, norm_weight, norm_bias, weight = ctx.saved_tensors
        step = _Taps.of(Step(_norm(norm_weight, norm_bias, ctx.eps), weight, None, ctx.stride))
        gradient = gradient.contiguous()
        wanted = ctx.needs_input_grad
        sums = _Sums(_Source(source.contiguous(), linear), step, gradient, wanted, ctx.frames)
        for row, first, last in _blocks([step], ctx.frames):
            sums.add(row, first, last)
        taps = sums.matrices.view(step.kernel, -1, gradient.shape[2]) if wanted[4] else None
        kernel = None if taps is None else taps.permute(2, 1, 0).contiguous()
        valid = (gradient[row, :count].sum(0) for row, count in enumerate(ctx.frames))
        bias = sum(valid, gradient.new_zeros(gradient.shape[2])) if ctx.with_bias and wanted[5] else None
        return sums.source, sums.linear, sums.norm_weight, sums.norm_bias, kernel, bias, None, None, None


def _norm(weight: Tensor | None, bias: Tensor | None, eps: float) -> Norm | None:
    return None if weight is None or bias is None else Norm(weight, bias, eps)


class _Sums:
    """Gradients of a step, added up block after block; None where nobody asks."""

    def __init__(
        self, before: _Source, step: _Taps, gradient: Tensor, wanted: tuple[bool, ...], frames: list[int]
    ) -> None:
        self.before, self.step = before, step
        self.gradient = gradient
        self.matrices = torch.zeros_like(step.matrices)
        self.source = torch.zeros_like(before.tensor) if wanted[0] else None
        self.linear = torch.zeros_like(before.linear) if wanted[1] and before.linear is not None else None
        self.norm_weight = torch.zeros_like(step.norm.weight) if wanted[2] and step.norm else None
        self.norm_bias = torch.zeros_like(step.norm.bias) if wanted[3] and step.norm else None
        self.deeper = any(wanted[:4])
        (self.scratch,) = _scratches([step], frames)
        self.activated = torch.empty_like(self.scratch)

    def add(self, row: int, first: int, last: int) -> None:
        """Go back through one block."""
        step, gradient, start = self.step, self.gradient[row, first:last], first * self.step.stride
        place = slice(start, start + step.seen(last - first))
        before = self.before.frames(row, start, self.scratch[: step.seen(last - first)])
        normal, mean, scale = before, before, before
        if step.norm is not None:
            normal, mean, scale = torch.native_layer_norm(before, before.shape[1:], *step.norm)
        activated = _gelu_into(normal, out=self.activated[: len(normal)])
        for view, matrix in step.pairs(activated, len(gradient), self.matrices):
            matrix.addmm_(view.t(), gradient)
        if not self.deeper:
            return
        carried = activated  # its values have done their work, its memory is in the cache
        step.carry_back(gradient, carried)
        _gelu_backward.grad_input(carried, normal, grad_input=carried)
        if step.norm is not None:
            carried = self._through_norm(step.norm, carried, before, mean, scale)
        if self.linear is not None:
            self.linear[row].addmm_(self.before.tensor[row, place].t(), carried)
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
