"""From logits to phoneme ids by the method that a config names: the same wherever a model is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor
from torch.nn.functional import log_softmax

from phoneme_recognition.decoding.beam import beam_decode
from phoneme_recognition.decoding.greedy import greedy_decode
from phoneme_recognition.decoding.language_model import PhonemeLanguageModel


@dataclass(frozen=True)
class Decoding:
    """How logits become phonemes; the values of the config's ``decoding`` section.

    Attributes:
        method: ``greedy`` or ``beam``.
        beam_width: prefixes that a beam search keeps.
        lm_order: phonemes in an n-gram of the language model; 0 for none.
        lm_weight: its log-probability counts so much in a beam search.
        lm_bonus: added for each phoneme where there is a language model.
    """

    method: str = "greedy"
    beam_width: int = 16
    lm_order: int = 6
    lm_weight: float = 0.5
    lm_bonus: float = 1.2


class Decoder:
    """Logits → phoneme ids.

    Args:
        plan: by which method.
        blank_id: id of the blank.
        language_model: of the training labels, or None where none was counted.
    """

    def __init__(
        self, plan: Decoding, *, blank_id: int, language_model: PhonemeLanguageModel | None = None
    ) -> None:
        self.plan, self.language_model = plan, language_model
        self._blank_id = blank_id

    def __call__(self, logits: Tensor, lengths: Tensor) -> list[list[int]]:
        """Decode a batch: (batch, frames, vocabulary) logits, (batch,) frames → ids of each utterance."""
        if self.plan.method == "greedy":
            return greedy_decode(logits, lengths, blank_id=self._blank_id)
        return beam_decode(
            log_softmax(logits.float(), dim=-1),
            lengths,
            blank_id=self._blank_id,
            width=self.plan.beam_width,
            language_model=self._used,
            weight=self.plan.lm_weight,
            bonus=self.plan.lm_bonus if self._used else 0.0,
        )

    @property
    def _used(self) -> PhonemeLanguageModel | None:
        return self.language_model if self.plan.lm_order else None

    def __str__(self) -> str:
        if self.plan.method == "greedy":
            return "the likeliest symbol of every frame"
        words = f"beam search, {self.plan.beam_width} wide"
        if self._used is None:
            return words
        return (
            f"{words}, with a {self._used.order}-gram of the training labels, weight {self.plan.lm_weight:g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data and tensors, from which `from_dict` makes it again."""
        model = self.language_model
        return {"plan": asdict(self.plan), "language_model": None if model is None else model.to_dict()}

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any] | None, *, blank_id: int, plan: Decoding | None = None
    ) -> Decoder:
        """Undo `to_dict`.

        Args:
            data: None where a checkpoint says nothing: greedy.
            blank_id: id of the blank.
            plan: another method than the one it was saved with.
        """
        data = data or {"plan": {}, "language_model": None}
        model = data["language_model"]
        return cls(
            plan or Decoding(**data["plan"]),
            blank_id=blank_id,
            language_model=None if model is None else PhonemeLanguageModel.from_dict(model),
        )
