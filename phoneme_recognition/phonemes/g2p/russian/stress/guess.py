"""A guess where the stress of an unknown word lies: what words that end alike have.

The table is learnt from the dictionary (``benchmarks/russian/make_dictionary.py``) and holds, for the endings
that are worth it, the number of the stressed vowel counted from the end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, vowels_of

_LONGEST = 8
_WORTH = 3  # words that have to speak for an ending
_START = "^"  # stands before a word, so that a short one can be told from the ending of a longer one


def guess_stress(word: str, endings: Mapping[str, int]) -> int:
    """The stressed vowel by the longest ending that is known, else the last vowel but one.

    Args:
        word: letters with at least one vowel.
        endings: ending → number of the stressed vowel, from the end, counted from 0.

    Returns:
        An index in ``word``.
    """
    vowels = vowels_of(word)[::-1]
    for ending in _endings(word):
        number = endings.get(ending)
        if number is not None and number < len(vowels):
            return vowels[number]
    return vowels[min(1, len(vowels) - 1)]


def learn_endings(words: Iterable[Marked]) -> dict[str, int]:
    """Count for every ending which vowel is stressed; keep what the shorter ending does not say already."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for word, stresses in words:
        number = sum(index > stresses[-1] for index in vowels_of(word))
        for ending in _endings(word):
            counts[ending][number] += 1
    majority = {
        ending: found.most_common(1)[0][0] for ending, found in counts.items() if found.total() >= _WORTH
    }
    kept: dict[str, int] = {}
    for ending in sorted(majority, key=len):
        shorter = next((kept[ending[cut:]] for cut in range(1, len(ending)) if ending[cut:] in kept), None)
        if majority[ending] != shorter:
            kept[ending] = majority[ending]
    return kept


def _endings(word: str) -> Iterable[str]:
    """The longest first."""
    whole = _START + word
    return (whole[cut:] for cut in range(max(0, len(whole) - _LONGEST), len(whole)))
