"""Keep padding out of what an utterance becomes.

`transformers` hides padded frames from attention. Convolutions and normalisations over time see them all
the same; the functions here close those doors, so that an utterance comes out of a batch as it does alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm


def valid_frames(lengths: Tensor, frames: int) -> Tensor:
    """(B,) lengths → (B, frames) bool, True where a frame belongs to the utterance."""
    return torch.arange(frames, device=lengths.device) < lengths.unsqueeze(1)


def attention_bias(valid: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, T) bool → (B, 1, 1, T), to be added to attention scores: the lowest number at hidden keys."""
    hidden = ~valid[:, None, None, :]
    return torch.zeros_like(hidden, dtype=dtype).masked_fill(hidden, torch.finfo(dtype).min)


def group_norm(features: Tensor, lengths: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Group normalisation with one channel a group, over each utterance's own frames.

    Args:
        features: (B, C, T).
        lengths: (B,) frames of speech.
        norm: the layer whose weights are used.

    Returns:
        (B, C, T); what stands in padded frames means nothing.
    """
    # Means over valid frames as matrix products: features are large here, and read as rarely as can be.
    share = valid_frames(lengths, features.shape[2]).float() / lengths.clamp(min=1).unsqueeze(1)
    with torch.autocast(features.device.type, enabled=False):
        exact = features.float()
        centred = exact - exact @ share.unsqueeze(-1)
        variance = centred.square() @ share.unsqueeze(-1)
        scale = (variance + norm.eps).rsqrt() * norm.weight.float().unsqueeze(-1)
        return torch.addcmul(norm.bias.float().unsqueeze(-1), centred, scale).to(features.dtype)


class FramePadding:
    """Which frames of the batch at hand are speech: shared by the layers inside an encoder that must know.

    The encoder sets ``valid``, (B, T) bool, before it runs its layers. It stays set, as gradient
    checkpointing runs them once more in the backward pass.
    """

    def __init__(self) -> None:
        self.valid: Tensor | None = None

    def guard(self, convolution: nn.Module) -> None:
        """From now on this convolution over (B, C, T) sees zeros in padded frames, like its own padding."""
        # A bound method, so that a deep copy of the network has its own padding.
        convolution.register_forward_pre_hook(self.silence)

    def silence(self, module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Forward pre-hook: zero the padded frames of the first input, (B, C, T)."""
        if self.valid is None:
            return inputs
        return (inputs[0].masked_fill(~self.valid.unsqueeze(1), 0.0), *inputs[1:])


class PaddedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation of (B, C, T) whose training statistics leave padded frames out.

    Args:
        norm: the layer to stand in for; its weights and statistics are taken over, under the same names.
        padding: says which frames are speech.
    """

    def __init__(self, norm: nn.BatchNorm1d, padding: FramePadding) -> None:
        super().__init__(norm.num_features, eps=norm.eps, momentum=norm.momentum)
        self.load_state_dict(norm.state_dict())
        self.padding = padding

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, T) → (B, C, T); padded frames are zero in training."""
        valid = self.padding.valid
        if not self.training or valid is None:
            return super().forward(input)
        frames = input.transpose(1, 2)
        own = frames[valid]
        if len(own) < 2:  # no variance to be had: go by the running statistics
            return batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                training=False,
                eps=self.eps,
            )
        normalised = torch.zeros_like(frames)
        normalised[valid] = super().forward(own).to(frames.dtype)
        return normalised.transpose(1, 2)
