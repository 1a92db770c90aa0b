"""The symbols of labels and of a vocabulary, each with its counts and what is remarkable about it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from phoneme_recognition.data.census import Census, Split, Tally
from phoneme_recognition.phonemes.vocabulary import BLANK_NAMES, Vocabulary

RARE = 10
"""From fewer examples than these a sound is not learnt."""

Pair = tuple[str, str, str]
"""Two symbols that are easily taken for each other, and why."""

MISSING, NEVER, HELD_OUT = "missing", "never", "not in training"
"""Marks of a symbol: only the labels have it; only the vocabulary; only validation or test."""


class Line(NamedTuple):
    """One symbol as a person reads about it.

    Attributes:
        symbol: as it is spelt.
        counts: occurrences in training, validation and test.
        example: id of an utterance that has it; nothing where there is none.
        marks: what is remarkable about it.
    """

    symbol: str
    counts: tuple[int, int, int]
    example: str
    marks: tuple[str, ...]

    @property
    def total(self) -> int:
        """Occurrences in all splits."""
        return sum(self.counts)

    @property
    def is_held_out(self) -> bool:
        """Whether the vocabulary has it, and labels too, but none to learn from."""
        return MISSING not in self.marks and HELD_OUT in self.marks

    @property
    def is_rare(self) -> bool:
        """Whether the vocabulary has it, and training labels too, but too few of them to learn it well."""
        return MISSING not in self.marks and any(mark.startswith(("rare", "1 ")) for mark in self.marks)


def is_writable(symbol: str) -> bool:
    """Whether a vocabulary can hold a symbol as a phoneme."""
    return symbol.split() == [symbol] and symbol not in BLANK_NAMES


def lines_of(census: Census, vocabulary: Vocabulary, pairs: Sequence[Pair]) -> list[Line]:
    """Every symbol of the labels or the vocabulary, the commonest first.

    Args:
        census: of the labels.
        vocabulary: that is judged.
        pairs: symbols that are easily taken for each other.
    """
    known = set(vocabulary.phonemes)
    confusable = {symbol for one, other, _ in pairs for symbol in (one, other)}
    lines = []
    for symbol in census.tallies.keys() | known:
        tally = census.tallies.get(symbol)
        marks = [] if symbol in vocabulary and is_writable(symbol) else [MISSING]
        marks += [NEVER] if tally is None else _marks(tally, several_speakers=len(census.speakers) > 1)
        marks += [f"confusable: {code_points(symbol)}"] if symbol in confusable else []
        counts, example = (Counter[Split](), "") if tally is None else (tally.counts, tally.example)
        lines.append(Line(symbol, (counts["train"], counts["val"], counts["test"]), example, tuple(marks)))
    return sorted(lines, key=lambda line: (-line.total, line.symbol))


def code_points(symbol: str) -> str:
    """The characters of a symbol by their numbers: ``ɡ`` is ``U+0261``."""
    return " ".join(f"U+{ord(character):04X}" for character in symbol)


def visible(symbol: str) -> str:
    """A symbol as a terminal can show it.

    A combining mark that has no letter is put on a dotted circle, what has no shape is named by its number.
    """
    if not symbol:
        return "(nothing)"
    if any(unicodedata.category(character)[0] in "CZ" for character in symbol):
        return code_points(symbol)
    return f"◌{symbol}" if unicodedata.combining(symbol[0]) else symbol


def _marks(tally: Tally, *, several_speakers: bool) -> list[str]:
    train = tally.counts["train"]
    if not train:
        return [HELD_OUT]
    marks = ["rare"] if train < RARE else []
    if len(tally.recordings) == 1:
        # Once in one recording says no more than that it is rare.
        return [*marks, "1 recording"] if train > 1 else marks
    return [*marks, "1 speaker"] if several_speakers and len(tally.speakers) == 1 else marks
