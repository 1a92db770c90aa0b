"""What every backend that turns text into phonemes takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY


class Word(NamedTuple):
    """One word as it is said.

    Attributes:
        text: the word as it was read: numbers written out, ё restored, ``+`` before the stressed vowel where
            the backend knows of stress.
        phonemes: its phonemes, one string each.
        source: where the pronunciation comes from, in a word or two for people, e.g. ``user mark``,
            ``dictionary``, ``lexicon``, ``espeak``.
        variants: further pronunciations, the likeliest first.
        rules: names of the rules that say it otherwise than it is spelt, where the backend has such.
    """

    text: str
    phonemes: tuple[str, ...]
    source: str
    variants: tuple[tuple[str, ...], ...] = ()
    rules: tuple[str, ...] = ()


class Pronunciation(NamedTuple):
    """One text as it is said.

    Attributes:
        words: its words in order; none where the text is empty.
        unsaid: the parts of the text that the backend cannot say, as they stand in it and in order: digits
            that are left over, foreign letters, symbols. Whoever makes labels has to leave such a text out.
    """

    words: tuple[Word, ...]
    unsaid: tuple[str, ...] = ()

    def phonemes(self) -> list[str]:
        """All the phonemes, ``|`` between words."""
        symbols: list[str] = []
        for word in self.words:
            symbols += [WORD_BOUNDARY, *word.phonemes] if symbols else word.phonemes
        return symbols


class G2P(Protocol):
    """A backend: any class with these two methods, named in the config by its class path."""

    def fingerprint(self) -> str:
        """All that decides what is said (kind, version, options, contents of files), for the cache's key.

        It is asked before each run and has to be quick: nothing heavy is loaded for it.
        """

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Say each text.

        Args:
            texts: sentences or words; any Unicode, possibly empty.

        Returns:
            One pronunciation for each, in order. No text makes it raise.
        """
