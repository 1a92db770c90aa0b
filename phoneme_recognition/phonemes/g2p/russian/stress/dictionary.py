"""The stress dictionary that comes with the program, and the endings that were learnt from it.

``data/words.txt.xz`` and ``data/endings.txt.xz`` have one line for each number of the stressed vowel,
counted from 0 (of a word from its beginning, of an ending from the end), with all the words that have it: a
form that is read in a tenth of a second. ё is written where the word has one. ``data/usual.txt``,
``data/names.txt`` and ``data/yo.txt`` are made by hand.
"""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from phoneme_recognition.phonemes.g2p.russian.stress.exceptions import Exceptions
from phoneme_recognition.phonemes.g2p.russian.stress.guess import guess_stress
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import (
    Marked,
    parse_marked,
    vowels_of,
    without_yo,
)

DATA = Path(__file__).parent / "data"


class StressDictionary:
    """About 180,000 word forms with their stress, and a guess for all others.

    The files are read when the first word is asked for.
    """

    def restore_yo(self, word: str) -> str:
        """The word with ё, where it is one of the common words that can be read with ё alone.

        Example:
            >>> StressDictionary().restore_yo("самолета")
            'самолёта'
        """
        return _common_yo().get(word, word)

    def usual(self, word: str) -> Marked | None:
        """The reading of ``data/usual.txt``."""
        return _usual().word(word)

    def first_part(self, word: str) -> Marked | None:
        """The stress of the first part of a word with a hyphen; alone the part is another word."""
        return _first_parts().word(word)

    def find(self, word: str) -> Marked | None:
        """The form with its stress, and with ё where only that is right; None where it is not known.

        Args:
            word: in lower case, written with е for ё.
        """
        spelling = _spellings_with_yo().get(word, word)
        vowel = _words().get(spelling)
        return _names().get(word) if vowel is None else Marked(spelling, (vowels_of(spelling)[vowel],))

    def guess(self, word: str) -> int:
        """The index of the stressed vowel, by the word's ending."""
        return guess_stress(word, _endings())


def read_numbered(path: Path) -> dict[str, int]:
    """Read a compressed file: the words of number 0 in its first line, of number 1 in the second, ..."""
    lines = lzma.decompress(path.read_bytes()).decode().split("\n")
    table: dict[str, int] = {}
    for number, line in enumerate(lines):
        table |= dict.fromkeys(line.split(" "), number) if line else {}
    return table


def write_numbered(path: Path, table: Mapping[str, int]) -> None:
    """The inverse of ``read_numbered``."""
    lines: list[list[str]] = [[] for _ in range(1 + max(table.values()))]
    for word in sorted(table):
        lines[table[word]].append(word)
    text = "\n".join(" ".join(line) for line in lines)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


@lru_cache(maxsize=1)
def data_hash() -> str:
    """A hash of all the data that this package brings along."""
    digest = hashlib.sha256()
    for path in sorted([*DATA.glob("*.txt"), *DATA.glob("*.xz")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _words() -> dict[str, int]:
    return read_numbered(DATA / "words.txt.xz")


@lru_cache(maxsize=1)
def _endings() -> dict[str, int]:
    return read_numbered(DATA / "endings.txt.xz")


@lru_cache(maxsize=1)
def _spellings_with_yo() -> dict[str, str]:
    return {without_yo(word): word for word in _words() if "ё" in word}


@lru_cache(maxsize=1)
def _common_yo() -> dict[str, str]:
    forms: list[str] = []
    endings: list[str] = []
    for line in (DATA / "yo.txt").read_text(encoding="utf-8").splitlines():
        parts = ["" if part == "." else part for part in line.split("#")[0].split()]
        if parts[:1] == ["="]:
            endings = parts[1:]
        else:
            forms += [stem + ending for stem in parts for ending in endings]
    return {without_yo(form): form for form in forms}


@lru_cache(maxsize=1)
def _names() -> dict[str, Marked]:
    lines = (DATA / "names.txt").read_text(encoding="utf-8").splitlines()
    forms = (form for line in lines if not line.startswith("#") for form in line.split())
    return {marked.word: marked for marked in map(parse_marked, forms)}


@lru_cache(maxsize=1)
def _first_parts() -> Exceptions:
    return Exceptions.read(DATA / "first_parts.txt")


@lru_cache(maxsize=1)
def _usual() -> Exceptions:
    return Exceptions.read(DATA / "usual.txt")
