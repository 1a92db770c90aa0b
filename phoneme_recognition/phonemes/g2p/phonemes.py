"""Text that already is phonemes (or letters that serve as such): it is only cut into symbols."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, Vocabulary, normalise, plain_text

_SOURCE = "phonemes"
_FEWEST = 3  # two symbols may well be two words of one letter


class PhonemesG2P:
    """Cut a text into the symbols of the vocabulary, the longest first.

    The text is taken as it stands, or, where that cannot be cut, without capitals and punctuation.

    Args:
        vocabulary: the symbols.
        blanks: what a blank stands between: ``words`` (``t͡ɕaj dom``) or ``phonemes``, and then ``|`` stands
            between words (``t͡ɕ a j | d o m``). With ``auto`` a text is of the second kind if all that stands
            between blanks are symbols, and there is a ``|`` among them or they are three at least.
    """

    def __init__(self, vocabulary: Vocabulary, blanks: Literal["auto", "words", "phonemes"] = "auto") -> None:
        self._vocabulary = vocabulary
        self._blanks = blanks
        self._symbols = frozenset(vocabulary.phonemes)
        self._longest = max(map(len, self._symbols), default=0)

    def fingerprint(self) -> str:
        """The symbols and what blanks mean."""
        symbols = "\n".join(sorted(self._symbols))
        return f"phonemes 1 {self._blanks} {hashlib.sha256(symbols.encode()).hexdigest()}"

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Cut each text; what no symbol fits is unsaid."""
        return [self._pronounce(text) for text in texts]

    def _pronounce(self, text: str) -> Pronunciation:
        text = normalise(text)
        parts = text.split()
        if self._blanks == "phonemes" or (self._blanks == "auto" and self._are_symbols(parts)):
            return self._separated(parts)
        cut = self._cut(text)
        if not cut.unsaid:
            return cut
        # A vocabulary may have capitals and signs of its own: the reading that leaves less unsaid is meant.
        plain = self._cut(plain_text(text))
        return min(cut, plain, key=lambda pronunciation: len("".join(pronunciation.unsaid)))

    def _are_symbols(self, parts: Sequence[str]) -> bool:
        if not all(part in self._symbols or part == WORD_BOUNDARY for part in parts):
            return False
        return WORD_BOUNDARY in parts or len(parts) >= _FEWEST

    def _separated(self, parts: Sequence[str]) -> Pronunciation:
        words: list[list[str]] = [[]]
        for part in parts:
            if part == WORD_BOUNDARY:
                words.append([])
            elif part in self._symbols:
                words[-1].append(part)
        unsaid = tuple(part for part in parts if part not in self._symbols and part != WORD_BOUNDARY)
        return Pronunciation(tuple(_word(word) for word in words if word), unsaid)

    def _cut(self, text: str) -> Pronunciation:
        try:
            return Pronunciation(_words(self._vocabulary.split(text)))
        except VocabularyError:
            return self._with_gaps(normalise(text))

    def _with_gaps(self, text: str) -> Pronunciation:
        """Cut what can be cut, and gather what cannot in the longest possible pieces."""
        words: list[Word] = []
        unsaid: list[str] = []
        for word in text.replace(WORD_BOUNDARY, " ").split():
            symbols, gap, at = [], "", 0
            while at < len(word):
                found = self._symbol_at(word, at)
                if found:
                    symbols.append(found)
                    unsaid += [gap] if gap else []
                gap = "" if found else gap + word[at]
                at += len(found) or 1
            unsaid += [gap] if gap else []
            words += [_word(symbols)] if symbols else []
        return Pronunciation(tuple(words), tuple(unsaid))

    def _symbol_at(self, word: str, at: int) -> str:
        ends = range(min(len(word), at + self._longest), at, -1)
        return next((word[at:end] for end in ends if word[at:end] in self._symbols), "")


def _words(symbols: Sequence[str]) -> tuple[Word, ...]:
    words: list[list[str]] = [[]]
    for symbol in symbols:
        if symbol == WORD_BOUNDARY:
            words.append([])
        else:
            words[-1].append(symbol)
    return tuple(_word(word) for word in words if word)


def _word(symbols: Sequence[str]) -> Word:
    return Word("".join(symbols), tuple(symbols), _SOURCE)
