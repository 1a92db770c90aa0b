"""What every encoder family can do: the interface between the CTC network and `transformers`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from phoneme_recognition.models.spec_augment import SpecAugment


class SpeechEncoder(nn.Module):
    """A `transformers` encoder, run in three stages.

    ``extract`` is the convolutional front end, ``contextualise`` the transformer, ``finish`` what follows
    after its layers have been weighed (adapter, upsampling). All of them take a batch whose padding is
    silence and give each utterance what it would get alone.

    Args:
        model: the encoder as `transformers` builds it; its parameters stand under ``model.``.
    """

    front_end: ClassVar[frozenset[str]] = frozenset({"feature_extractor"})
    """Names of the model's children that make the front end; everything else is the transformer."""

    pools: ClassVar[bool] = False
    """Whether the hidden states of ``contextualise`` are fewer than the frames of ``extract``."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model: Any = model
        self.config: Any = model.config
        self.frozen_front_end = False
        self.frozen_transformer = False
        self._augment = SpecAugment.from_config(self.config)
        for parameter in self._idle_parameters():
            parameter.requires_grad_(False)

    @property
    @abstractmethod
    def output_size(self) -> int:
        """Channels that ``finish`` gives."""

    @property
    @abstractmethod
    def state_count(self) -> int:
        """How many hidden states ``contextualise`` gives when asked for every layer."""

    @property
    @abstractmethod
    def minimum_samples(self) -> int:
        """The shortest waveform that gives a frame."""

    @property
    def augments_early(self) -> bool:
        """Whether SpecAugment is part of ``extract``, which then differs from epoch to epoch."""
        return False

    @abstractmethod
    def frame_lengths(self, lengths: Tensor) -> Tensor:
        """(B,) samples → (B,) frames after ``finish``, without running anything."""

    @abstractmethod
    def extract(self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None) -> tuple[Tensor, Tensor]:
        """Front end: (B, S) and (B,) samples → (B, T, C) and (B,) frames.

        Args:
            waveforms: (B, S) float32, silent behind each utterance's end, S at least ``minimum_samples``.
            lengths: (B,) samples.
            seeds: (B,) for SpecAugment, or None.
        """

    @abstractmethod
    def contextualise(
        self, features: Tensor, lengths: Tensor, seeds: Tensor | None, *, every_layer: bool
    ) -> list[Tensor]:
        """Transformer: (B, T, C) and (B,) frames → hidden states, each (B, T', H).

        The last one is the transformer's output; the others, its input and each layer's output, are there
        only with ``every_layer``.
        """

    @abstractmethod
    def finish(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T', H) and the (B,) frames of ``extract`` → (B, T, output_size) and (B,) frames."""

    def part(self, *, front_end: bool) -> Iterator[nn.Module]:
        """The children that make the front end, or those that make the transformer."""
        return (child for name, child in self.model.named_children() if (name in self.front_end) == front_end)

    def _idle_parameters(self) -> Iterator[nn.Parameter]:
        """What no forward pass uses: with several processes, every trained parameter must get a gradient."""
        if hasattr(self.model, "masked_spec_embed") and self._augment.mask_time_prob == 0:
            yield self.model.masked_spec_embed
        if self.config.model_type == "wav2vec2-conformer":  # built by transformers and never called
            yield from self.model.encoder.pos_conv_embed.parameters()

    def train(self, mode: bool = True) -> SpeechEncoder:
        """Switch to training, all but the frozen parts: they keep to evaluation."""
        super().train(mode)
        for front_end, frozen in ((True, self.frozen_front_end), (False, self.frozen_transformer)):
            if frozen:
                for child in self.part(front_end=front_end):
                    child.eval()
        return self


def run_layers(
    layers: nn.ModuleList,
    hidden: Tensor,
    attention_mask: Tensor | None,
    *,
    layerdrop: float,
    every_layer: bool,
) -> list[Tensor]:
    """Run transformer layers one after the other.

    Args:
        layers: each takes (B, T, H) and an additive attention mask.
        hidden: (B, T, H).
        attention_mask: (B, 1, 1, T) to be added to attention scores.
        layerdrop: share of the layers left out in training (LayerDrop, Fan et al., 2019).
        every_layer: give the input and each layer's output, not only the last.

    Returns:
        (B, T, H) each; a layer that was left out hands on what it got.
    """
    states = [hidden]
    for layer in layers:
        if not (layer.training and layerdrop > 0 and torch.rand(()) < layerdrop):
            hidden = layer(hidden, attention_mask)
        states = [*states, hidden] if every_layer else [hidden]
    return states
