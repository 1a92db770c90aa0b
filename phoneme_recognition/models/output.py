"""What every network gives."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class CTCOutput(NamedTuple):
    """What a network gives.

    Attributes:
        logits: (B, T, V).
        lengths: (B,) int64, how many frames of each utterance are speech, not padding.
    """

    logits: Tensor
    lengths: Tensor
