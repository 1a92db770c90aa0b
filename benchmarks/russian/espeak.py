"""What espeak-ng says of Russian, in the fifty symbols of our inventory: with every benefit of doubt.

A convention of writing is never counted as espeak's error:

- its symbols are read as what they stand for, and the j that it doubles is one;
- it writes one quality for both degrees of reduction: unstressed vowels get the degree that our own rules
  would give them, also those after soft consonants;
- a double consonant inside a word is one, and so is t͡s with a t before it (-тся);
- it softens dentals before soft dentals (кость), which is in the norm, but not in the labels: undone.
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


_DENTALS = frozenset({"sʲ", "zʲ", "tʲ", "dʲ", "nʲ"})


def in_our_symbols(words: Sequence[Sequence[str]]) -> list[list[str]]:
    """The words of an utterance as our backend would write them."""
    return [_degrees(_consonants(_symbols(word))) for word in words]


def _symbols(word: Sequence[str]) -> list[str]:
    phones = []
    for phone in word:
        bare = phone.removeprefix("ˈ")
        phones.append(phone[: len(phone) - len(bare)] + SYMBOLS.get(bare, bare))
    return phones


def _consonants(phones: Sequence[str]) -> list[str]:
    """One for two, and no softness by assimilation."""
    result: list[str] = []
    for at, phone in enumerate(phones):
        following = phones[at + 1] if at + 1 < len(phones) else ""
        double = phone.rstrip("ʲ") == following.rstrip("ʲ") or (phone == "t" and following == "t͡s")
        if double and at:
            continue
        result.append(phone[:-1] if phone in _DENTALS and following in _DENTALS else phone)
    return result


def _degrees(phones: Sequence[str]) -> list[str]:
    vowels = [at for at, phone in enumerate(phones) if phone.removeprefix("ˈ") in _FIRST]
    result = list(phones)
    for place, at in enumerate(vowels):
        if phones[at].startswith("ˈ"):
            continue
        following = phones[vowels[place + 1]] if place + 1 < len(vowels) else ""
        first = at == 0 or following.startswith("ˈ")
        degrees = _FIRST if first else _SECOND
        last = at + 1 == len(phones)
        soft = at > 0 and (phones[at - 1].endswith("ʲ") or phones[at - 1] in ("j", "t͡ɕ", "ɕː"))
        result[at] = degrees[phones[at]]
        if last:
            result[at] = _FINAL.get(phones[at], result[at])
        elif soft and not first and result[at] == "ə":
            result[at] = "ɪ"
    return result
