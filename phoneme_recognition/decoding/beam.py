"""Prefix beam search: the likeliest phoneme sequence, over all alignments that give it.

Graves (2012), Supervised sequence labelling with recurrent neural networks, section 7.5.2; with a language
model as in Hannun et al. (2014), First-pass large vocabulary continuous speech recognition.

All utterances of a batch and all their prefixes go on together, frame by frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from phoneme_recognition.decoding.language_model import PhonemeLanguageModel

# Phonemes of a frame by which prefixes may grow: the likeliest.
CANDIDATES = 10
# Odd, so that multiplying by it loses nothing in 64 bits: prefixes are told apart by a number each.
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

Floats = NDArray[np.float64]


def beam_decode(
    log_probs: Tensor,
    lengths: Tensor,
    *,
    blank_id: int,
    width: int,
    language_model: PhonemeLanguageModel | None = None,
    weight: float = 0.0,
    bonus: float = 0.0,
) -> list[list[int]]:
    """Decode a batch.

    Args:
        log_probs: (batch, frames, vocabulary) natural logarithms.
        lengths: (batch,) frames that belong to each utterance; later ones are ignored.
        blank_id: id of the blank.
        width: prefixes that are kept.
        language_model: of the phonemes; None for none.
        weight: its log-probability counts so much.
        bonus: added for each phoneme, as a language model makes every phoneme cost.

    Returns:
        For each utterance the ids of its phonemes, in order.
    """
    scores = log_probs.double().cpu().numpy()
    frames = lengths.cpu().numpy()
    batch, longest, size = scores.shape
    # Longest first: those that have ended are a tail of the arrays, which is left alone.
    order = np.argsort(-frames, kind="stable")
    scores, frames = scores[order], frames[order]
    ranked = np.where(np.arange(size) == blank_id, -np.inf, scores)
    candidates = np.argsort(-ranked, axis=2, kind="stable")[:, :, : min(CANDIDATES, size - 1)]
    beam = _Beam(batch, width, longest, blank_id, language_model, weight, bonus)
    for frame in range(int(frames.max(initial=0))):
        active = int((frames > frame).sum())
        beam.advance(scores[:active, frame], candidates[:active, frame])
    found = beam.best()
    return [found[place] for place in np.argsort(order, kind="stable")]


class _Beam:
    """The prefixes of a batch: (batch, width) arrays, the first column the best."""

    def __init__(
        self,
        batch: int,
        width: int,
        longest: int,
        blank_id: int,
        language_model: PhonemeLanguageModel | None,
        weight: float,
        bonus: float,
    ) -> None:
        self._blank_id, self._language_model = blank_id, language_model
        self._weight, self._bonus = weight, bonus
        shape = (batch, width)
        # Log-probability of all alignments that end in a blank, and of those that end in the last phoneme.
        self._in_blank, self._in_phoneme = np.full(shape, -np.inf), np.full(shape, -np.inf)
        self._in_blank[:, 0] = 0.0
        self._prior = np.zeros(shape)
        self._state = np.full(shape, language_model.first if language_model else 0)
        self._last = np.full(shape, blank_id)
        self._number = np.zeros(shape, dtype=np.uint64)
        self._length = np.zeros(shape, dtype=np.int64)
        self._phonemes = np.zeros((*shape, longest), dtype=np.int32)

    def advance(self, scores: Floats, candidates: NDArray[np.int64]) -> None:
        """Take one frame: (active, vocabulary) log-probabilities, (active, candidates) ids."""
        active, width = len(scores), self._prior.shape[1]
        in_blank, in_phoneme = self._in_blank[:active], self._in_phoneme[:active]
        last, state = self._last[:active], self._state[:active]
        whole = np.logaddexp(in_blank, in_phoneme)
        stay_blank = whole + scores[:, self._blank_id, None]
        stay_phoneme = in_phoneme + np.take_along_axis(scores, last, axis=1)
        # (active, width, candidates): the same phoneme again is a new one only after a blank.
        grown_id = np.broadcast_to(candidates[:, None], (active, width, candidates.shape[1]))
        grown = np.where(grown_id == last[:, :, None], in_blank[:, :, None], whole[:, :, None])
        grown = grown + np.take_along_axis(scores, candidates, axis=1)[:, None]
        number = (self._number[:active, :, None] + grown_id.astype(np.uint64) + np.uint64(1)) * _MULTIPLIER
        # A grown prefix that is in the beam already adds to it.
        for column in range(width):
            same = number == self._number[:active, column, None, None]
            found = same.any(axis=(1, 2))
            if found.any():
                rows = np.flatnonzero(found)
                place = same[rows].reshape(len(rows), -1).argmax(axis=1)
                flat = grown.reshape(active, -1)
                stay_phoneme[rows, column] = np.logaddexp(stay_phoneme[rows, column], flat[rows, place])
                flat[rows, place] = -np.inf
        prior = np.broadcast_to(self._prior[:active, :, None] + self._bonus, grown.shape)
        if self._language_model is not None:
            prior = prior + self._weight * self._language_model.log_probs[state[:, :, None], grown_id]
        total = np.concatenate(
            [
                np.logaddexp(stay_blank, stay_phoneme) + self._prior[:active],
                (grown + prior).reshape(active, -1),
            ],
            axis=1,
        )
        kept = np.argsort(-total, axis=1, kind="stable")[:, :width]
        self._keep(kept, stay_blank, stay_phoneme, grown, grown_id, number, prior)

    def _keep(
        self,
        kept: NDArray[np.int64],
        stay_blank: Floats,
        stay_phoneme: Floats,
        grown: Floats,
        grown_id: NDArray[np.int64],
        number: NDArray[np.uint64],
        prior: Floats,
    ) -> None:
        """Make the prefixes at these places the beam: first those that stayed, then those that grew."""
        active, width = kept.shape
        rows = np.arange(active)[:, None]
        new = kept >= width
        source = np.where(new, (kept - width) // grown.shape[2], kept)
        place = np.where(new, kept - width, 0)

        def flat(values: NDArray[np.generic]) -> NDArray[np.generic]:
            return values.reshape(active, -1)[rows, place]

        phoneme = flat(grown_id)
        self._in_blank[:active] = np.where(new, -np.inf, stay_blank[rows, source])
        self._in_phoneme[:active] = np.where(new, flat(grown), stay_phoneme[rows, source])
        self._prior[:active] = np.where(new, flat(prior), self._prior[rows, source])
        self._number[:active] = np.where(new, flat(number), self._number[rows, source])
        self._last[:active] = np.where(new, phoneme, self._last[rows, source])
        state = self._state[rows, source]
        if self._language_model is not None:
            state = np.where(new, self._language_model.following[state, phoneme], state)
        self._state[:active] = state
        length = self._length[rows, source]
        self._phonemes[:active] = self._phonemes[rows, source]
        at = np.nonzero(new)
        self._phonemes[(*at, length[at])] = phoneme[at]
        self._length[:active] = length + new

    def best(self) -> list[list[int]]:
        """The best prefix of each utterance."""
        return [
            phonemes[:length].tolist()
            for phonemes, length in zip(self._phonemes[:, 0], self._length[:, 0], strict=True)
        ]
