"""Augmentation of log-mel features: stretched, warped and partly hidden, as a pure function of seeds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

# A stretched utterance keeps at least so many frames.
FEWEST_FRAMES = 8


class FeatureAugmentation(nn.Module):
    """Time stretch, frequency warp and SpecAugment of normalised features.

    Stretch and warp (vocal tract length perturbation, Jaitly and Hinton, 2013) are one bilinear resampling of
    the time-frequency plane; the masks are those of SpecAugment (Park et al., 2019), with the number of time
    masks following the duration. Each utterance is drawn from its own generator, whatever batch it is in.

    Args:
        stretch: the speed is drawn from 1 ± this.
        warp: the frequency factor is drawn from 1 ± this.
        frequency_masks: bands of channels that are hidden.
        frequency_width: channels in such a band, at most.
        time_masks: spans of frames that are hidden, for each second.
        time_width: frames in such a span, at most.
        frame_rate: frames a second.

    Attributes:
        mask_strength: factor of the widths of all masks, 0 to 1; a training may change it as it goes on.
    """

    def __init__(
        self,
        *,
        stretch: float,
        warp: float,
        frequency_masks: int,
        frequency_width: int,
        time_masks: float,
        time_width: int,
        frame_rate: float = 100.0,
    ) -> None:
        super().__init__()
        self._stretch, self._warp = stretch, warp
        self.mask_strength = 1.0
        self._frequency_masks, self._frequency_width = frequency_masks, frequency_width
        self._time_masks, self._time_width = time_masks / frame_rate, time_width

    def forward(
        self, features: Tensor, lengths: Tensor, draws: Sequence[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        """Change features.

        Args:
            features: (batch, frames, channels), zero behind each utterance's end.
            lengths: (batch,) frames.
            draws: a CPU generator for each utterance.

        Returns:
            (batch, new frames, channels) and the new (batch,) lengths.
        """
        features, lengths = self._resampled(features, lengths, draws)
        for row, length, draw in zip(features, lengths.tolist(), draws, strict=True):
            self._hide(row, length, draw)
        return features, lengths

    def _resampled(
        self, features: Tensor, lengths: Tensor, draws: Sequence[torch.Generator]
    ) -> tuple[Tensor, Tensor]:
        _, frames, channels = features.shape
        drawn = 2 * torch.stack([torch.rand(2, generator=draw) for draw in draws]).to(features) - 1
        stretched = (lengths / (1 + self._stretch * drawn[:, 0])).round().long().clamp(min=FEWEST_FRAMES)
        time = torch.arange(int(stretched.max()), device=features.device)[None]
        time = time * ((lengths - 1) / (stretched - 1))[:, None]
        channel = torch.arange(channels, device=features.device)[None] * (1 + self._warp * drawn[:, 1:])
        # grid_sample counts both axes from -1 to 1.
        time = 2 * time / max(frames - 1, 1) - 1
        channel = 2 * channel.clamp(max=channels - 1) / (channels - 1) - 1
        grid = torch.stack(torch.broadcast_tensors(channel[:, None, :], time[:, :, None]), dim=-1)
        return grid_sample(features[:, None], grid, align_corners=True)[:, 0], stretched

    def _hide(self, features: Tensor, length: int, draw: torch.Generator) -> None:
        """Set what masks hide of (frames, channels) to zero, and what is behind the end."""
        frequency = self._frequency_masks
        spans = max(1, round(length * self._time_masks)) if self._time_masks else 0
        drawn = torch.rand(frequency + spans, 2, generator=draw).tolist()
        for width_draw, start_draw in drawn[:frequency]:
            widest = self._widest(self._frequency_width)
            start, end = _span(width_draw, start_draw, widest, features.shape[1])
            features[:, start:end] = 0.0
        for width_draw, start_draw in drawn[frequency:]:
            start, end = _span(width_draw, start_draw, self._widest(self._time_width), length)
            features[start:end] = 0.0
        features[length:] = 0.0

    def _widest(self, width: int) -> int:
        return round(self.mask_strength * width)


def _span(width_draw: float, start_draw: float, widest: int, size: int) -> tuple[int, int]:
    """A span of 0 to ``widest`` places within ``size``, from two uniform draws."""
    width = int(width_draw * (widest + 1))
    start = int(start_draw * max(1, size - width))
    return start, start + width
