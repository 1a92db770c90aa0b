"""A checkpoint without training: random weights, large enough that the network says something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.inference.hearing import Ear
from phoneme_recognition.models.checkpoint import BLOCK, AtomicCheckpointIO, describe
from phoneme_recognition.models.networks import build_network
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary

torch.set_num_threads(1)

VOCABULARY = Vocabulary.from_file("dataset_modules/tokens/russian_phones.json")
AUDIO: dict[str, Any] = {"sampling_rate": 16000, "padding_value": 0.0, "do_normalize": True}


def small_network(vocabulary: Vocabulary = VOCABULARY, sampling_rate: int = 16000) -> nn.Module:
    """A CompactCTC whose weights every call draws alike."""
    torch.manual_seed(11)
    network = build_network(
        network_name="CompactCTC",
        pretrained_name=None,
        network_config={"channels": 16, "layers": 2, "stem_channels": 16},
        vocabulary_size=len(vocabulary),
        blank_id=vocabulary.blank_id,
        sampling_rate=sampling_rate,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    )
    return network.eval()


def save_small(path: Path, **audio_params: Any) -> Path:
    """Save the network as ``train`` would."""
    audio = AUDIO | audio_params
    network = small_network(sampling_rate=audio["sampling_rate"])
    weights = {f"network.{name}": value for name, value in network.state_dict().items()}
    decoder = Decoder(Decoding(), blank_id=VOCABULARY.blank_id)
    block = describe(network, VOCABULARY, audio, decoder, Inventory())
    AtomicCheckpointIO().save_checkpoint({"state_dict": weights, BLOCK: block}, path)
    return path


def small_ear() -> Ear:
    """The small network with greedy decoding, as the recogniser hears with it."""
    return Ear(
        small_network(),
        Decoder(Decoding(), blank_id=VOCABULARY.blank_id),
        device=torch.device("cpu"),
        sampling_rate=16000,
        normalise=True,
        padding_value=0.0,
    )
