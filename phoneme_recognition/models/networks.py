"""From ``network_name`` to a network: waveforms in, CTC logits out.

All families of `transformers` go one path: an encoder (`encoders`) and a linear head. ``CompactCTC`` is our
own small network for training from scratch. Both take and give the same. A network is described by a block of
plain data, from which it is built again without a hub and without the training config.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from phoneme_recognition.errors import NetworkError
from phoneme_recognition.models import COMPACT, NETWORK_NAMES
from phoneme_recognition.models.encoders.base import SpeechEncoder
from phoneme_recognition.models.encoders.families import FAMILIES, Family, network_name_of
from phoneme_recognition.models.encoders.pretrained import Pretrained, load_pretrained, pretrained_config
from phoneme_recognition.models.encoders.settings import (
    check_names,
    config_from_plain,
    config_to_plain,
    override,
)
from phoneme_recognition.models.freezing import freeze
from phoneme_recognition.models.log_mel import SAMPLING_RATE
from phoneme_recognition.models.output import CTCOutput

logger = logging.getLogger(__name__)

# What our network_config adds to the fields of a family's config.
_CHECKPOINTING, _WEIGHTED = "gradient_checkpointing", "use_weighted_layer_sum"
# Where a CompactCTC keeps the arguments it was built from.
_ARGUMENTS = "built_from"


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
        return self.from_states(*self.constant_part(waveforms, lengths, seeds), seeds)

    @property
    def has_constant_part(self) -> bool:
        """Whether ``constant_part`` gives the same in every epoch, so that it need not be run twice."""
        return self._frozen_whole or (self.encoder.frozen_front_end and not self.encoder.augments_early)

    def constant_part(
        self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The frozen beginning of the network; its front end where nothing is frozen. Arguments as above.

        A frozen transformer hears no SpecAugment: it keeps to evaluation.

        Returns:
            (B, T, ...) states for :meth:`from_states` and (B,) frames: those of the front end, those behind
            a transformer that is frozen too, or, where the layers are weighed, those of each layer.
        """
        encoder, draws = self.encoder, seeds if self.training and not self._frozen else None
        waveforms = nn.functional.pad(waveforms, (0, max(0, encoder.minimum_samples - waveforms.shape[1])))
        with torch.no_grad() if encoder.frozen_front_end else nullcontext():
            features, frames = encoder.extract(waveforms, lengths, draws)
        if not self._frozen_whole:
            return features, frames
        weighs = self.layer_weights is not None
        with torch.no_grad():
            states = encoder.contextualise(features, frames, None, every_layer=weighs)
            return (torch.stack(states, dim=2), frames) if weighs else encoder.finish(states[-1], frames)

    def from_states(self, states: Tensor, frames: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """The rest of the network: what ``constant_part`` gave, in any floating-point type, to logits."""
        states = states.to(self.head.weight.dtype)
        encoder, draws = self.encoder, seeds if self.training and not self._frozen else None
        if not self._frozen_whole:
            layers = encoder.contextualise(states, frames, draws, every_layer=self.layer_weights is not None)
            hidden, frames = encoder.finish(self._weigh(layers), frames)
        elif self.layer_weights is None:
            hidden = states
        else:
            hidden, frames = encoder.finish(self.layer_weights.softmax(dim=0) @ states, frames)
        logits = self._tie_in_dropped_layers(self.head(self.dropout(hidden)))
        return CTCOutput(logits, frames, hidden)

    @property
    def _frozen(self) -> bool:
        return self.encoder.frozen_front_end and self.encoder.frozen_transformer

    @property
    def _frozen_whole(self) -> bool:
        """Whether all of the encoder is frozen, and its states are as many as the front end's frames."""
        return self._frozen and not (self.layer_weights is not None and self.encoder.pools)

    def constant_state(self) -> dict[str, Tensor]:
        """The weights and buffers that decide what ``constant_part`` gives."""
        children = dict(self.encoder.model.named_children())
        used = {name for name in children if self._frozen_whole or name in self.encoder.front_end}
        state: dict[str, Tensor] = self.encoder.model.state_dict()
        return {name: value for name, value in state.items() if name.partition(".")[0] in used}

    def _tie_in_dropped_layers(self, logits: Tensor) -> Tensor:
        """With several processes every parameter needs a gradient: zero for those of a dropped layer."""
        config = self.encoder.config
        layerdrop = getattr(config, "layerdrop", 0.0) or getattr(config, "encoder_layerdrop", 0.0)
        if not (self.training and layerdrop and dist.is_available() and dist.is_initialized()):
            return logits
        firsts = [weight.flatten()[0] for weight in self.encoder.parameters() if weight.requires_grad]
        return logits + 0.0 * torch.stack(firsts).sum() if firsts else logits

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
    _check_network_name(network_name, "model.network_name")
    if network_name == COMPACT:
        if pretrained_name is not None:
            raise NetworkError(
                f"{COMPACT} has no pretrained weights",
                expected="model.pretrained_name null",
                got=pretrained_name,
                remedy="Set it to null, or choose another model.network_name.",
            )
        network: nn.Module = _build_compact(network_config, vocabulary_size, sampling_rate)
    else:
        _check_rate(network_name, pretrained_name, sampling_rate)
        network = _build_encoder_ctc(network_name, pretrained_name, network_config, vocabulary_size, blank_id)
    freeze(network, feature_extractor=freeze_feature_extractor, transformer=freeze_transformer)
    return network


def network_block(network: nn.Module) -> dict[str, Any]:
    """Plain data (fit for JSON) from which `rebuild_network` builds the same architecture again."""
    if not isinstance(network, EncoderCTC):
        return {"network_name": COMPACT, **getattr(network, _ARGUMENTS)}
    return {
        "network_name": network_name_of(network.encoder.config.model_type),
        "vocabulary_size": network.vocabulary_size,
        "weighted_layers": network.layer_weights is not None,
        _CHECKPOINTING: any(getattr(part, _CHECKPOINTING, False) for part in network.encoder.modules()),
        "config": config_to_plain(network.encoder.config),
    }


def rebuild_network(block: Mapping[str, Any]) -> nn.Module:
    """Build the network of a block, with random weights for ``load_state_dict`` to fill.

    Raises:
        NetworkError: the block names a network that this version does not have, or is damaged.
    """
    _check_network_name(block["network_name"], "the checkpoint's network")
    if block["network_name"] == COMPACT:
        return _build_compact(block["network_config"], block["vocabulary_size"], block["sampling_rate"])
    family = FAMILIES[block["network_name"]]
    try:
        config = config_from_plain(family, block["config"])
    except Exception as error:  # whatever the validation of the config's class raises
        raise NetworkError(
            "the checkpoint's network cannot be built with the installed version of transformers",
            got=" ".join(str(error).split()).rstrip("."),
            remedy="Install the version that it was trained with.",
        ) from None
    model = _random_model(family, config)
    if block[_CHECKPOINTING]:
        _checkpoint_layers(model)
    return EncoderCTC(
        family.encoder(model), block["vocabulary_size"], weighted_layers=block["weighted_layers"]
    )


def _build_encoder_ctc(
    network_name: str,
    pretrained_name: str | None,
    network_config: Mapping[str, Any],
    vocabulary_size: int,
    blank_id: int,
) -> EncoderCTC:
    family = FAMILIES[network_name]
    options = {name: network_config.get(name, False) for name in (_CHECKPOINTING, _WEIGHTED)}
    for name, value in options.items():
        if not isinstance(value, bool):
            raise NetworkError(f"model.network_config.{name}", expected="true or false", got=repr(value))
    fields = {name: value for name, value in network_config.items() if name not in options}
    if pretrained_name is None:
        config = override(family, None, fields)
        loaded = Pretrained(_random_model(family, config), None)
    else:
        config = override(family, pretrained_config(pretrained_name, network_name, family), fields)
        loaded = load_pretrained(pretrained_name, family, config, vocabulary_size)
    if options[_CHECKPOINTING]:
        _checkpoint_layers(loaded.model)
    # For those who take the encoder out again: what the head means.
    loaded.model.config.update({"pad_token_id": blank_id})
    encoder = family.encoder(loaded.model)
    return EncoderCTC(encoder, vocabulary_size, weighted_layers=options[_WEIGHTED], head=loaded.head)


def _checkpoint_layers(model: Any) -> None:
    """Compute activations anew in the backward pass instead of keeping them."""
    # Renamed in the course of transformers 5.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})


def _random_model(family: Family, config: Any) -> Any:
    try:
        return family.random_model(config)
    except (ValueError, TypeError, RuntimeError, IndexError, ZeroDivisionError, KeyError) as error:
        raise NetworkError(
            "model.network_config: no network can be built from it",
            got=f"{type(error).__name__}: {error}".rstrip("."),
            remedy=f"The fields are those of transformers.{family.config_class.__name__}.",
        ) from None


def _build_compact(network_config: Mapping[str, Any], vocabulary_size: int, sampling_rate: int) -> nn.Module:
    from phoneme_recognition.models.compact import CompactCTC

    parameters = inspect.signature(CompactCTC).parameters
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    check_names(
        network_config, defaults, "model.network_config", remedy=f"{COMPACT} takes {', '.join(defaults)}."
    )
    # Defaults too, so that a checkpoint stays whole when they change.
    arguments = {**defaults, **network_config}
    try:
        network = CompactCTC(vocabulary_size, sampling_rate, **arguments)
    except (ValueError, TypeError, RuntimeError) as error:
        raise NetworkError(
            f"model.network_config: no {COMPACT} can be built from it", got=f"{type(error).__name__}: {error}"
        ) from None
    built_from = {
        "vocabulary_size": vocabulary_size,
        "sampling_rate": sampling_rate,
        "network_config": arguments,
    }
    setattr(network, _ARGUMENTS, built_from)
    return network


def _check_network_name(name: str, place: str) -> None:
    check_names([name], NETWORK_NAMES, place, remedy=f"There are {', '.join(NETWORK_NAMES)}.")


def _check_rate(network_name: str, pretrained_name: str | None, sampling_rate: int) -> None:
    needed = FAMILIES[network_name].sampling_rate
    if needed not in (None, sampling_rate):
        raise NetworkError(
            f"{network_name} hears at one sampling rate only",
            expected=f"audio_params.sampling_rate {needed}",
            got=str(sampling_rate),
        )
    if pretrained_name is not None and sampling_rate != SAMPLING_RATE:
        logger.warning(
            "audio_params.sampling_rate is %d; pretrained %s models are trained at %d",
            sampling_rate,
            network_name,
            SAMPLING_RATE,
        )
