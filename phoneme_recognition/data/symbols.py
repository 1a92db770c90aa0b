"""Which symbols a corpus uses, also where no vocabulary says it yet."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import chain

from phoneme_recognition.data.labels import Labels, Reading
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations.ipa import cut_ipa
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, normalise, plain_text

_FEWEST = 3  # words of one letter do not come in such numbers


def read_letters(
    labels: Labels, sources: Sequence[UtteranceSource], *, blanks: str | None = None
) -> list[Reading]:
    """Labels where texts already are phonemes: what fits no symbol of the vocabulary is one that it lacks.

    Args:
        labels: reads what is no text, and cuts texts into the vocabulary's symbols.
        sources: the utterances.
        blanks: see :func:`symbols_of_text`; None where there is a vocabulary, which tells the symbols apart.
    """
    readings = labels.read(sources)
    for at, (source, reading) in enumerate(zip(sources, readings, strict=True)):
        if blanks is not None and source.phonemes is None and source.text is not None:
            readings[at] = Reading(symbols_of_text(source.text, blanks))
        elif reading.unsaid:
            gaps = (letters_of(plain_text(part) or part) for part in reading.unsaid)
            readings[at] = Reading([*reading.symbols, *chain.from_iterable(gaps)])
    return readings


def symbols_of_text(text: str, blanks: str = "auto") -> list[str]:
    """What may be the symbols of a text that already is phonemes, as long as no vocabulary says it.

    Args:
        text: as it stands in the corpus.
        blanks: what they stand between: ``phonemes``, ``words``, or ``auto``: phonemes where ``|`` separates
            words, or where there are three parts at least and each is no more than one phoneme.

    Returns:
        The parts between blanks, or the letters, each with its marks.
    """
    parts = normalise(text).split()
    alone = WORD_BOUNDARY in parts or (len(parts) >= _FEWEST and all(map(_is_one_phoneme, parts)))
    if blanks == "phonemes" or (blanks == "auto" and alone):
        return parts
    return letters_of(plain_text(text))


def letters_of(text: str) -> list[str]:
    """A text's characters with their marks: й is one letter, though its normal form is и and a breve."""
    letters: list[str] = []
    for character in "".join(normalise(text).split()):
        if letters and unicodedata.combining(character):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _is_one_phoneme(part: str) -> bool:
    try:
        return len(cut_ipa(part)) == 1
    except VocabularyError:
        return False
