"""A network without weights: its sizes and its frame rate, known in a moment whatever its size."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from transformers import AutoConfig, PreTrainedConfig

from phoneme_recognition.config.sections import ModelSection
from phoneme_recognition.models import COMPACT
from phoneme_recognition.models.encoders.base import SpeechEncoder
from phoneme_recognition.models.encoders.families import FAMILIES
from phoneme_recognition.models.encoders.pretrained import is_folder, pretrained_config
from phoneme_recognition.models.encoders.settings import config_to_plain, override
from phoneme_recognition.models.networks import build_network, rebuild_network
from phoneme_recognition.phonemes.vocabulary import Vocabulary


@dataclass(frozen=True)
class Sketch:
    """The architecture that a config asks for.

    Attributes:
        network: on torch's meta device: shapes without values. Nothing is frozen in it.
        known: the pretrained model's own sizes were read; else it is not on this machine, and the sizes are
            the usual ones of its family.
    """

    network: nn.Module
    known: bool = True

    def parameters(self, *, freeze_feature_extractor: bool, freeze_transformer: bool) -> tuple[int, int]:
        """How many parameters there are, and how many are trained."""
        total = sum(parameter.numel() for parameter in self.network.parameters())
        encoder = getattr(self.network, "encoder", None)
        if not isinstance(encoder, SpeechEncoder):
            return total, total
        frozen = [
            child
            for front_end, wanted in ((True, freeze_feature_extractor), (False, freeze_transformer))
            if wanted
            for child in encoder.part(front_end=front_end)
        ]
        return total, total - sum(parameter.numel() for child in frozen for parameter in child.parameters())


def sketch_network(model: ModelSection, vocabulary: Vocabulary, sampling_rate: int) -> Sketch:
    """Draw the network of a config. The hub is not asked; what it keeps on this machine is read.

    Raises:
        NetworkError: the network cannot be built, or the pretrained folder cannot be used.
    """
    known, config = True, None
    if model.network_name != COMPACT and model.pretrained_name is not None:
        config = _local_config(model)
        known = config is not None
    with torch.device("meta"):
        if known and config is None:
            network = build_network(
                network_name=model.network_name,
                pretrained_name=model.pretrained_name,
                network_config=model.network_config,
                vocabulary_size=len(vocabulary),
                blank_id=vocabulary.blank_id,
                sampling_rate=sampling_rate,
                freeze_feature_extractor=False,
                freeze_transformer=False,
            )
        else:
            network = _pretrained_network(model, config, len(vocabulary))
    return Sketch(network, known)


def _pretrained_network(
    model: ModelSection, config: PreTrainedConfig | None, vocabulary_size: int
) -> nn.Module:
    options = ("gradient_checkpointing", "use_weighted_layer_sum")
    fields = {name: value for name, value in model.network_config.items() if name not in options}
    block = {
        "network_name": model.network_name,
        "vocabulary_size": vocabulary_size,
        "weighted_layers": bool(model.network_config.get("use_weighted_layer_sum")),
        "gradient_checkpointing": False,
        "config": config_to_plain(override(FAMILIES[model.network_name], config, fields)),
    }
    return rebuild_network(block)


def _local_config(model: ModelSection) -> PreTrainedConfig | None:
    """The pretrained model's config where it is on this machine, else None."""
    name, family = str(model.pretrained_name), FAMILIES[model.network_name]
    if is_folder(name):
        return pretrained_config(name, model.network_name, family)
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(name, local_files_only=True)
    except Exception:  # not there, or anything else that reading it raises: training says which
        return None
    return config if config.model_type == family.model_type else None
