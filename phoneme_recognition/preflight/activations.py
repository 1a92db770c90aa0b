"""How much memory the activations of a batch take: an estimate that is right within a factor of two or so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from phoneme_recognition.models.compact import CompactCTC
from phoneme_recognition.models.encoders.base import SpeechEncoder

_BYTES = 4
# Values that one layer keeps for each frame: so many times its width, and its feed-forward width.
_OF_WIDTH, _OF_INNER = 16, 3
# A conformer layer has two feed-forward parts and a convolution.
_CONFORMER = 2.5
# A convolution keeps its input, what goes into the normalisation and into the nonlinearity.
_OF_CONVOLUTION = 3
# A layer of CompactCTC: convolution, normalisation, nonlinearity, dropout, residual.
_OF_COMPACT = 6


def activation_bytes(
    network: nn.Module, samples: float, frames: float, *, train_front_end: bool, train_transformer: bool
) -> float:
    """Bytes that a batch's forward pass keeps until the backward pass, in float32.

    Args:
        network: of `networks.build_network`.
        samples: of the whole batch, padding included.
        frames: CTC frames of the whole batch.
        train_front_end: gradients go through the convolutions.
        train_transformer: gradients go through the transformer.
    """
    if isinstance(network, CompactCTC):
        return _BYTES * _OF_COMPACT * frames * _compact_width(network)
    encoder = network.encoder
    if not isinstance(encoder, SpeechEncoder):
        return 0.0
    config = encoder.config
    front = _front_end(config, samples)
    # Without gradients nothing is kept; a moment needs a layer's input and output.
    total = sum(front) if train_front_end else max(front, default=0.0) * 2 / _OF_CONVOLUTION
    if train_front_end or train_transformer:
        total += _transformer(config, frames)
    return total


def _compact_width(network: CompactCTC) -> float:
    """Channels of all layers together; the first layer of the stem has twice the frames of the second."""
    widths = [layer.weight.shape[0] for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    return float(sum(widths) + (widths[0] if widths else 0))


def _front_end(config: Any, samples: float) -> list[float]:
    """Bytes of each convolution of the front end."""
    strides: Sequence[int] = getattr(config, "conv_stride", ())
    widths: Sequence[int] = getattr(config, "conv_dim", ())
    found = []
    for stride, width in zip(strides, widths, strict=True):
        samples /= stride
        found.append(_BYTES * _OF_CONVOLUTION * samples * width)
    return found


def _transformer(config: Any, frames: float) -> float:
    width = getattr(config, "hidden_size", None) or config.d_model
    inner = getattr(config, "encoder_ffn_dim", None) or config.intermediate_size
    layers = getattr(config, "encoder_layers", None) or config.num_hidden_layers
    conformer = _CONFORMER if hasattr(config, "conv_depthwise_kernel_size") else 1.0
    return float(conformer * _BYTES * frames * layers * (_OF_WIDTH * width + _OF_INNER * inner))
