"""What the monitor reads from a network in training."""

from __future__ import annotations

import math

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn

from phoneme_recognition.callbacks.explanations import Circumstances
from phoneme_recognition.data.collate import Batch
from phoneme_recognition.models.compact import CompactCTC
from phoneme_recognition.models.output import CTCOutput
from phoneme_recognition.preflight.learning_rate import Trained


def circumstances(trainer: Trainer, module: LightningModule) -> Circumstances:
    """The circumstances by which causes are told apart."""
    network = module.network
    parameters = list(network.parameters())  # type: ignore[union-attr]
    share = sum(one.numel() for one in parameters if one.requires_grad) / sum(
        one.numel() for one in parameters
    )
    optimizer = trainer.optimizers[0]
    return Circumstances(
        rate=max(float(group["lr"]) for group in optimizer.param_groups),
        optimizer=type(optimizer).__name__,
        trained=_trained(network),
        trained_share=share,
        sixteen_bits=str(trainer.precision).startswith("16"),
        workers=int(getattr(trainer.train_dataloader, "num_workers", 0)),
    )


def _trained(network: object) -> Trained:
    if isinstance(network, CompactCTC):
        return "compact"
    encoder = getattr(network, "encoder", None)
    frozen = [getattr(encoder, name, False) for name in ("frozen_front_end", "frozen_transformer")]
    # Whether the encoder was pretrained does not show: take the wider range.
    return "head" if all(frozen) else "transformer"


def main_symbol(output: CTCOutput) -> tuple[int, float]:
    """The most frequent of the frames' likeliest symbols, and its share of the frames."""
    best = output.logits.detach().argmax(dim=-1)
    inside = torch.arange(best.shape[1], device=best.device) < output.lengths.to(best.device)[:, None]
    counts = torch.bincount(best[inside], minlength=1)
    total = int(counts.sum())
    return (int(counts.argmax()), float(counts.max()) / total) if total else (0, 0.0)


def longer_than_frames(output: CTCOutput, batch: Batch) -> list[str]:
    """The utterances whose labels need more frames than they have (Graves et al., 2006, section 3.1)."""
    labels, lengths = batch.labels.cpu(), batch.label_lengths.cpu()
    pairs = torch.arange(1, labels.shape[1]) < lengths[:, None]
    repeats = ((labels[:, 1:] == labels[:, :-1]) & pairs).sum(dim=1)
    long = (lengths + repeats > output.lengths.cpu()).tolist()
    return [name for name, is_long in zip(batch.utterance_ids, long, strict=True) if is_long]


def gradient_norm(part: nn.Module) -> float | None:
    """The norm of a part's gradients; None where none of its parameters has any."""
    gradients: list[Tensor] = [one.grad for one in part.parameters() if one.grad is not None]
    return math.hypot(*(float(one.norm()) for one in gradients)) if gradients else None
