"""Files of words and phrases whose stress a person has written down.

A line is a word or a phrase with its stress, ``зам+ок``, ``замо́к`` or ``мёд``, or two columns parted by a
tab: the spelling in the text, and how it is said (``все<TAB>всё``). ``#`` begins a comment. Words of a
phrase without a mark are left to the other sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from phoneme_recognition.errors import DataError
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, parse_marked, without_yo
from phoneme_recognition.phonemes.g2p.russian.token import Token

_SHOWN = 5
_JOINTS = re.compile(r"[\s\-]+")


class Phrase(NamedTuple):
    """One or more words in a row.

    Attributes:
        spelling: as the text has them.
        said: the same words with their stresses and ё.
    """

    spelling: tuple[str, ...]
    said: tuple[Marked, ...]


class Exceptions:
    """Phrases by their first word.

    Args:
        phrases: a later one replaces an earlier one of the same spelling.
    """

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        latest = {phrase.spelling: phrase for phrase in phrases}
        self._by_first: dict[str, list[Phrase]] = {}
        for phrase in sorted(latest.values(), key=lambda phrase: -len(phrase.spelling)):
            self._by_first.setdefault(phrase.spelling[0], []).append(phrase)

    @classmethod
    def read(cls, path: str | Path) -> Exceptions:
        """Read a file.

        Raises:
            DataError: it cannot be read, or has lines that are no words with stress.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"the file of stresses {path} cannot be read",
                expected="a text file in UTF-8",
                got=str(error),
                remedy="Mend it, or take g2p_args.exceptions out of the config",
            ) from None
        phrases, bad = [], []
        for number, line in enumerate(lines, 1):
            content = line.split("#")[0].strip()
            try:
                phrases += _parse_line(content) if content else []
            except ValueError as error:
                bad.append(f"{path}:{number}: {error}")
        if bad:
            raise DataError(
                f"{len(bad)} line{'s'[: len(bad) > 1]} of the file of stresses",
                expected="зам+ок, замо́к, or the spelling, a tab and сл+ово",
                got="; ".join(bad[:_SHOWN]) + ("; ..." if len(bad) > _SHOWN else ""),
                remedy="Mend them, or put # before them",
            )
        return cls(phrases)

    def word(self, spelling: str) -> Marked | None:
        """The stress of a word by itself."""
        phrases = self._by_first.get(spelling)
        return phrases[-1].said[0] if phrases and len(phrases[-1].spelling) == 1 else None

    def find(self, sentence: Sequence[Token]) -> Mapping[int, Marked]:
        """The words of a sentence whose stress is given, by their index; the longest phrase is taken.

        Nothing is said of a phrase in which the user has marked a word himself.
        """
        found: dict[int, Marked] = {}
        if not self._by_first or self._by_first.keys().isdisjoint(token.word for token in sentence):
            return found
        index = 0
        while index < len(sentence):
            phrase = self._at(sentence, index)
            if phrase is not None:
                found |= {index + place: said for place, said in enumerate(phrase.said) if said.stresses}
            index += len(phrase.spelling) if phrase else 1
        return found

    def _at(self, sentence: Sequence[Token], index: int) -> Phrase | None:
        for phrase in self._by_first.get(sentence[index].word, ()):
            tokens = sentence[index : index + len(phrase.spelling)]
            together = not any(token.pause for token in tokens[1:]) and not any(
                token.marks for token in tokens
            )
            if together and phrase.spelling == tuple(token.word for token in tokens):
                return phrase
        return None


def _parse_line(content: str) -> list[Phrase]:
    """The phrase of a line, and again with е for ё where the line does not say how it is spelt."""
    left, tab, right = content.partition("\t")
    said = tuple(parse_marked(word) for word in _JOINTS.split((right if tab else left).strip()))
    if not any(word.stresses for word in said):
        raise ValueError(f"no stress in {content!r}")
    words = tuple(word for word, _ in said)
    if not tab:
        folded = tuple(map(without_yo, words))
        return [Phrase(spelling, said) for spelling in dict.fromkeys((folded, words))]
    spelling = tuple(word for word, _ in map(parse_marked, _JOINTS.split(left.strip())))
    if tuple(map(without_yo, spelling)) != tuple(map(without_yo, words)):
        raise ValueError(f"{left.strip()!r} and {right.strip()!r} are different words")
    return [Phrase(spelling, said)]
