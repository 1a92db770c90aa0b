"""Double letters: where one consonant is heard, and where two.

Two are heard where a prefix meets a root and at the beginning of a word; inside a morpheme a
double letter mostly stands for one consonant, and its length, where the norm allows one, tells no words apart
(Avanesov 1984, double consonants; Bolshoi orfoepicheskii slovar 2012). The inventory has no long consonants.
"""

from __future__ import annotations

import re

_DOUBLE = re.compile(r"([бвгджзклмнпрстфхцч])\1(?=(.?))", re.IGNORECASE)
_VOWELS = frozenset("аеёиоуыэюя")
# ж is long in itself: вожжи, жжёт.
_KEPT = frozenset("ж")
_PREFIX = re.compile(
    r"^(не|по|за|до|вы|при)?(в|с|от|об|под|над|пред|и[сз]|ра[сз]|бе[сз]|во[сз]|чере[сз])$", re.IGNORECASE
)


def shorten_geminates(word: str) -> str:
    """The word with one letter where one consonant is heard.

    Args:
        word: lower case, stressed vowels as capitals.

    Example:
        >>> shorten_geminates("касса"), shorten_geminates("оттУда"), shorten_geminates("рассказ")
        ('каса', 'оттУда', 'расказ')
    """

    def shorten(match: re.Match[str]) -> str:
        letter, after = match[1], match[2].lower()
        two = letter in _KEPT or match.start() == 0
        two = two or (after in _VOWELS and bool(_PREFIX.match(word[: match.start() + 1])))
        return letter * (2 if two else 1)

    return _DOUBLE.sub(shorten, word)
