"""Cutting text of any language into words, and into what is no word: numbers, signs, pictures.

Every character is first replaced by a letter that says what kind it is, in a string of the same length;
the patterns below are written in those letters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

APOSTROPHES = "'’‘ʼ`´＇"
HYPHENS = "-‐‑"
# Punctuation marks that a reader says; everything in Unicode's symbol categories is one, too.
_READ_ALOUD = "%‰‱&@#§¶"
_ZERO_WIDTH_SPACE = "\u200b"
_KEPT_INVISIBLE = "\u200c\u200d"  # part of the spelling in Persian and in India

# a letter, m mark, n number, s symbol, f invisible, ' and - inside words, . inside numbers.
_INSIDE = r"['-](?=[an])"
_NUMBER = rf"(?:s[smf]*)?(?=n|a(?:[amf]|{_INSIDE})*n)(?:[amnfs]|{_INSIDE}|\.(?=n))*"
_WORD = r"'?a[amf]*(?:['-]a[amf]*)*'?"
_PIECE = re.compile(rf"(?P<other>{_NUMBER}|s[smf]*|m[mf]*)|{_WORD}")


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: as it stands, in Unicode NFC. A word may have apostrophes at its ends, which may be
            quotation marks.
        is_word: it consists of letters; if not, it has digits or signs, which have to be read out.
    """

    text: str
    is_word: bool


class _Kinds(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = _kind(chr(code))
        return self[code]


class _Invisible(dict[int, str | None]):
    def __missing__(self, code: int) -> str | None:
        hidden = unicodedata.category(chr(code)) == "Cf" and chr(code) not in _KEPT_INVISIBLE
        self[code] = None if hidden else chr(code)
        return self[code]


def _kind(character: str) -> str:
    for characters, kind in ((APOSTROPHES, "'"), (HYPHENS, "-"), (".,:/", "."), (_READ_ALOUD, "s")):
        if character in characters:
            return kind
    category = unicodedata.category(character)
    if character == _ZERO_WIDTH_SPACE or category == "Cc":
        return " "
    if category == "Cf":
        return "f"
    return {"L": "a", "M": "m", "N": "n", "S": "s", "C": "s"}.get(category[0], " ")


_KINDS = _Kinds()
_VISIBLE = _Invisible()


def pieces(text: str) -> list[Piece]:
    """The words of a text and what stands between them, without blanks and punctuation.

    A word is made of letters and their marks, with apostrophes and hyphens inside (``don't``, ``zee-egel``).
    What contains a digit is one piece with its signs and letters (``$5.20``, ``21st``), as it is read as one.

    Example:
        >>> [piece.text for piece in pieces("L'été, 20 % (peut-être)!")]
        ["L'été", '20', '%', 'peut-être']
    """
    text = unicodedata.normalize("NFC", text)
    found = _PIECE.finditer(text.translate(_KINDS))
    return [
        Piece(text[match.start() : match.end()].translate(_VISIBLE), match["other"] is None)
        for match in found
    ]
