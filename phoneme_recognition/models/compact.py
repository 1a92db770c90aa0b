"""``CompactCTC``: a small network of our own, to be trained from scratch on a CPU in minutes.

Log-mel features, two convolutions of stride 2, residual dense convolutions, a linear head: 25 frames a
second. Dense convolutions because they reach most of a CPU's arithmetic; depthwise ones and recurrence do
not.

Frames behind an utterance's end are zero before every operation that looks along time, so in evaluation
mode the logits of an utterance do not depend on what it is batched with. All that is random in training is
drawn from the utterances' own seeds.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from phoneme_recognition.models.encoders.padding import valid_frames
from phoneme_recognition.models.feature_augmentation import FeatureAugmentation
from phoneme_recognition.models.log_mel import HTKLogMel
from phoneme_recognition.models.output import CTCOutput


class CompactCTC(nn.Module):
    """Waveform → CTC logits.

    Args:
        vocabulary_size: logits a frame.
        sampling_rate: of the waveforms, in Hz.
        channels: of the residual convolutions.
        layers: residual convolutions.
        inner_layer: after so many of them an inner head is read, and what it reads is given to the layers
            above (self-conditioned CTC, Nozaki and Komatsu, 2021); None is half of them, 0 leaves it out.
        kernel: frames that each convolution sees; odd.
        stem_channels: between the two convolutions of stride 2.
        dropout: share of the channels that is dropped in each layer.
        mel_bins: channels of the log-mel features.
        stretch, warp, frequency_masks, frequency_width, time_masks, time_width: how features are augmented in
            training, see :class:`~phoneme_recognition.models.feature_augmentation.FeatureAugmentation`.

    Raises:
        ValueError: there is no such inner layer.
    """

    def __init__(
        self,
        vocabulary_size: int,
        sampling_rate: int,
        *,
        channels: int = 224,
        layers: int = 7,
        inner_layer: int | None = None,
        kernel: int = 5,
        stem_channels: int = 112,
        dropout: float = 0.15,
        mel_bins: int = 80,
        stretch: float = 0.15,
        warp: float = 0.08,
        frequency_masks: int = 2,
        frequency_width: int = 20,
        time_masks: float = 0.6,
        time_width: int = 20,
    ) -> None:
        super().__init__()
        inner_layer = (layers + 1) // 2 if inner_layer is None else inner_layer
        if not 0 <= inner_layer <= layers:
            raise ValueError(f"inner_layer: expected 0 to layers ({layers}), got {inner_layer}")
        self.vocabulary_size = vocabulary_size
        self.dropout = dropout
        self.log_mel = HTKLogMel(sampling_rate, mel_bins)
        self.augmentation = FeatureAugmentation(
            stretch=stretch,
            warp=warp,
            frequency_masks=frequency_masks,
            frequency_width=frequency_width,
            time_masks=time_masks,
            time_width=time_width,
        )
        self.stem = nn.ModuleList(
            [Convolution(mel_bins, stem_channels, kernel, 2), Convolution(stem_channels, channels, kernel, 2)]
        )
        self.layers = nn.ModuleList([Convolution(channels, channels, kernel) for _ in range(layers)])
        self.inner_layer = inner_layer
        if inner_layer:
            self.inner_head = nn.Linear(channels, vocabulary_size)
            self.head_feedback = nn.Linear(vocabulary_size, channels)
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, vocabulary_size)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(batch,) samples → (batch,) frames, as ``forward`` gives them in evaluation mode."""
        frames = self.log_mel.frame_lengths(lengths)
        for _ in self.stem:
            frames = (frames + 1) // 2
        return frames

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """Logits of a padded batch.

        Args:
            waveforms: (batch, samples) float32.
            lengths: (batch,) samples.
            seeds: (batch,) what augmentation and dropout are drawn from. None, or evaluation mode: neither.

        Returns:
            (batch, frames, vocabulary) logits and (batch,) frames. In training the augmentation stretches
            time, so they are not quite those of :meth:`frame_lengths`.
        """
        return self.from_states(*self.constant_part(waveforms, lengths), seeds)

    @property
    def has_constant_part(self) -> bool:
        """The log-mel features have no weights."""
        return True

    def constant_state(self) -> dict[str, Tensor]:
        """The weights and buffers that decide what :meth:`constant_part` gives."""
        return dict(self.log_mel.named_buffers())

    def constant_part(
        self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What no training changes: the log-mel features.

        Args:
            waveforms: (batch, samples) float32.
            lengths: (batch,) samples.
            seeds: without effect.

        Returns:
            (batch, frames, mel_bins), zero behind each utterance's end, and (batch,) frames.
        """
        features: tuple[Tensor, Tensor] = self.log_mel(waveforms, lengths)
        return features

    def from_states(self, states: Tensor, frames: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """The rest of :meth:`forward`, from what :meth:`constant_part` gives."""
        hidden, lengths = states.to(self.head.weight.dtype), frames
        kept: list[Tensor | None] = [None] * len(self.layers)
        if self.training and seeds is not None:
            draws = [torch.Generator().manual_seed(seed) for seed in seeds.tolist()]
            hidden, lengths = self.augmentation(hidden, lengths, draws)
            kept = [self._kept_channels(draws, hidden) for _ in self.layers]
        for layer in self.stem:
            lengths = (lengths + 1) // 2
            hidden = layer(hidden)
            mask = valid_frames(lengths, hidden.shape[1])[:, :, None].to(hidden.dtype)
            hidden = hidden * mask
        inner = None
        for number, (layer, dropped) in enumerate(zip(self.layers, kept, strict=True), start=1):
            heard = layer(hidden)
            hidden = (hidden + heard if dropped is None else torch.addcmul(hidden, heard, dropped)) * mask
            if number == self.inner_layer:
                inner = self.inner_head(hidden)
                hidden = (hidden + self.head_feedback(inner.softmax(dim=-1))) * mask
        top = self.norm(hidden)
        return CTCOutput(self.head(top), lengths, top, inner)

    def _kept_channels(self, draws: Sequence[torch.Generator], like: Tensor) -> Tensor | None:
        """(batch, 1, channels) factors that drop whole channels, as neighbouring frames are too alike."""
        if self.dropout == 0:
            return None
        channels = self.norm.normalized_shape[0]
        drawn = torch.stack([torch.rand(channels, generator=draw) for draw in draws])[:, None]
        return (drawn >= self.dropout).to(like) / (1 - self.dropout)


class Convolution(nn.Module):
    """Dense convolution along time, batch norm and SiLU.

    Args:
        inputs: channels in.
        outputs: channels out.
        kernel: frames it sees; odd.
        stride: frames it moves on by.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, (1, kernel), (1, stride), (0, kernel // 2), bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, hidden: Tensor) -> Tensor:
        """(batch, frames, inputs) → (batch, frames / stride rounded up, outputs)."""
        # As an image of height 1 with the channels last, in which a CPU convolves fastest. These are views,
        # and so are their gradients: an index in the place of squeeze would turn the layout over.
        image = hidden.transpose(1, 2).unsqueeze(2)
        heard: Tensor = silu(self.norm(self.convolution(image)))
        return heard.squeeze(2).transpose(1, 2)
