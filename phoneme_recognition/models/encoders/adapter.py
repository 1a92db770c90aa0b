"""The convolutional adapter that some pretrained models carry behind their transformer (``add_adapter``).

Each of its layers halves the frame rate (``adapter_stride``). They are run here one by one: with padding
silenced before each convolution, and without LayerDrop, as a layer left out would change the frame rate.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from phoneme_recognition.models.encoders.convolutions import convolved
from phoneme_recognition.models.encoders.padding import valid_frames


def adapted_lengths(adapter: Any, lengths: Tensor) -> Tensor:
    """(B,) frames before → (B,) frames behind the adapter; ``adapter`` may be None."""
    for layer in [] if adapter is None else adapter.layers:
        lengths = convolved(lengths, layer.conv)
    return lengths


def run_adapter(adapter: Any, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """(B, T, H) and (B,) frames → (B, T', H') and (B,) frames; ``adapter`` may be None."""
    if adapter is None:
        return hidden, lengths
    if adapter.proj is not None:
        hidden = adapter.proj_layer_norm(adapter.proj(hidden))
    hidden = hidden.transpose(1, 2)
    for layer in adapter.layers:
        hidden = layer(hidden.masked_fill(~valid_frames(lengths, hidden.shape[2]).unsqueeze(1), 0.0))
        lengths = convolved(lengths, layer.conv)
    return hidden.transpose(1, 2), lengths
