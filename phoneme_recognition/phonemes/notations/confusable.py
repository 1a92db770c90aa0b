"""Symbols of one inventory that are two spellings of one phoneme, or that no eye can tell apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import combinations

from phoneme_recognition.phonemes.notations.ipa import normalise_ipa
from phoneme_recognition.phonemes.notations.spellings import (
    COLON,
    CYRILLIC,
    EJECTIVE,
    PALATAL,
    STRESS,
    TIE,
    UNTIED,
    VARIANTS,
)

_LATIN = str.maketrans(CYRILLIC)


def confusable(symbols: Iterable[str]) -> list[tuple[str, str, str]]:
    """Pairs that are one phoneme in two spellings, or look the same.

    Args:
        symbols: an inventory or the keys of a count, each once.

    Returns:
        Both symbols, as they stand, and the reason in words; in the order of the symbols.

    Example:
        >>> confusable(["g", "a", "ɡ"])
        [('g', 'ɡ', 'ASCII g (U+0067) and IPA ɡ (U+0261)')]
    """
    alike: dict[str, list[str]] = {}
    for symbol in dict.fromkeys(symbols):
        looks = normalise_ipa(normalise_ipa(symbol).translate(_LATIN))
        alike.setdefault(looks, []).append(symbol)
    return [(one, two, _reason(one, two)) for same in alike.values() for one, two in combinations(same, 2)]


def _reason(one: str, two: str) -> str:
    if unicodedata.normalize("NFD", one) == unicodedata.normalize("NFD", two):
        return "a letter with its mark as one character and as two"
    reasons = [*_spellings(one, two), *_alphabets(one, two)]
    return "; ".join(dict.fromkeys(reasons)) or "the same marks in another order"


def _spellings(one: str, two: str) -> list[str]:
    """The variants that one of the two is written in and the other is not."""
    one, two = (unicodedata.normalize("NFD", symbol) for symbol in (one, two))
    found = [row.reason for row in VARIANTS if (row.typed in one) != (row.typed in two)]
    found += [COLON.reason] if (COLON.typed in one[1:]) != (COLON.typed in two[1:]) else []
    found += [STRESS.reason] if (one[0] in STRESS.typed) != (two[0] in STRESS.typed) else []
    for row in (EJECTIVE, PALATAL):
        typed = [not set(row.typed).isdisjoint(symbol[1:]) for symbol in (one, two)]
        found += [row.reason] if typed[0] != typed[1] else []
    tied = [TIE in symbol or "\u035c" in symbol for symbol in (one, two)]
    return found or ([UNTIED.reason] if tied[0] != tied[1] else [])


def _alphabets(one: str, two: str) -> list[str]:
    return [
        f"Cyrillic {letter} (U+{ord(letter):04X}) and Latin {latin} (U+{ord(latin):04X})"
        for letter, latin in CYRILLIC.items()
        if (letter in one) != (letter in two)
    ]
