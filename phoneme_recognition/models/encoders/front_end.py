"""The convolutional front end in float32 on a CPU: the numbers of `convolutions`, in less time and memory.

The first layer has one input channel, and its output is the largest tensor of the network. It is never
written out: layers are run by `blocks`, which makes the frames it needs from patches of the waveform. Group
normalisation with one channel a group, over the utterance's frames, goes into the first layer's weights.
With the patches p (K samples and a 1 for the bias) and a channel's weights v (K and the bias), the channel is
y = vᵀp, and over the utterance's frames

    mean(y) = vᵀ m,  var(y) = vᵀ R v,    m = mean(p),  R = mean(p pᵀ) - m mᵀ,

so with γ and β of the normalisation, s = γ / sqrt(var(y) + ε), the normalised channel is
β + s·(vᵀp - vᵀm) = v'ᵀp, where v' is s·v with β - s·vᵀm added to the bias. This is exact; m and R, K + 1
numbers wide, are computed in double precision, as quiet channels are small differences of large numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm
from torch.utils.checkpoint import checkpoint
from transformers.activations import GELUActivation

from phoneme_recognition.models.encoders.blocks import Norm, Step, activate_and_convolve
from phoneme_recognition.models.encoders.derived import derived, may_keep


def is_blockwise(layers: Sequence[Any], waveforms: Tensor) -> bool:
    """Whether `run_blockwise` can run these layers and is the fastest way to do it.

    Elsewhere (a GPU, 16 bits, a graph to be compiled or exported) the library's own convolutions are.
    """
    plain = waveforms.dtype == torch.float32 and waveforms.device.type == "cpu"
    if not plain or waveforms.requires_grad or torch.is_autocast_enabled("cpu"):
        return False
    if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    return len(layers) > 1 and layers[0].conv.in_channels == 1 and all(map(_is_standard, layers, range(99)))


def run_blockwise(layers: Sequence[Any], waveforms: Tensor, lengths: list[int]) -> Tensor:
    """Run the front end.

    Args:
        layers: of a `transformers` feature encoder, for which `is_blockwise` holds.
        waveforms: (B, S), at least one frame long.
        lengths: samples of each utterance.

    Returns:
        (B, T, C); behind an utterance's end stands what means nothing.
    """
    if any(getattr(layer, "gradient_checkpointing", False) and layer.training for layer in layers):
        # Only the patches of the waveform are kept, and the rest computed anew in the backward pass.
        result: Tensor = checkpoint(_run, layers, waveforms, lengths, use_reentrant=False)
        return result
    return _run(layers, waveforms, lengths)


def _run(layers: Sequence[Any], waveforms: Tensor, lengths: list[int]) -> Tensor:
    first = layers[0].conv
    frames = _frames(first, lengths)
    hidden = _patches(waveforms, first.kernel_size[0], first.stride[0])
    linear: Tensor | None = _first_weights(layers[0], hidden, frames)
    steps = [_step(before, layer.conv) for before, layer in pairwise(layers)]
    # Without a gradient three at a time: of more, the deepest would have too few frames in a block.
    together = 1 if torch.is_grad_enabled() else 3
    for number in range(0, len(steps), together):
        for layer in layers[1:][number : number + together]:
            frames = _frames(layer.conv, frames)
        hidden = activate_and_convolve(hidden, linear, steps[number : number + together], frames=frames)
        linear = None
    norm = _channel_norm(layers[-1])
    return gelu(hidden if norm is None else layer_norm(hidden, hidden.shape[2:], *norm))


def _step(before: Any, convolution: nn.Conv1d) -> Step:
    """A convolution and what comes before it, which is the end of the layer before."""
    weight: Tensor = convolution.weight
    if may_keep(convolution):
        # In the order of memory that `blocks` wants it in.
        given = convolution.weight
        weight = derived(convolution, "weight", [given], lambda: _turned(_turned(given).contiguous()))
    return Step(_channel_norm(before), weight, convolution.bias, convolution.stride[0])


def _turned(weight: Tensor) -> Tensor:
    return weight.permute(2, 1, 0)


def _is_standard(layer: Any, number: int) -> bool:
    """Convolution, normalisation (group norm: the first layer alone) and GELU as the families have them."""
    convolution, norm = layer.conv, getattr(layer, "layer_norm", None)
    return (
        type(convolution) is nn.Conv1d
        and (convolution.padding, convolution.dilation, convolution.groups) == ((0,), (1,), 1)
        and convolution.kernel_size[0] >= convolution.stride[0]
        and convolution.weight.dtype == torch.float32
        and isinstance(layer.activation, GELUActivation)
        and layer.activation.act is gelu
        and (norm is None or _is_affine(norm, convolution.out_channels, number))
    )


def _is_affine(norm: nn.Module, channels: int, number: int) -> bool:
    if isinstance(norm, nn.GroupNorm):
        return number == 0 and norm.num_groups == channels and norm.affine
    return isinstance(norm, nn.LayerNorm) and norm.weight is not None and norm.bias is not None


def _frames(convolution: nn.Conv1d, lengths: list[int]) -> list[int]:
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    return [max(0, (length - kernel) // stride + 1) for length in lengths]


def _patches(waveforms: Tensor, kernel: int, stride: int) -> Tensor:
    """(B, S) → (B, T, K + 1): what each frame sees, and a 1 to be multiplied with a bias."""
    windows = waveforms.unfold(1, kernel, stride)
    patches = waveforms.new_ones(*windows.shape[:2], kernel + 1)
    patches[..., :kernel] = windows
    return patches


def _first_weights(layer: Any, patches: Tensor, frames: list[int]) -> Tensor:
    """(B, K + 1, C): what makes the first layer's channels of patches, group normalisation included."""
    weight, bias = layer.conv.weight, layer.conv.bias
    last = weight.new_zeros(1, len(weight)) if bias is None else bias.unsqueeze(0)
    plain = torch.cat((weight.flatten(1).t(), last))
    norm = getattr(layer, "layer_norm", None)
    if not isinstance(norm, nn.GroupNorm):
        return plain.expand(len(patches), -1, -1)
    moments = torch.stack([_moments(patch[:count]) for patch, count in zip(patches, frames, strict=True)])
    means = moments[:, -1:]  # (B, 1, K + 1), as the last of each patch is 1
    exact = plain.double()
    variance = (exact * ((moments - means.mT * means) @ exact)).sum(1, keepdim=True)
    scaled = exact * norm.weight / (variance + norm.eps).sqrt()
    shift = norm.bias - means @ scaled
    return torch.cat((scaled[:, :-1], scaled[:, -1:] + shift), dim=1).to(plain.dtype)


def _moments(patches: Tensor) -> Tensor:
    """(T, K + 1) → (K + 1, K + 1) float64, the mean of p pᵀ; zero where there is no frame."""
    exact = patches.double()
    return exact.t() @ exact / max(1, len(patches))


def _channel_norm(layer: Any) -> Norm | None:
    norm = getattr(layer, "layer_norm", None)
    return Norm(norm.weight, norm.bias, norm.eps) if isinstance(norm, nn.LayerNorm) else None
