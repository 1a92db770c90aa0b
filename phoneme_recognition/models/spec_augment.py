"""Which frames and channels SpecAugment hides, as a pure function of each utterance's seed.

SpecAugment (Park et al., 2019) hides random spans of the input so that a network does not lean on any one
of them. The number of spans follows wav2vec 2.0 (Baevski et al., 2020) as `transformers` counts it, but
every draw belongs to one utterance: neither the batch it is in nor any global random state matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Keeps the two draws of one utterance apart.
_TIME, _CHANNEL = 0, 1


def time_masks(
    lengths: Tensor, seeds: Tensor, *, probability: float, mask_length: int, min_masks: int, frames: int
) -> Tensor:
    """Spans of frames to hide.

    Args:
        lengths: (B,) frames of speech; what lies behind is never masked.
        seeds: (B,) int64, one an utterance.
        probability: share of the frames that begin a span times ``mask_length``: an upper bound of the
            share that is hidden, as spans may overlap.
        mask_length: frames in a span. An utterance shorter than one span is left whole.
        min_masks: spans in each utterance at least, as far as they fit.
        frames: T, the width of the result.

    Returns:
        (B, T) bool on the device of ``lengths``, True where a frame is to be hidden.
    """
    return _masks(lengths.tolist(), seeds, _TIME, probability, mask_length, min_masks, frames).to(
        lengths.device
    )


def channel_masks(
    seeds: Tensor, *, probability: float, mask_length: int, min_masks: int, channels: int
) -> Tensor:
    """Spans of channels to hide in the whole utterance: (B, channels) bool; arguments as `time_masks`."""
    lengths = [channels] * len(seeds)
    return _masks(lengths, seeds, _CHANNEL, probability, mask_length, min_masks, channels).to(seeds.device)


@dataclass(frozen=True, slots=True)
class SpecAugment:
    """SpecAugment with the settings of a `transformers` config (fields named as there)."""

    mask_time_prob: float = 0.0
    mask_time_length: int = 10
    mask_time_min_masks: int = 0
    mask_feature_prob: float = 0.0
    mask_feature_length: int = 10
    mask_feature_min_masks: int = 0

    @classmethod
    def from_config(cls, config: Any) -> SpecAugment:
        """Take the settings of a config; all is off where ``apply_spec_augment`` is false."""
        if not getattr(config, "apply_spec_augment", True):
            return cls()
        return cls(
            **{name: getattr(config, name) for name in cls.__dataclass_fields__ if hasattr(config, name)}
        )

    @property
    def is_active(self) -> bool:
        """Whether it hides anything."""
        return self.mask_time_prob > 0 or self.mask_feature_prob > 0

    def __call__(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, replacement: Tensor | None = None
    ) -> Tensor:
        """Hide spans of ``features``.

        Args:
            features: (B, T, C).
            lengths: (B,) frames of speech.
            seeds: (B,) int64, or None: nothing is hidden.
            replacement: (C,) what stands in hidden frames; zero if None. Hidden channels become zero.

        Returns:
            (B, T, C), a new tensor where anything may be hidden.
        """
        if seeds is None:
            return features
        if self.mask_time_prob > 0:
            hidden = time_masks(
                lengths,
                seeds,
                probability=self.mask_time_prob,
                mask_length=self.mask_time_length,
                min_masks=self.mask_time_min_masks,
                frames=features.shape[1],
            )
            filling = features.new_zeros(()) if replacement is None else replacement.to(features.dtype)
            features = torch.where(hidden.unsqueeze(-1), filling, features)
        if self.mask_feature_prob > 0:
            hidden = channel_masks(
                seeds,
                probability=self.mask_feature_prob,
                mask_length=self.mask_feature_length,
                min_masks=self.mask_feature_min_masks,
                channels=features.shape[2],
            )
            features = features.masked_fill(hidden.to(features.device).unsqueeze(1), 0.0)
        return features


def _masks(
    lengths: list[int],
    seeds: Tensor,
    stream: int,
    probability: float,
    mask_length: int,
    min_masks: int,
    width: int,
) -> Tensor:
    masks = np.zeros((len(lengths), width), dtype=bool)
    for row, length, seed in zip(masks, lengths, seeds.tolist(), strict=True):
        generator = np.random.default_rng((seed & 0xFFFF_FFFF_FFFF_FFFF, stream))
        starts = _span_starts(min(length, width), generator, probability, mask_length, min_masks)
        row[(starts[:, None] + np.arange(mask_length)).ravel()] = True
    return torch.from_numpy(masks)


def _span_starts(
    length: int, generator: np.random.Generator, probability: float, mask_length: int, min_masks: int
) -> NDArray[np.int64]:
    places = max(length - mask_length + 1, 0)
    # The fraction of a span that is left over is rounded up or down at random, so that the mean is right.
    wanted = int(probability * length / mask_length + generator.random())
    number = min(max(wanted, min_masks), length // mask_length, places)
    return generator.choice(places, number, replace=False) if number else np.empty(0, dtype=np.int64)
