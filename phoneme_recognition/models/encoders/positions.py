"""The positional convolution of the waveform families, in the layout that it is fastest in.

Its input comes with time before channels, which is the layout `torch` calls channels-last, and its kernel is
large (128 frames, 16 groups). As a two-dimensional convolution over an image of height one it runs in this
layout; as a one-dimensional one it is copied into another one and back.
"""

from __future__ import annotations

from types import MethodType

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv2d


def hasten_positions(positions: nn.Module) -> None:
    """From now on run the convolutions in here as ones over images of height one.

    Parameters, their names, hooks and parametrisations stay as they are, and so does the result.
    """
    for part in positions.modules():
        if isinstance(part, nn.Conv1d):
            # A bound method, so that a deep copy of the network has its own weights.
            object.__setattr__(part, "_conv_forward", MethodType(_conv_forward, part))


def _conv_forward(convolution: nn.Conv1d, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    stride, padding, dilation = convolution.stride, convolution.padding, convolution.dilation
    if input.device.type != "cpu" or input.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
        return conv1d(input, weight, bias, stride, padding, dilation, convolution.groups)
    # One row, and channels as the fastest running index: views, where the input was transposed to get here.
    image = input.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    kernel = weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    margins = (0, int(padding[0]))
    return conv2d(image, kernel, bias, (1, *stride), margins, (1, *dilation), convolution.groups).squeeze(2)
