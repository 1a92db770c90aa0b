"""Stress in writing: ``зам+ок`` and ``замо́к`` ↔ the letters and the places of the stressed vowels."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.russian.token import LETTERS, VOWELS

PLUS = "+"
ACUTE = "\N{COMBINING ACUTE ACCENT}"
_BEFORE_ACUTE = re.compile(rf"(.){ACUTE}")


class Marked(NamedTuple):
    """A word with its stress.

    Attributes:
        word: its letters, in lower case.
        stresses: indices in ``word`` of the stressed vowels, the main one last; none where nothing is marked.
    """

    word: str
    stresses: tuple[int, ...] = ()


def vowels_of(word: str) -> list[int]:
    """Indices of the vowels."""
    return [index for index, letter in enumerate(word) if letter in VOWELS]


def without_yo(word: str) -> str:
    """The word as most texts spell it, with е for ё."""
    return word.replace("ё", "е")


def parse_marked(text: str) -> Marked:
    """Read a word with stress marks: ``+`` before the vowel or an acute after it; ё is stressed by itself.

    Raises:
        ValueError: it holds something else than Russian letters and marks, or a mark without its vowel.

    Example:
        >>> parse_marked("зам+ок") == parse_marked("замо́к") == Marked("замок", (3,))
        True
        >>> parse_marked("ёлка")
        Marked(word='ёлка', stresses=(0,))
    """
    plain = unicodedata.normalize("NFC", text).lower()
    plain = _BEFORE_ACUTE.sub(rf"{PLUS}\1", plain)
    word, stresses = "", []
    for letter, following in zip(plain, plain[1:] + " ", strict=True):
        if letter == PLUS and following in VOWELS:
            stresses.append(len(word))
        elif letter in LETTERS:
            word += letter
        else:
            what = (
                "a mark without its vowel" if letter in (PLUS, ACUTE) else f"{letter!r}, no Russian letter,"
            )
            raise ValueError(f"{what} in {text!r}")
    return Marked(word, tuple(stresses) or tuple(i for i, letter in enumerate(word) if letter == "ё"))


def write_marked(marked: Marked) -> str:
    """The word with ``+`` before its stressed vowels.

    Example:
        >>> write_marked(Marked("замок", (3,)))
        'зам+ок'
    """
    return "".join(PLUS * (index in marked.stresses) + letter for index, letter in enumerate(marked.word))
