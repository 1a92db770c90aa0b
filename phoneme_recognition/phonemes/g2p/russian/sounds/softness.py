"""Assimilative softness: a dental before a soft dental, н before ч and щ. An option: the norm is losing it.

Bolshoi orfoepicheskii slovar 2012: within a word, с з т д н before soft с з т д н are soft for most speakers,
and н always is before ч and щ; before labials and р, л it is a habit of the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence

_DENTALS = frozenset("szntd")
_SOFTENING = frozenset({"sʲ", "zʲ", "tʲ", "dʲ", "nʲ"})
_BEFORE_N = frozenset({"t͡ɕ", "ɕː"})


def soften(sounds: Sequence[str]) -> list[str]:
    """Soften the dentals of a phonological word.

    Args:
        sounds: consonants, vowels, and signs between words, over which nothing is softened.

    Example:
        >>> soften(["k", "ˈo", "s", "tʲ"])
        ['k', 'ˈo', 'sʲ', 'tʲ']
    """
    result = list(sounds)
    for at in range(len(result) - 2, -1, -1):
        sound, after = result[at], result[at + 1]
        if sound in _DENTALS and (after in _SOFTENING or (sound == "n" and after in _BEFORE_N)):
            result[at] = f"{sound}ʲ"
    return result
