"""What espeak-ng says of Russian, in the fifty symbols of our inventory: with every benefit of doubt.

espeak writes one quality for both degrees of reduction and another mark for some soft consonants. Its symbols
are read as what they stand for, and its unstressed vowels get the degree that our own rules would give them,
so that a convention of writing is never counted as its error.
"""

from __future__ import annotations

from collections.abc import Sequence

SYMBOLS = {
    "ɭ": "l",
    "ɭʲ": "lʲ",
    "ʃ": "ʂ",
    "ʒ": "ʐ",
    "t͡ʃʲ": "t͡ɕ",
    "d͡ʒʲ": "t͡ɕ",  # before a voiced consonant; the inventory has no voiced partner
    "ɕ": "ɕː",
    "ʑ": "zʲ",
    "ŋ": "n",
    "ɑ": "a",
    "ɵ": "o",
    "ɛ": "e",
    "y": "ɨ",
    "ʌ": "ə",
    "ɪ": "i",
}
"""espeak → ours; what is not here is written alike. Vowels stand here without stress."""

_FIRST = {"ə": "ɐ", "a": "ɐ", "o": "ɐ", "i": "i", "ɨ": "ɨ", "u": "u", "e": "e"}
_SECOND = {"ə": "ə", "a": "ə", "o": "ə", "i": "ɪ", "ɨ": "ə", "u": "ʊ", "e": "e"}
_FINAL = {"i": "i", "ɨ": "ɨ", "u": "u"}


def in_our_symbols(words: Sequence[Sequence[str]]) -> list[list[str]]:
    """The words of an utterance as our backend would write them."""
    return [_degrees(_symbols(word)) for word in words]


def _symbols(word: Sequence[str]) -> list[str]:
    phones: list[str] = []
    for phone in word:
        bare = phone.removeprefix("ˈ")
        ours = SYMBOLS.get(bare, bare)
        stressed = "ˈ" if phone != bare else ""
        if ours == "j" and phones[-1:] == ["j"]:  # it doubles j after a consonant: ʌbjjavɭʲenʲije
            continue
        # An unstressed vowel keeps its class alone until its degree is known.
        phones.append(stressed + ("a" if stressed and ours == "ə" else ours))
    return phones


def _degrees(phones: Sequence[str]) -> list[str]:
    vowels = [at for at, phone in enumerate(phones) if phone.removeprefix("ˈ") in _FIRST]
    result = list(phones)
    for place, at in enumerate(vowels):
        if phones[at].startswith("ˈ"):
            continue
        following = phones[vowels[place + 1]] if place + 1 < len(vowels) else ""
        degrees = _FIRST if at == 0 or following.startswith("ˈ") else _SECOND
        last = at + 1 == len(phones)
        result[at] = _FINAL.get(phones[at], degrees[phones[at]]) if last else degrees[phones[at]]
    return result
