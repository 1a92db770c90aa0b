"""Russian: the backend that puts reading, stress and sounds together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.phonemes.g2p.russian.reading import (
    REMEDY,
    Reading,
    missing_extra,
    read,
    reading_fingerprint,
)
from phoneme_recognition.phonemes.g2p.russian.sounds.phrase import mark_capitals, pronounce_phrase
from phoneme_recognition.phonemes.g2p.russian.sounds.respelling import respell
from phoneme_recognition.phonemes.g2p.russian.stress import StressPlacer
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, write_marked
from phoneme_recognition.phonemes.g2p.russian.token import Stressed, Token

logger = logging.getLogger(__name__)

_MEMORY = 32_768  # words
_VERSION = 1  # to be raised with every change of the rules that changes what is said


class RussianG2P:
    """Russian text → the phonemes of the standard pronunciation.

    Numbers, dates and abbreviations are written out, ё is restored, every word is stressed, and the rules of
    the literary norm do the rest; see ``sounds``. Text may carry stress marks: ``зам+ок`` or ``замо́к``.

    Args:
        stress_model: ``silero`` (extra ``russian``), ``none`` for the dictionary alone, or ``auto``: silero
            where it is installed.
        exceptions: a file with words whose stress you know better, one a line, e.g. ``зв+онит``.
        assimilative_softness: dentals are soft before soft dentals (``sʲ tʲ`` in кость).

    Raises:
        UserError: the model is asked for and not installed, or the file cannot be read.
    """

    def __init__(
        self,
        stress_model: Literal["auto", "silero", "none"] = "auto",
        exceptions: str | Path | None = None,
        assimilative_softness: bool = False,
    ) -> None:
        self._placer = StressPlacer(model=stress_model, exceptions=exceptions)
        self._softness = assimilative_softness
        self._warned = False

    def fingerprint(self) -> str:
        """The versions of the rules and of all that decides about the stress."""
        parts = f"{reading_fingerprint()}, {self._placer.fingerprint()}"
        return f"russian {_VERSION}, softness {self._softness}, {parts}"

    def pronounce(self, texts: Sequence[str]) -> list[Pronunciation]:
        """Say each text; what is not Russian stands in ``unsaid``."""
        readings = read(texts)
        self._warn_of_digits(readings)
        stressed = self._placer.place([reading.tokens for reading in readings])
        return [
            Pronunciation(self._words(reading.tokens, words), reading.unsaid)
            for reading, words in zip(readings, stressed, strict=True)
        ]

    def _warn_of_digits(self, readings: Sequence[Reading]) -> None:
        """Say once where numbers are left unsaid for want of a library."""
        left = (part for reading in readings for part in reading.unsaid if any(map(str.isdigit, part)))
        if not self._warned and missing_extra() and next(left, None):
            logger.warning("numbers and dates are not said without ru-normalizr: %s", REMEDY)
            self._warned = True

    def _words(self, tokens: Sequence[Token], stressed: Sequence[Stressed]) -> tuple[Word, ...]:
        """The words of a text, phrase by phrase; parts that a hyphen joins are one word."""
        words: list[Word] = []
        for start, end in _phrases(tokens):
            hyphens = [token.hyphen for token in tokens[start:end]]
            phrase = stressed[start:end]
            spoken = pronounce_phrase(phrase, hyphens, softness=self._softness)
            for word, hyphen, phonemes in zip(phrase, hyphens, spoken, strict=True):
                text, rules = _in_words(word)
                part = Word(text, phonemes, word.source, (), rules)
                if hyphen and words:
                    part = _joined(words.pop(), part)
                words.append(part)
        return tuple(words)


@lru_cache(_MEMORY)
def _in_words(word: Stressed) -> tuple[str, tuple[str, ...]]:
    """A word with ``+`` before each stressed vowel, and the names of the rules that change it."""
    return write_marked(Marked(word.word, word.stresses)), respell(mark_capitals(word)).rules


def _joined(word: Word, part: Word) -> Word:
    sources = dict.fromkeys([*word.source.split(", "), part.source])
    text, phonemes = f"{word.text}-{part.text}", word.phonemes + part.phonemes
    return Word(text, phonemes, ", ".join(sources), rules=word.rules + part.rules)


def _phrases(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """First and last+1 token of each stretch without a pause."""
    starts = [at for at, token in enumerate(tokens) if at == 0 or token.pause]
    return list(pairwise([*starts, len(tokens)]))
