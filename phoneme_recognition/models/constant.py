"""What training leaves as it is: the beginning of a network that is frozen, or has no weights at all.

It gives the same for a recording in every epoch, so that it need not be run twice (``data.frozen_cache``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from phoneme_recognition.models.networks import network_block
from phoneme_recognition.models.output import CTCOutput

_VERSION = 1
"""Part of every key: to be raised with every change of the code that changes what a constant part gives."""

# Fields of a network's description that matter in training alone, or behind the encoder.
_WITHOUT_EFFECT = ("drop", "mask_", "ctc", "vocab", "token", "checkpointing", "augment", "classifier")
_COMPACT_FRONT = ("sampling_rate", "mel_bins")


@runtime_checkable
class ConstantNetwork(Protocol):
    """A network in two stages, of which the first may be constant; ours all are."""

    @property
    def has_constant_part(self) -> bool:
        """Whether the first stage gives the same in every epoch."""

    def constant_state(self) -> dict[str, Tensor]:
        """The weights and buffers of the first stage."""

    def constant_part(
        self, waveforms: Tensor, lengths: Tensor, seeds: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """(B, S) waveforms and (B,) samples → (B, T, ...) states and (B,) frames."""

    def from_states(self, states: Tensor, frames: Tensor, seeds: Tensor | None = None) -> CTCOutput:
        """The second stage."""


def constant_key(network: ConstantNetwork) -> str:
    """A hash of all that decides what ``constant_part`` gives: architecture, freezes and weights."""
    digest = hashlib.sha256(json.dumps([_VERSION, type(network).__name__]).encode())
    digest.update(json.dumps(_description(network), sort_keys=True, default=str).encode())
    for name, tensor in sorted(network.constant_state().items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _description(network: Any) -> Any:
    """What the network's description says about its first stage."""
    block = network_block(network)
    if "config" not in block:
        arguments = {**block["network_config"], **block}
        return {name: arguments.get(name) for name in _COMPACT_FRONT}
    return [block["network_name"], block["weighted_layers"], _relevant(block["config"])]


def _relevant(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in fields.items() if not any(part in name for part in _WITHOUT_EFFECT)
    }


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data
