"""The positional convolution of the waveform families, faster on a CPU and with the same result.

Its kernel is large: 128 frames, 16 groups of channels. In training it runs as a two-dimensional convolution
over an image of height one: its input comes with time before channels, which is the layout `torch` calls
channels-last, and a one-dimensional one would be copied into another layout and back.

Where no gradient is wanted it is done by Fourier transforms, with a third of the work, in pieces that overlap
("overlap-save"; Stockham, 1966, and e.g. Oppenheim & Schafer, Discrete-Time Signal Processing, 8.7.3). With
kernels of K frames a piece is N = 2K frames, and

    y = irfft(rfft(x) · conj(rfft(w)))    (over N frames; the product is one of matrices, for each frequency)

has N - K + 1 frames that are free of wrapping around. Lengths then do not matter to the library below, which
takes as long to prepare a convolution for a new one as to run it. The kernels' transforms are kept.
"""

from __future__ import annotations

import math
from types import MethodType

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv2d, pad

from phoneme_recognition.models.encoders.derived import derived, may_keep

# Shorter kernels are not worth it.
_LONG = 64


def hasten_positions(positions: nn.Module) -> None:
    """From now on run the convolutions in here as described above.

    Parameters, their names, hooks and parametrisations stay as they are, and so does the result.
    """
    for part in positions.modules():
        if isinstance(part, nn.Conv1d):
            # Bound methods, so that a deep copy of the network has its own weights; named as those of torch,
            # which a pickle puts back in their place.
            object.__setattr__(part, "forward", MethodType(forward, part))
            object.__setattr__(part, "_conv_forward", MethodType(_conv_forward, part))


def forward(convolution: nn.Conv1d, input: Tensor) -> Tensor:
    """(B, C, T) → (B, C', T + 2·padding - K + 1), as `nn.Conv1d.forward`."""
    if not _is_plain(input) or not may_keep(convolution) or not _is_long(convolution):
        return nn.Conv1d.forward(convolution, input)
    # Where the weight is parametrised, these are what it is made of.
    weights = [weight for name, weight in convolution.named_parameters() if name != "bias"]
    spectrum = derived(convolution, "spectrum", weights, lambda: _spectrum(convolution.weight))
    return _convolve(input, spectrum, convolution)


def _conv_forward(convolution: nn.Conv1d, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    stride, padding, dilation = convolution.stride, convolution.padding, convolution.dilation
    if not _is_plain(input):
        return conv1d(input, weight, bias, stride, padding, dilation, convolution.groups)
    # One row, and channels as the fastest running index: views, where the input was transposed to get here.
    image = input.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    kernel = weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    margins = (0, int(padding[0]))
    return conv2d(image, kernel, bias, (1, *stride), margins, (1, *dilation), convolution.groups).squeeze(2)


def _is_plain(input: Tensor) -> bool:
    return (
        input.device.type == "cpu" and input.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    )


def _is_long(convolution: nn.Conv1d) -> bool:
    if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    usual = (convolution.stride, convolution.dilation, convolution.padding_mode) == ((1,), (1,), "zeros")
    return usual and convolution.kernel_size[0] >= _LONG


def _spectrum(weight: Tensor) -> Tensor:
    """(C, C / G, K) → (F, C, C / G) complex, the conjugated transform of each kernel at F frequencies."""
    kernel = weight.shape[2]
    # Frequency by frequency, as one product: a transform along K would have to be turned around.
    angles = torch.outer(torch.arange(kernel + 1), torch.arange(kernel)).double() % (2 * kernel)
    turns = torch.polar(torch.ones(()).double(), angles * (math.pi / kernel))
    flat = weight.reshape(-1, kernel).t()
    parts = turns.real.float() @ flat, turns.imag.float() @ flat
    return torch.complex(*parts).view(-1, *weight.shape[:2])


def _convolve(input: Tensor, spectrum: Tensor, convolution: nn.Conv1d) -> Tensor:
    """(B, C, T) → (B, C', T + 2·padding - K + 1)."""
    (batch, _, frames), groups = input.shape, convolution.groups
    kernel, margin = convolution.kernel_size[0], int(convolution.padding[0])
    size, step = 2 * kernel, kernel + 1
    wanted = frames + 2 * margin - kernel + 1
    pieces = -(-wanted // step)
    padded = pad(input, (margin, (pieces - 1) * step + size - frames - margin))
    heard = torch.fft.rfft(padded.unfold(2, size, step))  # (B, C, P, F)
    frequencies, outputs, inputs = spectrum.shape
    left = heard.view(batch, groups, inputs, pieces, frequencies).permute(4, 1, 0, 3, 2)
    right = spectrum.view(frequencies * groups, -1, inputs).mT
    product = left.reshape(frequencies * groups, batch * pieces, inputs) @ right
    product = product.view(frequencies, groups, batch, pieces, -1).permute(2, 1, 4, 3, 0)
    # What wraps around lies at the end, as the kernels run backwards here.
    found = torch.fft.irfft(product.reshape(batch, outputs, pieces, frequencies), size)[..., :step]
    result: Tensor = found.reshape(batch, outputs, -1)[..., :wanted]
    return result if convolution.bias is None else result + convolution.bias[:, None]
