"""Wav2Vec2-BERT (Barrault et al., 2023): conformer layers over a Kaldi filterbank, 50 frames a second.

The filterbank is computed inside the network, so that it takes waveforms as the other families do. The output
for an utterance does not depend on its batch: convolutions in the layers look back only and see padding as
zeros (by `transformers`), those of the adapter are guarded here.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers import PreTrainedModel

from phoneme_recognition.models.encoders.base import SpeechEncoder
from phoneme_recognition.models.encoders.convolutions import convolved
from phoneme_recognition.models.encoders.padding import FramePadding, valid_frames
from phoneme_recognition.models.encoders.waveform import run_encoder
from phoneme_recognition.models.log_mel import KaldiLogMel

_STACKED = 2


class Wav2Vec2BertEncoder(SpeechEncoder):
    """The Wav2Vec2-BERT family. Its front end is the projection: a filterbank has no weights."""

    front_end = frozenset({"feature_projection"})

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self.log_mel = KaldiLogMel(self.config.feature_projection_input_dim // _STACKED, _STACKED)
        self._adapter_paddings = [_guarded(layer) for layer in self._adapter_layers]

    @property
    def output_size(self) -> int:
        """Channels of the encoder, or of its adapter."""
        return int(self.config.output_hidden_size if self._adapter_layers else self.config.hidden_size)

    @property
    def state_count(self) -> int:
        """The layers and what goes into the first."""
        return len(self.model.encoder.layers) + 1

    @property
    def minimum_samples(self) -> int:
        """Two windows of 25 ms, 10 ms apart."""
        return 560

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames."""
        frames = self.log_mel.frame_lengths(lengths)
        for layer in self._adapter_layers:
            frames = convolved(frames, layer.residual_conv)
        return frames

    def extract(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None) -> tuple[Tensor, Tensor]:
        """Filterbank and projection."""
        features, frames = self.log_mel(waveforms, lengths)
        projection = self.model.feature_projection
        hidden, _ = projection(features.to(projection.projection.weight.dtype))
        return hidden, frames

    def contextualise(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, every_layer: bool
    ) -> list[Tensor]:
        """SpecAugment and conformer layers."""
        mask_embedding = getattr(self.model, "masked_spec_embed", None)
        hidden = self._augment(features, lengths, seeds, replacement=mask_embedding)
        valid = valid_frames(lengths.clamp(min=1), hidden.shape[1])
        return run_encoder(self.model.encoder, hidden, valid, every_layer=every_layer)

    def finish(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The feed-forward layer and the adapter, where the model has them."""
        if self.model.intermediate_ffn is not None:
            hidden = hidden + 0.5 * self.model.intermediate_ffn(hidden)
        adapter = self.model.adapter
        if adapter is None:
            return hidden, lengths
        if adapter.proj is not None:
            hidden = adapter.proj_layer_norm(adapter.proj(hidden))
        for layer, padding in zip(self._adapter_layers, self._adapter_paddings, strict=True):
            padding.valid = valid_frames(lengths, hidden.shape[1])
            lengths = convolved(lengths, layer.residual_conv)
            hidden = layer(hidden, attention_mask=padding.valid, sub_sampled_lengths=lengths.clamp(min=1))
        return hidden, lengths

    @property
    def _adapter_layers(self) -> list[Any]:
        return [] if self.model.adapter is None else list(self.model.adapter.layers)


def _guarded(layer: Any) -> FramePadding:
    padding = FramePadding()
    padding.guard(layer.residual_conv)
    padding.guard(layer.self_attn_conv)
    return padding
