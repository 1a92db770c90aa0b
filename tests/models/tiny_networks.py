"""Tiny random models of every family, for the tests of this folder."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from phoneme_recognition.models.encoders.families import FAMILIES
from phoneme_recognition.models.encoders.settings import settable_fields
from phoneme_recognition.models.networks import EncoderCTC, build_network

# Threads cost more than they bring in networks this small.
torch.set_num_threads(1)

VOCABULARY = 7

_SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
_FRONT = {"conv_dim": [16, 16, 16], "conv_kernel": [10, 4, 4], "conv_stride": [5, 4, 4]}
_POSITIONS = {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}
_WAVEFORM = {**_SHAPE, **_FRONT, **_POSITIONS}

CONFIGS: dict[str, dict[str, Any]] = {
    "Wav2Vec2": _WAVEFORM,
    "HuBERT": _WAVEFORM,
    "WavLM": {**_WAVEFORM, "num_buckets": 16, "max_bucket_distance": 40},
    "Wav2Vec2-Conformer": {**_WAVEFORM, "conv_depthwise_kernel_size": 7},
    "Wav2Vec2-BERT": {**_SHAPE, "conv_depthwise_kernel_size": 7},
    "Data2VecAudio": {**_SHAPE, **_FRONT, "num_conv_pos_embeddings": 3, "conv_pos_kernel_size": 5},
    "UniSpeechSat": _WAVEFORM,
    "SEW": {**_WAVEFORM, "squeeze_factor": 2},
    "Whisper": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
        "num_mel_bins": 80,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "decoder_start_token_id": 1,
    },
}
# Where an architecture has more than one road for padding to get in.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in CONFIGS},
    "Wav2Vec2 layer norm": ("Wav2Vec2", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    "Wav2Vec2 adapter": (
        "Wav2Vec2",
        {"add_adapter": True, "output_hidden_size": 24, "num_adapter_layers": 2},
    ),
    "HuBERT batch norm": ("HuBERT", {"conv_pos_batch_norm": True}),
    "WavLM layer norm": ("WavLM", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    "Conformer rotary": ("Wav2Vec2-Conformer", {"position_embeddings_type": "rotary"}),
    "Wav2Vec2-BERT adapter": (
        "Wav2Vec2-BERT",
        {"add_adapter": True, "num_adapter_layers": 1, "use_intermediate_ffn_before_adapter": True},
    ),
    "Wav2Vec2-BERT relative": ("Wav2Vec2-BERT", {"position_embeddings_type": "relative"}),
    "UniSpeechSat layer norm": ("UniSpeechSat", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
    "SEW layer norm": ("SEW", {"feat_extract_norm": "layer"}),
}


def tiny_network(variant: str, **fields: Any) -> EncoderCTC:
    """A network of a variant, with weights that every call draws alike."""
    name, extra = VARIANTS[variant]
    torch.manual_seed(0)
    network = build_network(
        network_name=name,
        pretrained_name=None,
        network_config={**CONFIGS[name], **extra, **fields},
        vocabulary_size=VOCABULARY,
        blank_id=0,
        sampling_rate=16_000,
        freeze_feature_extractor=False,
        freeze_transformer=False,
    )
    assert isinstance(network, EncoderCTC)
    spread(network)
    return network


def no_dropout(name: str) -> dict[str, float]:
    """Fields that leave nothing to chance in training."""
    return {field: 0.0 for field in settable_fields(FAMILIES[name]) if "drop" in field}


def spread(network: nn.Module) -> None:
    """Make weights, biases and statistics large and uneven, so that what leaks in shows."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                assert module.running_mean is not None
                module.running_mean.copy_(torch.randn(module.running_mean.shape, generator=generator))
