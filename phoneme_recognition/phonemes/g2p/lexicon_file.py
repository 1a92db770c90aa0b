"""Reading a pronunciation dictionary, in the formats that are in use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.g2p.words import APOSTROPHES

_REMEDY = "Write one pronunciation a line: WORD, a tab, its phonemes with blanks between them"
_SHOWN = 10
_COMMENT = re.compile(r"\s#(\s.*)?$")
_NUMBERED = re.compile(r"\(\d+\)$")
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_LONG = 4  # letters of a word that hardly is a single phoneme

# word → its pronunciations as they stand in the file, parted by line breaks, the default first. A list for
# each word would take half as long again to make.
Entries = dict[str, str]


class _Lines(NamedTuple):
    """What the lines say: words, pronunciations and probabilities, and descriptions of bad lines."""

    words: list[str]
    said: list[str]
    chances: list[float]
    bad: list[str]


def key_of(word: str) -> str:
    """The spelling under which a word is looked up: NFC, without capitals, with one kind of apostrophe."""
    folded = unicodedata.normalize("NFC", word).casefold()
    return unicodedata.normalize("NFC", folded).translate(_ONE_APOSTROPHE)


def read_lexicon(path: Path, content: bytes) -> Entries:
    """The pronunciations of a dictionary.

    Understood are, also mixed: ``word TAB p h o n e m e s``; CMU's ``WORD  P H O N``, ``WORD(2)  P H O N``;
    MFA's ``word TAB probability ... TAB phones`` and ``word probability phones``. Lines that begin with
    ``;;;`` or ``#``, and what follows a ``#`` that stands alone, are comments. A word on several lines has
    several
    pronunciations: the likeliest first where there are probabilities, otherwise as they stand.

    Args:
        path: the file, for messages.
        content: what it contains.

    Raises:
        DataError: it is not UTF-8, has lines that cannot be read (the first ten are named), has no entries,
            or does not part the phonemes.
    """
    lines = _read_lines(_text(path, content))
    # One call for all the words is many times quicker than one for each.
    keys = key_of("\n".join(lines.words)).split("\n") if lines.words else []
    said: Iterable[tuple[str, str]] = zip(keys, lines.said, strict=True)
    if any(chance != 1.0 for chance in lines.chances):
        ranked = sorted(zip(lines.chances, said, strict=True), key=lambda row: row[0], reverse=True)
        said = (row for _, row in ranked)
    entries: Entries = {}
    for key, phonemes in said:
        known = entries.get(key)
        if known is None:
            entries[key] = phonemes
        elif phonemes not in known.split("\n"):
            entries[key] = f"{known}\n{phonemes}"
    _refuse(path, entries, lines.bad)
    return entries


def _read_lines(text: str) -> _Lines:
    lines = _Lines([], [], [], [])
    for number, line in enumerate(text.split("\n"), start=1):
        if "#" in line or line.startswith(";;;"):
            line = "" if line.startswith((";;;", "#")) else _COMMENT.sub("", line)
        columns = line.split("\t")
        word, chance, said = _entry(columns) if len(columns) != 2 else (columns[0], 1.0, columns[1])
        word, said = word.strip(), said.strip()
        if not word or not said:
            if line and not line.isspace():
                lines.bad.append(f"line {number}: {line.strip()[:60]!r}")
            continue
        if word[-1] == ")":
            word = _NUMBERED.sub("", word) or word
        lines.words.append(word)
        lines.said.append(said)
        lines.chances.append(chance)
    return lines


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"lexicon {path}: line {line} is not UTF-8", remedy="Convert the file, for example with iconv"
        ) from None


def _entry(columns: list[str]) -> tuple[str, float, str]:
    """Word, probability (1 where there is none), and phonemes; no phonemes where the line cannot be read."""
    if len(columns) > 2:
        chances = [_number(column) for column in columns[1:-1]]
        return columns[0], chances[0] or 0.0, "" if None in chances else columns[-1]
    word, _, said = columns[0].lstrip().partition(" ")
    first, _, others = said.lstrip().partition(" ")
    # A bare digit is a phoneme of X-SAMPA (2, 6, 9): only a number with a point is a probability.
    chance = _number(first) if others and "." in first else None
    return (word, 1.0, said) if chance is None else (word, chance, others)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _refuse(path: Path, entries: Entries, bad: list[str]) -> None:
    if bad:
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        count = f"{len(bad)} line{'' if len(bad) == 1 else 's'}"
        raise DataError(
            f"lexicon {path}: {count} without a pronunciation",
            got="; ".join(bad[:_SHOWN]) + more,
            remedy=_REMEDY,
        )
    if not entries:
        raise DataError(f"lexicon {path} has no entries", remedy=_REMEDY)
    long = [said for word, said in entries.items() if len(word) >= _LONG]
    if long and sum(" " not in phonemes for phonemes in long) > len(long) / 2:
        raise DataError(
            f"lexicon {path}: the phonemes are not separated",
            expected="blanks between the phonemes of a word",
            got=repr(next(phonemes for phonemes in long if " " not in phonemes)),
            remedy=_REMEDY,
        )
