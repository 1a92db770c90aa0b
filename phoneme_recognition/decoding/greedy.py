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
    return read_path(scores.argmax(dim=-1), lengths, blank_id=blank_id)


def read_path(path: Tensor, lengths: Tensor, *, blank_id: int) -> list[list[int]]:
    """What paths say: repeats merged, blanks left out.

    Args:
        path: (batch, frames) ids.
        lengths: (batch,) frames that belong to each utterance; later ones are ignored.
        blank_id: id of the blank.
    """
    path, lengths = path.cpu(), lengths.cpu()
    keep = path != blank_id
    keep[:, 1:] &= path[:, 1:] != path[:, :-1]
    keep &= torch.arange(path.shape[1]) < lengths[:, None]
    return [row[chosen].tolist() for row, chosen in zip(path, keep, strict=True)]
