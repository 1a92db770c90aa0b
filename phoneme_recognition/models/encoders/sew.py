"""SEW (squeezed and efficient wav2vec; Wu et al., 2021): its transformer runs on pooled frames.

Two frames (``squeeze_factor``) are pooled into one and unfolded again behind the layers. `transformers` pools
the padding mask so that an odd last frame lets padding in, and fills that frame with zeros. Here a pooled
frame must be whole, and the frames that would be zeros are cut off. The output for an utterance is then what
`transformers` gives for it alone, whatever its batch.
"""

from __future__ import annotations

from torch import Tensor
from transformers import PreTrainedModel

from phoneme_recognition.models.encoders.base import SpeechEncoder, run_layers
from phoneme_recognition.models.encoders.convolutions import (
    convolved_lengths,
    run_convolutions,
    shortest_input,
)
from phoneme_recognition.models.encoders.padding import attention_bias, valid_frames
from phoneme_recognition.models.encoders.positions import hasten_positions


class SEWEncoder(SpeechEncoder):
    """The SEW family."""

    pools = True

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self._squeeze = int(self.config.squeeze_factor)
        hasten_positions(self.model.encoder.pos_conv_embed)

    @property
    def output_size(self) -> int:
        """Channels of the encoder."""
        return int(self.config.hidden_size)

    @property
    def state_count(self) -> int:
        """The layers and what goes into the first."""
        return len(self.model.encoder.layers) + 1

    @property
    def minimum_samples(self) -> int:
        """What gives one pooled frame."""
        return shortest_input(self.model.feature_extractor.conv_layers, self._squeeze)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames, a multiple of the squeeze factor."""
        frames = convolved_lengths(self.model.feature_extractor.conv_layers, lengths)
        return frames // self._squeeze * self._squeeze

    def extract(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None) -> tuple[Tensor, Tensor]:
        """Strided convolutions over the waveform."""
        return run_convolutions(self.model.feature_extractor.conv_layers, waveforms, lengths)

    def contextualise(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, every_layer: bool
    ) -> list[Tensor]:
        """Projection, SpecAugment, pooling, transformer; the states are pooled ones."""
        model, encoder = self.model, self.model.encoder
        hidden = model.layer_norm(features)
        if model.project_features:
            hidden = model.feature_projection(hidden)
        hidden = model.feature_dropout(hidden)
        hidden = self._augment(hidden, lengths, seeds, replacement=getattr(model, "masked_spec_embed", None))
        hidden = hidden.masked_fill(~valid_frames(lengths, hidden.shape[1]).unsqueeze(-1), 0.0).transpose(
            1, 2
        )
        pooled = encoder.pool(hidden)
        positions = encoder.pos_conv_embed(hidden)[..., : pooled.shape[-1]]
        hidden = encoder.dropout(encoder.layer_norm((pooled + positions).transpose(1, 2)))
        whole = (lengths // self._squeeze).clamp(min=1)
        mask = attention_bias(valid_frames(whole, hidden.shape[1]), hidden.dtype)
        return run_layers(
            encoder.layers, hidden, mask, layerdrop=self.config.layerdrop, every_layer=every_layer
        )

    def finish(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Unfold pooled frames again."""
        return self.model.encoder.upsample(hidden), lengths // self._squeeze * self._squeeze
