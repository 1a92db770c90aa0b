"""From ``network_name`` to a network: waveforms in, CTC logits out.

All families of `transformers` go one path: an encoder (`encoders`) and a linear head. ``CompactCTC`` is our
own small network for training from scratch. Both take and give the same. A network is described by a block of
plain data, from which it is built again without a hub and without the training config.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from phoneme_recognition.models.encoders.base import SpeechEncoder


class CTCOutput(NamedTuple):
    """What a network gives.

    Attributes:
        logits: (B, T, V).
        lengths: (B,) int64, how many frames of each utterance are speech, not padding.
    """

    logits: Tensor
    lengths: Tensor


class EncoderCTC(nn.Module):
    """A speech encoder of `transformers` under a linear CTC head.

    In evaluation mode the logits of an utterance are the same alone and in any batch.

    Args:
        encoder: one of the families.
        vocabulary_size: V, logits a frame.
        weighted_layers: the head sees a learned average of all hidden states (SUPERB, Yang et al., 2021)
            instead of the last.
        head: a CTC head to go on with, or None for a fresh one.
    """

    def __init__(
        self,
        encoder: SpeechEncoder,
        vocabulary_size: int,
        *,
        weighted_layers: bool = False,
        head: nn.Linear | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.vocabulary_size = vocabulary_size
        self.dropout = nn.Dropout(getattr(encoder.config, "final_dropout", 0.0))
        self.head = nn.Linear(encoder.output_size, vocabulary_size) if head is None else head
        count = encoder.state_count if weighted_layers else 0
        self.layer_weights = nn.Parameter(torch.zeros(count)) if weighted_layers else None

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames, as ``forward`` gives them."""
        return self.encoder.frame_lengths(lengths)

    def forward(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """Logits of a padded batch.

        Args:
            waveforms: (B, S) float32; what stands behind an utterance's end does not matter.
            lengths: (B,) int64 samples. An utterance too short for one frame gets length 0.
            seeds: (B,) int64: SpecAugment is drawn from them. None, or evaluation mode: no SpecAugment.

        Raises:
            NetworkError: an utterance is longer than the architecture allows (Whisper).
        """
        encoder, draws = self.encoder, seeds if self.training else None
        waveforms = nn.functional.pad(waveforms, (0, max(0, encoder.minimum_samples - waveforms.shape[1])))
        with torch.no_grad() if encoder.frozen_front_end else nullcontext():
            features, frames = encoder.extract(waveforms, lengths, draws)
        frozen = encoder.frozen_front_end and encoder.frozen_transformer
        with torch.no_grad() if frozen else nullcontext():
            states = encoder.contextualise(features, frames, draws, every_layer=self.layer_weights is not None)
        hidden, frames = encoder.finish(self._weigh(states), frames)
        return CTCOutput(self.head(self.dropout(hidden)), frames)

    def _weigh(self, states: list[Tensor]) -> Tensor:
        if self.layer_weights is None:
            return states[-1]
        weights = self.layer_weights.softmax(dim=0)
        return torch.stack([weight * state for weight, state in zip(weights, states, strict=True)]).sum(dim=0)


def build_network(
    *,
    network_name: str,
    pretrained_name: str | None,
    network_config: Mapping[str, Any],
    vocabulary_size: int,
    blank_id: int,
    sampling_rate: int,
    freeze_feature_extractor: bool,
    freeze_transformer: bool,
) -> nn.Module:
    """Build the network that a config asks for.

    Args:
        network_name: a family (`encoders.families.FAMILIES`) or ``CompactCTC``.
        pretrained_name: hub id or local folder in Hugging Face format; None trains from scratch.
        network_config: fields of the family's `transformers` config, overriding the pretrained ones; and
            ``gradient_checkpointing``, ``use_weighted_layer_sum``. For ``CompactCTC`` its arguments.
        vocabulary_size: logits a frame.
        blank_id: the blank's place among them.
        sampling_rate: of the waveforms, in Hz.
        freeze_feature_extractor: the convolutional front end gets no updates.
        freeze_transformer: the transformer gets no updates.

    Raises:
        NetworkError: it cannot be built; the message says what to change.
    """
    block = {
        "network_name": network_name,
        "vocabulary_size": vocabulary_size,
        "sampling_rate": sampling_rate,
    }
