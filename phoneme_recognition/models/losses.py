"""What training makes small."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, ctc_loss

from phoneme_recognition.data.collate import Batch
from phoneme_recognition.models.output import CTCOutput


def phoneme_loss(log_probs: Tensor, frames: Tensor, batch: Batch, *, blank_id: int) -> Tensor:
    """CTC loss (Graves et al., 2006) a phoneme, averaged over the utterances.

    Args:
        log_probs: (batch, frames, vocabulary).
        frames: (batch,) frames of each utterance. They and the labels' lengths had better not be on a GPU:
            CTC wants them here, and would wait for them.
        batch: what was said.
        blank_id: id of the blank.
    """
    losses = ctc_loss(
        log_probs.transpose(0, 1),
        batch.labels,
        frames,
        batch.label_lengths,
        blank=blank_id,
        reduction="none",
        zero_infinity=True,
    )
    phonemes = batch.label_lengths.clamp(min=1).to(losses.device, non_blocking=True)
    return (losses / phonemes).mean()


def frame_loss(head: nn.Linear, output: CTCOutput, batch: Batch) -> Tensor:
    """Cross entropy of each frame's phone, averaged over the frames whose phone is known; 0 without any.

    Frames are spread evenly over the utterance, however the network has stretched it.

    Args:
        head: reads the network's last hidden layer.
        output: of the network.
        batch: which phone is heard when.
    """
    hidden = output.hidden
    frames = torch.arange(hidden.shape[1], device=hidden.device) + 0.5
    lengths, points = output.lengths[:, None], batch.phone_lengths[:, None]
    known = (frames < lengths) & (points > 0)
    if not known.any():
        # Through the head: with several processes every parameter needs a gradient.
        nothing: Tensor = head(hidden[:1, :1]).sum() * 0.0
        return nothing
    at = torch.minimum((frames / lengths.clamp(min=1) * points).long(), (points - 1).clamp(min=0))
    targets = batch.phones.gather(1, at)[known]
    return cross_entropy(head(hidden[known]).float(), targets)
