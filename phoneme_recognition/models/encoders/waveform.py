"""Wav2Vec2, HuBERT, WavLM, Wav2Vec2-Conformer, Data2VecAudio and UniSpeechSat.

They differ inside their layers, which `transformers` runs, and agree in the rest: strided convolutions over
the waveform (50 frames a second at 16 kHz), a projection, positions from a convolution, transformer layers.

What an utterance becomes does not depend on its batch, for all six, with group as with layer norm in the
front end. Where `transformers` lets padding in, it is kept out here: the statistics of group norm, the stack
of positional convolutions of Data2VecAudio, the batch norm before the positions of some HuBERT models, and
the convolution modules of the Conformer. In training, batch norm ties utterances of a batch together by its
nature; its statistics see no padding.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from phoneme_recognition.models.encoders.adapter import adapted_lengths, run_adapter
from phoneme_recognition.models.encoders.base import SpeechEncoder
from phoneme_recognition.models.encoders.convolutions import (
    convolved_lengths,
    run_convolutions,
    shortest_input,
)
from phoneme_recognition.models.encoders.padding import FramePadding, PaddedBatchNorm, valid_frames
from phoneme_recognition.models.encoders.positions import hasten_positions

# WavLM hands torch a boolean and a float mask; the warning is no business of the user's.
warnings.filterwarnings("ignore", message="Support for mismatched key_padding_mask and attn_mask")


class WaveformEncoder(SpeechEncoder):
    """One of the six families above."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self._padding = FramePadding()
        hasten_positions(self.model.encoder.pos_conv_embed)
        keep_padding_out(self.model.encoder, self._padding)

    @property
    def output_size(self) -> int:
        """Channels of the encoder, or of its adapter."""
        return int(self.config.output_hidden_size if self._adapter else self.config.hidden_size)

    @property
    def state_count(self) -> int:
        """The layers and what goes into the first."""
        return len(self.model.encoder.layers) + 1

    @property
    def minimum_samples(self) -> int:
        """400 (25 ms) in all published models."""
        return shortest_input(self.model.feature_extractor.conv_layers, 1)

    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames."""
        frames = convolved_lengths(self.model.feature_extractor.conv_layers, lengths)
        return adapted_lengths(self._adapter, frames)

    def extract(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None) -> tuple[Tensor, Tensor]:
        """Strided convolutions over the waveform."""
        return run_convolutions(self.model.feature_extractor.conv_layers, waveforms, lengths)

    def contextualise(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, every_layer: bool
    ) -> list[Tensor]:
        """Projection, SpecAugment, transformer."""
        projected = self.model.feature_projection(features)
        # HuBERT gives the projection alone, the others the normalised features beside it.
        hidden = projected[0] if isinstance(projected, tuple) else projected
        mask_embedding = getattr(self.model, "masked_spec_embed", None)
        hidden = self._augment(hidden, lengths, seeds, replacement=mask_embedding)
        valid = valid_frames(lengths.clamp(min=1), hidden.shape[1])
        self._padding.valid = valid
        return run_encoder(self.model.encoder, hidden, valid, every_layer=every_layer)

    def finish(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The adapter, where the model has one."""
        return run_adapter(self._adapter, hidden, lengths)

    @property
    def _adapter(self) -> Any:
        return getattr(self.model, "adapter", None)


def keep_padding_out(encoder: Any, padding: FramePadding) -> None:
    """Guard what in this encoder would mix padding into speech."""
    positions = encoder.pos_conv_embed
    for layer in list(getattr(positions, "layers", []))[
        1:
    ]:  # Data2VecAudio; what the first sees is zeroed already
        padding.guard(layer.conv)
    if getattr(positions, "batch_norm", None) is not None:  # HuBERT with conv_pos_batch_norm
        positions.batch_norm = PaddedBatchNorm(positions.batch_norm, padding)
        padding.guard(positions.conv)
    for layer in encoder.layers:
        if hasattr(layer, "conv_module"):  # Conformer
            padding.guard(layer.conv_module.depthwise_conv)
            layer.conv_module.batch_norm = PaddedBatchNorm(layer.conv_module.batch_norm, padding)


def run_encoder(encoder: Any, hidden: Tensor, valid: Tensor, *, every_layer: bool) -> list[Tensor]:
    """Run the encoder of a `transformers` model.

    Args:
        encoder: with ``layers``.
        hidden: (B, T, H); may be changed in place.
        valid: (B, T) bool, at least one frame in each row.
        every_layer: give all hidden states.

    Returns:
        (B, T, H) each. The last is the encoder's output, behind its final normalisation if it has one.
    """
    _refresh_positions(getattr(encoder, "embed_positions", None))
    if not every_layer:
        return [encoder(hidden, attention_mask=valid).last_hidden_state]
    with _recorded(encoder.layers) as states:
        output = encoder(hidden, attention_mask=valid).last_hidden_state
    return [*_without_gaps(states, len(encoder.layers), output), output]


def _refresh_positions(positions: Any) -> None:
    """Forget positions that were cached under ``inference_mode``: training cannot go back through them."""
    if hasattr(positions, "cached_sequence_length"):
        positions.cached_sequence_length = None
    table = getattr(positions, "pe", None)
    if table is not None and table.is_inference() and not torch.is_inference_mode_enabled():
        positions.pe = table.clone()


@contextmanager
def _recorded(layers: nn.ModuleList) -> Iterator[dict[int, Tensor]]:
    """Write down what goes into each layer that is run."""
    states: dict[int, Tensor] = {}

    def keep(number: int, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        states[number] = inputs[0]

    handles = [layer.register_forward_pre_hook(partial(keep, number)) for number, layer in enumerate(layers)]
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def _without_gaps(states: dict[int, Tensor], count: int, output: Tensor) -> list[Tensor]:
    """Inputs of all layers; one that LayerDrop left out would have seen what the next one saw."""
    filled = [output] * count
    following = output
    for number in reversed(range(count)):
        following = filled[number] = states.get(number, following)
    return filled
