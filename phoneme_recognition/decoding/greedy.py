"""Best-path decoding: the likeliest symbol of every frame, repeats merged, blanks left out.

Graves et al. (2006), Connectionist temporal classification, section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor


def greedy_decode(scores: Tensor, lengths: Tensor, *, blank_id: int) -> list[list[int]]:
    """Decode a batch.

    Args:
        scores: (batch, frames, vocabulary) logits or log-probabilities.
        lengths: (batch,) frames that belong to each utterance; later ones are ignored.
        blank_id: id of the blank.

    Returns:
        For each utterance the ids of its phonemes, in order.

    Example:
        >>> scores = torch.eye(3)[[0, 1, 1, 0, 1, 2]].unsqueeze(0)
        >>> greedy_decode(scores, torch.tensor([6]), blank_id=0)
        [[1, 1, 2]]
    """
    best = scores.argmax(dim=-1)
    fresh = torch.ones_like(best, dtype=torch.bool)
    fresh[:, 1:] = best[:, 1:] != best[:, :-1]
    inside = torch.arange(best.shape[1], device=best.device) < lengths.to(best.device)[:, None]
    keep = (fresh & inside & (best != blank_id)).cpu()
    return [row[chosen].tolist() for row, chosen in zip(best.cpu(), keep, strict=True)]
