"""Phonemes and their ids: the vocabulary file and the tokenizer that goes with it.

A vocabulary is a JSON object, phoneme → id. Two entries are special and always explicit: the blank,
which is the padding too (``[PAD]``, ``<pad>``, ``<blank>`` or ``<blk>``), and the unknown symbol (``[UNK]``
or ``<unk>``, optional). ``|`` is the word boundary where a vocabulary has it. A phoneme of several characters
(``tʲ``, ``t͡ɕ``, ``ˈa``) is one token always.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from phoneme_recognition.errors import VocabularyError

BLANK = "[PAD]"
UNKNOWN = "[UNK]"
WORD_BOUNDARY = "|"
BLANK_NAMES = (BLANK, "<pad>", "<blank>", "<blk>")
UNKNOWN_NAMES = (UNKNOWN, "<unk>")


class Vocabulary:
    """A fixed, ordered set of phonemes.

    Args:
        ids: phoneme → id. The ids are 0 … n-1 without gaps, one of the names is a blank.

    Raises:
        VocabularyError: the mapping is not such a vocabulary.

    Example:
        >>> vocabulary = Vocabulary.from_phonemes(["ˈa", "tʲ", "t"])
        >>> vocabulary.encode(["t", "ˈa", "tʲ"])
        [2, 4, 3]
        >>> vocabulary.decode([2, 4, 0, 3])
        ['t', 'ˈa', 'tʲ']
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        _check(ids)
        self._ids = {normalise(symbol): number for symbol, number in ids.items()}
        self._symbols = sorted(self._ids, key=self._ids.__getitem__)
        self.blank_id = next(self._ids[name] for name in BLANK_NAMES if name in self._ids)
        self.unknown_id = next((self._ids[name] for name in UNKNOWN_NAMES if name in self._ids), None)
        self.word_boundary_id = self._ids.get(WORD_BOUNDARY)
        self._matched = frozenset(self.phonemes)
        self._longest = max(map(len, self._matched), default=0)

    @classmethod
    def from_file(cls, path: str | Path) -> Vocabulary:
        """Read a vocabulary file.

        Raises:
            VocabularyError: it is missing, not JSON, has a symbol twice, or is no vocabulary.
        """
        path = Path(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
        except FileNotFoundError:
            raise VocabularyError(
                f"vocabulary file {path} does not exist",
                remedy="Set model.vocab_file, or make one with: ./run.sh vocab CONFIG",
            ) from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise VocabularyError(f"vocabulary file {path} cannot be read", got=str(error)) from None
        if not isinstance(data, dict):
            raise VocabularyError(f"vocabulary file {path}", expected="a JSON object phoneme → id")
        return cls(data)

    @classmethod
    def from_phonemes(cls, phonemes: Iterable[str]) -> Vocabulary:
        """Number these phonemes in sorted order, after the blank (0) and the unknown symbol (1)."""
        symbols = sorted({normalise(symbol) for symbol in phonemes} - {BLANK, UNKNOWN})
        return cls({symbol: number for number, symbol in enumerate([BLANK, UNKNOWN, *symbols])})

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, symbol: object) -> bool:
        return isinstance(symbol, str) and normalise(symbol) in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._ids == other._ids

    def __hash__(self) -> int:
        return hash(tuple(self._symbols))

    @property
    def phonemes(self) -> list[str]:
        """The symbols in order of their ids, without blank, unknown and word boundary."""
        special = {self.blank_id, self.unknown_id, self.word_boundary_id}
        return [symbol for symbol in self._symbols if self._ids[symbol] not in special]

    def to_dict(self) -> dict[str, int]:
        """Phoneme → id, in order of the ids."""
        return {symbol: self._ids[symbol] for symbol in self._symbols}

    def encode(self, symbols: Sequence[str]) -> list[int]:
        """Ids of a label. Word boundaries are left out where the vocabulary has none.

        Raises:
            VocabularyError: a symbol is not in the vocabulary, or is its blank; all of them are named.
        """
        wanted = [normalise(symbol) for symbol in symbols]
        if self.word_boundary_id is None:
            wanted = [symbol for symbol in wanted if symbol != WORD_BOUNDARY]
        # The blank would be learnt as if it were a sound.
        known = self._ids.keys() - {self._symbols[self.blank_id]}
        missing = sorted({symbol for symbol in wanted if symbol not in known})
        if missing:
            raise VocabularyError(f"unknown phoneme: {' '.join(missing)}")
        return [self._ids[symbol] for symbol in wanted]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Symbols of these ids; blanks are left out."""
        return [self._symbols[number] for number in ids if number != self.blank_id]

    def split(self, text: str) -> list[str]:
        """Cut a string without separators into symbols, longest match first.

        White space and ``|`` bound words: a run of them becomes one word boundary, never one at either end.

        Raises:
            VocabularyError: at some place no symbol fits; the character is named.
        """
        words = [self._split_word(word) for word in normalise(text).replace(WORD_BOUNDARY, " ").split()]
        symbols: list[str] = []
        for word in filter(None, words):
            symbols += [WORD_BOUNDARY, *word] if symbols else word
        return symbols

    def _split_word(self, word: str) -> list[str]:
        symbols, at = [], 0
        while at < len(word):
            ends = range(min(len(word), at + self._longest), at, -1)
            found = next((word[at:end] for end in ends if word[at:end] in self._matched), None)
            if found is None:
                raise VocabularyError(f"unknown phoneme: {word[at]} in {word}")
            symbols.append(found)
            at += len(found)
        return symbols


def plain_text(text: str) -> str:
    """Text as letters alone: lower case, blanks in place of punctuation and signs."""
    kept = (" " if unicodedata.category(character)[0] in "PS" else character for character in text.lower())
    return " ".join("".join(kept).split())


def normalise(symbol: str) -> str:
    """One spelling for what looks the same: Unicode NFD, so that ``ç`` and ``c`` + cedilla are one symbol."""
    return unicodedata.normalize("NFD", symbol)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for symbol, number in pairs:
        if symbol in seen:
            raise VocabularyError(f"vocabulary: symbol {symbol!r} stands twice")
        seen[symbol] = number
    return seen


def _check(ids: Mapping[str, int]) -> None:
    for symbol, number in ids.items():
        if isinstance(number, bool) or not isinstance(number, int):
            raise VocabularyError(f"vocabulary: id of {symbol!r}", expected="an integer", got=repr(number))
        if not symbol.strip() or (symbol.split() != [symbol]):
            raise VocabularyError(f"vocabulary: symbol {symbol!r}", expected="a symbol without white space")
    if sorted(ids.values()) != list(range(len(ids))):
        raise VocabularyError(
            "vocabulary: the ids", expected=f"0 to {len(ids) - 1}, each once", got=str(sorted(ids.values()))
        )
    if len({normalise(symbol) for symbol in ids}) != len(ids):
        raise VocabularyError("vocabulary: two symbols are the same after Unicode normalisation (NFD)")
    blanks = [name for name in BLANK_NAMES if name in ids]
    if len(blanks) != 1:
        raise VocabularyError(
            "vocabulary: the blank",
            expected=f"exactly one of {', '.join(BLANK_NAMES)}",
            got=", ".join(blanks) or "none",
        )
