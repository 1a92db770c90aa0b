"""Compounds of трёх- and четырёх-: the ё has but a secondary stress, трё̀хэта́жный."""

from __future__ import annotations

from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, vowels_of, without_yo

_SPELLINGS = {"трех": "трёх", "четырех": "четырёх"}


def split_compound(word: str) -> tuple[str, str]:
    """A numeral with ё and the rest, or nothing and the whole word.

    Example:
        >>> split_compound("трехэтажный")
        ('трёх', 'этажный')
        >>> split_compound("трёх")
        ('', 'трёх')
    """
    for spelling, numeral in _SPELLINGS.items():
        rest = word[len(spelling) :]
        if without_yo(word).startswith(spelling) and len(rest) > 1 and vowels_of(rest):
            return numeral, rest
    return "", word


def join_compound(numeral: str, rest: Marked) -> Marked:
    """The whole again, with the secondary stress first."""
    if not numeral:
        return rest
    stresses = (numeral.index("ё"), *(len(numeral) + index for index in rest.stresses))
    return Marked(numeral + rest.word, stresses)
