"""What a checkpoint says about itself, and how a recogniser is rebuilt from it.

Beside what Lightning stores, a checkpoint has one block of plain data: vocabulary, inventory, audio
parameters, network, decoder and version. Measuring and inference read that block alone; they need no
config and no hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import Tensor, nn

from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.errors import CheckpointError
from phoneme_recognition.models.networks import network_block, rebuild_network
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.version import __version__

BLOCK = "phoneme_recognition"
FORMAT = 1
# The network's weights stand under the name that the Lightning module gives it.
PREFIX = "network."


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint beside its place and renames it: it is there whole or not at all."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Save ``checkpoint`` at ``path``; a kill leaves at most a ``.partial`` file."""
        partial = Path(f"{path}.partial")
        try:
            super().save_checkpoint(checkpoint, partial, storage_options)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def describe(
    network: nn.Module,
    vocabulary: Vocabulary,
    audio_params: Mapping[str, Any],
    decoder: Decoder,
    inventory: Inventory,
) -> dict[str, Any]:
    """The block of plain data that a checkpoint carries."""
    return {
        "format": FORMAT,
        "version": __version__,
        "vocabulary": vocabulary.to_dict(),
        "audio_params": dict(audio_params),
        "network": network_block(network),
        "decoder": decoder.to_dict(),
        "inventory": inventory.to_dict(),
    }


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of ours, onto the CPU, without running any code that it may hold.

    Raises:
        CheckpointError: it is missing, damaged, not ours, or of a newer format.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            f"checkpoint {path} does not exist",
            remedy="Give ckpt_path=... the path that train printed at its end.",
        )
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # bytes of another kind may raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            f"checkpoint {path} cannot be read: it is damaged or no checkpoint", got=reason
        ) from None
    block: Any = checkpoint.get(BLOCK) if isinstance(checkpoint, dict) else None
    if not isinstance(block, dict) or "format" not in block:
        raise CheckpointError(
            f"checkpoint {path} was not made by this program",
            remedy="A pretrained model in Hugging Face format goes into model.pretrained_name instead.",
        )
    if block["format"] > FORMAT:
        raise CheckpointError(
            f"checkpoint {path}",
            expected=f"format {FORMAT} or older",
            got=f"format {block['format']}",
            remedy=f"It was made by version {block['version']}: use that or a newer one.",
        )
    return checkpoint


def network_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The network's part of a checkpoint's weights, under the network's own names."""
    weights = checkpoint["state_dict"]
    return {name.removeprefix(PREFIX): value for name, value in weights.items() if name.startswith(PREFIX)}


def rebuild(checkpoint: Mapping[str, Any]) -> tuple[nn.Module, Vocabulary, dict[str, Any]]:
    """Network with its weights, vocabulary and audio parameters of a checkpoint that was read.

    Raises:
        CheckpointError: its weights are not those of the network that it names.
    """
    block = checkpoint[BLOCK]
    network = rebuild_network(block["network"])
    try:
        network.load_state_dict(network_weights(checkpoint))
    except RuntimeError as error:
        raise CheckpointError(
            "the checkpoint's weights do not fit its network",
            got=" ".join(str(error).split()),
            remedy=f"It was made by version {block['version']}: use that one.",
        ) from None
    return network, Vocabulary(block["vocabulary"]), dict(block["audio_params"])


def stored_inventory(checkpoint: Mapping[str, Any]) -> Inventory:
    """Whether stress and reduction count in the phonemes of a checkpoint that was read."""
    return Inventory.from_dict(checkpoint[BLOCK].get("inventory", {}))


def rebuild_decoder(checkpoint: Mapping[str, Any], plan: Decoding | None = None) -> Decoder:
    """How a checkpoint that was read turns logits into phonemes, or does with another plan.

    Raises:
        CheckpointError: the plan asks for a language model, and the checkpoint has none.
    """
    block = checkpoint[BLOCK]
    blank_id = Vocabulary(block["vocabulary"]).blank_id
    decoder = Decoder.from_dict(block.get("decoder"), blank_id=blank_id, plan=plan)
    if decoder.plan.method == "beam" and decoder.plan.lm_order and decoder.language_model is None:
        raise CheckpointError(
            "the checkpoint has no language model to decode with",
            remedy="Set decoding.lm_order=0, or decoding.method=greedy.",
        )
    return decoder


def load_matching_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> list[str]:
    """Take over the weights whose name and shape fit, and say which did not.

    Returns:
        A line for each weight that was left as it was, in the network's order, then for each that the
        network has no place for.
    """
    own = network.state_dict()
    fitting = {
        name: value for name, value in weights.items() if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(fitting, strict=False)
    left = [
        f"{name}: {tuple(weights[name].shape)} in the checkpoint, {tuple(value.shape)} in the network"
        if name in weights
        else f"{name}: not in the checkpoint"
        for name, value in own.items()
        if name not in fitting
    ]
    return left + [f"{name}: not in the network" for name in weights if name not in own]
