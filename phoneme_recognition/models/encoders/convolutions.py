"""The convolutional front end that the waveform families share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from phoneme_recognition.models.encoders.front_end import is_blockwise, run_blockwise
from phoneme_recognition.models.encoders.padding import group_norm


def convolved(lengths: Tensor, convolution: nn.Module) -> Tensor:
    """(B,) steps before → (B,) steps behind a Conv1d, 0 where an utterance is too short."""
    assert isinstance(convolution, nn.Conv1d)
    kernel, stride, padding = convolution.kernel_size[0], convolution.stride[0], int(convolution.padding[0])
    return ((lengths + 2 * padding - kernel) // stride + 1).clamp(min=0)


def convolved_lengths(layers: Iterable[Any], lengths: Tensor) -> Tensor:
    """(B,) samples → (B,) frames behind all layers, 0 where an utterance is shorter than the first frame."""
    for layer in layers:
        lengths = convolved(lengths, layer.conv)
    return lengths


def shortest_input(layers: Iterable[Any], frames: int) -> int:
    """The fewest samples that give so many frames."""
    for layer in reversed(list(layers)):
        frames = (frames - 1) * layer.conv.stride[0] + layer.conv.kernel_size[0]
    return frames


def run_convolutions(layers: Iterable[Any], waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """(B, S) and (B,) samples → (B, T, C) and (B,) frames.

    No layer pads, so a frame sees only samples before its utterance's end. Only group normalisation
    (``feat_extract_norm: group``) is over all frames: it is done here over the valid ones.
    """
    layers = list(layers)
    if is_blockwise(layers, waveforms):
        return run_blockwise(layers, waveforms, lengths.tolist()), convolved_lengths(layers, lengths)
    features = waveforms.unsqueeze(1)
    for layer in layers:
        lengths = convolved(lengths, layer.conv)
        norm = getattr(layer, "layer_norm", None)
        if isinstance(norm, nn.GroupNorm):
            features = layer.activation(group_norm(layer.conv(features), lengths, norm))
        else:
            features = layer(features)
    return features.transpose(1, 2), lengths
