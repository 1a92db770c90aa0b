"""The weights that both sides of a training benchmark begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, Wav2Vec2Config, Wav2Vec2ForCTC

NETWORK_NAMES = {"wav2vec2": "Wav2Vec2", "whisper": "Whisper"}
FREEZES = {"frozen": (True, True), "front_end": (True, False), "unfrozen": (False, False)}

_NO_DROPOUT = dict.fromkeys(("attention_dropout", "activation_dropout"), 0.0)
_EXACT: dict[str, dict[str, Any]] = {
    "wav2vec2": _NO_DROPOUT
    | dict.fromkeys(("hidden_dropout", "feat_proj_dropout", "final_dropout", "layerdrop"), 0.0)
    | {"apply_spec_augment": False},
    "whisper": _NO_DROPOUT | {"dropout": 0.0, "encoder_layerdrop": 0.0, "apply_spec_augment": False},
}


def overrides(model: str, defaults: bool) -> dict[str, Any]:
    """Fields of the model's config: nothing random in training, or all as the pretrained folder has it."""
    return {} if defaults else dict(_EXACT[model])


def small_config(symbols: int) -> Wav2Vec2Config:
    """5.6 M parameters; what is not named has the library's default."""
    return Wav2Vec2Config(
        conv_dim=(256,) * 7,
        hidden_size=256,
        num_hidden_layers=5,
        num_attention_heads=4,
        intermediate_size=1024,
        vocab_size=symbols,
        pad_token_id=0,
    )


def random_weights(folder: Path, symbols: int, seed: int) -> Path:
    """The small Wav2Vec2 with random weights, in Hugging Face format; made once."""
    target = folder / f"random_{seed}"
    if not (target / "config.json").exists():
        torch.manual_seed(seed)
        Wav2Vec2ForCTC(small_config(symbols)).save_pretrained(target)
    return target


# The file in a folder of `pretrain` with the CTC head that was trained with the encoder.
TRAINED_HEAD = "head.safetensors"


def fresh_head(folder: Path, pretrained: Path, symbols: int, seed: int) -> Path:
    """The weights of a new CTC head for a pretrained encoder, as a file."""
    config = AutoConfig.from_pretrained(pretrained)
    channels = getattr(config, "d_model", None) or config.hidden_size
    torch.manual_seed(seed)
    head = nn.Linear(channels, symbols)
    target = folder / f"head_{channels}_{symbols}_{seed}.safetensors"
    save_file({name: weight.detach() for name, weight in head.named_parameters()}, target)
    return target


def take_head(head: nn.Module, file: str) -> None:
    """Put the weights of `fresh_head` into a layer."""
    head.load_state_dict(load_file(file))
