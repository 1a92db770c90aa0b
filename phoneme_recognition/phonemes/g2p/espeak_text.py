"""What of a text is given to espeak, which would say the names of pictures and of foreign letters, too."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from itertools import groupby

# Signs that people read out as espeak does, where it does.
SIGNS = "%‰&§№°$€£¥¢+−=×÷±@#"
# Punctuation by which espeak parts clauses, knows abbreviations and contractions, and reads numbers.
_MEANT = frozenset(".,;:!?…'’‘ʼ\"„“”«»()-‐‑–—¿¡،؛؟。，、！？；：।॥" + SIGNS)
_SLASHES = "/\\"  # "and/or": nobody knows whether it was read out
_JOINERS = "\u200c\u200d"
_PICTURE_MARKS = "\ufe0e\ufe0f\u20e3"


class _Cleaning(dict[int, str | None]):
    def __missing__(self, code: int) -> str | None:
        self[code] = _cleaned(chr(code))
        return self[code]


def _cleaned(character: str) -> str | None:
    category = unicodedata.category(character)
    if category == "Cf" and character not in _JOINERS:
        return " " if character == "\u200b" else None
    if character in "`´":
        return "'"
    if category == "Cc" or (category[0] == "P" and character not in _MEANT and character not in _SLASHES):
        return " "
    return character


_CLEANING = _Cleaning()


def clean(text: str) -> str:
    """A text in NFC, without control and invisible characters and meaningless punctuation."""
    return unicodedata.normalize("NFC", text).translate(_CLEANING)


def without_signs(token: str, readable: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Part a token from the signs that nothing reads out.

    Args:
        token: a part of a clean text.
        readable: signs that may stay.

    Returns:
        The token with blanks in place of signs, and the signs.
    """
    rest, signs = "", list[str]()
    for is_sign, run in groupby(token, lambda character: character not in readable and _is_sign(character)):
        part = "".join(run)
        signs += [part] if is_sign else []
        rest += " " if is_sign else part
    return rest.strip(), tuple(signs)


def _is_sign(character: str) -> bool:
    if character in SIGNS or character in _SLASHES or character in _PICTURE_MARKS:
        return True
    category = unicodedata.category(character)
    return category[0] == "S" or category in ("Cs", "Co", "Cn")


def core(token: str) -> str:
    """A token without the punctuation around it."""
    start, end = 0, len(token)
    while start < end and (_is_edge(token[start]) or unicodedata.category(token[start])[0] == "M"):
        start += 1
    while start < end and _is_edge(token[end - 1]):
        end -= 1
    return token[start:end]


def _is_edge(character: str) -> bool:
    return character not in SIGNS and unicodedata.category(character)[0] in "PCZ"
