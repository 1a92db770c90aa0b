"""Which symbols a corpus uses: what a new vocabulary is made from."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, normalise, plain_text


def count_symbols(sources: Iterable[UtteranceSource]) -> Counter[str]:
    """How often each symbol occurs in the labels of a corpus.

    Args:
        sources: its utterances; those with a ``problem`` are left out.

    Returns:
        Phonemes, or where an utterance has none the letters of its plain text. Word boundaries and white
        space are no symbols.
    """
    counts: Counter[str] = Counter()
    for source in sources:
        if source.problem is not None:
            continue
        if source.phonemes is not None:
            counts.update(map(normalise, source.phonemes))
        elif source.text is not None:
            counts.update(_letters(plain_text(source.text)))
    del counts[WORD_BOUNDARY]
    return counts


def _letters(text: str) -> list[str]:
    """Characters with their marks: й is one letter, though its normal form is и and a breve."""
    letters: list[str] = []
    for character in "".join(normalise(text).split()):
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
