"""What every network gives."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class CTCOutput(NamedTuple):
    """What a network gives.

    Attributes:
        logits: (B, T, V).
        lengths: (B,) int64, how many frames of each utterance are speech, not padding.
        hidden: (B, T, C), what the head reads.
        inner_logits: (B, T, V) of a head inside the network, to be trained along with it; None without one.
    """

    logits: Tensor
    lengths: Tensor
    hidden: Tensor
    inner_logits: Tensor | None = None
