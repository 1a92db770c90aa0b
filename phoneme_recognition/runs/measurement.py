"""What was measured on one split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from phoneme_recognition.metrics.error_rates import EditCounts

Part = Literal["val", "test"]


@dataclass(frozen=True)
class Measurement:
    """What was measured on one split.

    Attributes:
        split: ``val`` or ``test``.
        utterances: how many were measured.
        loss: mean CTC loss a phoneme.
        rates: ``per``, ``cer`` and, where labels have words, ``wer``, as fractions.
        counts: the edits behind the PER.
        decoding: how phonemes were made of what the network gives, in words.
        transcripts: utterance id, reference and hypothesis of each utterance.
    """

    split: Part
    utterances: int
    loss: float
    rates: Mapping[str, float]
    counts: EditCounts
    decoding: str
    transcripts: list[tuple[str, list[str], list[str]]]

    def figures(self) -> dict[str, Any]:
        """The numbers under flat names, e.g. ``test_per``, ``phonemes``, ``substitutions``."""
        named: dict[str, Any] = {f"{self.split}_{unit}": rate for unit, rate in self.rates.items()}
        return named | {
            f"{self.split}_loss": self.loss,
            "utterances": self.utterances,
            "phonemes": self.counts.reference_length,
            "substitutions": self.counts.substitutions,
            "insertions": self.counts.insertions,
            "deletions": self.counts.deletions,
            "decoding": self.decoding,
        }
