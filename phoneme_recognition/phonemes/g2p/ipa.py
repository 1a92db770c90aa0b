"""What programs write in the International Phonetic Alphabet, cut into phonemes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from phoneme_recognition.phonemes.notations.ipa import is_vowel, normalise_ipa

PRIMARY, SECONDARY = "ˈ", "ˌ"
_STRESS = PRIMARY + SECONDARY
_TIES = "\u0361\u035c"
# Before a consonant these are its onset (ᵐb); after one, its release (dⁿ).
_NASALS = "ᵐⁿᶬᶮᶯᵑᶰ"
# Marks, superscripts, length and tones say something about the letter before them.
_MODIFYING = ("Mn", "Me", "Lm", "Sk", "No", "Nd")


def split_ipa(text: str) -> list[str]:
    """Cut a string into segments: letters with all that modifies them. It takes whatever comes.

    Marks, length, superscripts and tones belong to the letter before them, stress to the letter after it,
    and a tie bar joins two letters. White space and the dots between syllables are left out.

    Example:
        >>> split_ipa("ˈt͡ʃaːjʲ")
        ['ˈt͡ʃ', 'aː', 'jʲ']
    """
    segments: list[str] = []
    ahead = ""  # what belongs to the letter to come
    for character in unicodedata.normalize("NFD", text):
        if character.isspace() or character == ".":
            continue
        onset = character in _NASALS and (not segments or is_vowel(segments[-1]))
        if character in _STRESS or onset:
            ahead += character
        elif segments and not ahead and (_modifies(character) or segments[-1][-1] in _TIES):
            segments[-1] += character
        else:
            segments.append(ahead + character)
            ahead = ""
    return [*segments, ahead] if ahead else segments


def _modifies(character: str) -> bool:
    return unicodedata.category(character) in _MODIFYING


def phonemes_of(unit: str) -> list[str]:
    """Cut a group of segments that a program takes for one wherever a vowel meets a consonant.

    So ``ja`` is two phonemes, and so is ``əl``, but a diphthong (``aɪ``) and an affricate (``ts``, which
    gets its tie bar) are one. All are spelt as in the chart of the IPA.
    """
    groups = [list(group) for _, group in groupby(split_ipa(unit), key=is_vowel)]
    return [normalise_ipa(_long(group) or "".join(group)) for group in groups]


def _long(group: Sequence[str]) -> str:
    """A letter written twice is one long sound."""
    return f"{group[0]}ː" if len(group) == 2 and group[0].lstrip(_STRESS) == group[1] else ""


def stress_on_vowels(phonemes: Sequence[str], secondary: bool = False) -> list[str]:
    """Move each stress mark from the beginning of its syllable to the vowel.

    Args:
        phonemes: those of a word.
        secondary: also keep the marks of secondary stress.

    Example:
        >>> stress_on_vowels(["ˈs", "t", "o", "l", "i", "ˌk", "a"])
        ['s', 't', 'ˈo', 'l', 'i', 'k', 'a']
    """
    kept = _STRESS if secondary else PRIMARY
    moved, mark = [], ""
    for phoneme in phonemes:
        bare = phoneme.lstrip(_STRESS)
        mark = phoneme[: len(phoneme) - len(bare)][:1] or mark
        stressed = bool(mark) and is_vowel(bare)
        moved.append(mark + bare if stressed and mark in kept else bare)
        mark = "" if stressed else mark
    return moved


def without_stress(phonemes: Sequence[str]) -> list[str]:
    """The same without any marks of stress."""
    return [phoneme.lstrip(_STRESS) for phoneme in phonemes]
