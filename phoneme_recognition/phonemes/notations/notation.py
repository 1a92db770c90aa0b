"""What a notation is: how a symbol of it becomes IPA and comes back, and where it ends in running text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.vocabulary import normalise

_NO_CLOSURES: Mapping[str, Collection[str]] = {}


class Notation(NamedTuple):
    """One way to write phonemes.

    Attributes:
        read: a symbol → IPA, ``""`` for a mark that is no phoneme (a pause), None for an unknown symbol.
        write: a phoneme in IPA → the symbol, None where the notation has none.
        cut: a word without separators → its symbols; raises a VocabularyError at a place that is none.
        closures: symbols for the closed phase of a stop → what they are a part of where it follows.
    """

    read: Callable[[str], str | None]
    write: Callable[[str], str | None]
    cut: Callable[[str], list[str]]
    closures: Mapping[str, Collection[str]] = _NO_CLOSURES


def of_text(table: str) -> dict[str, str]:
    """A table written as ``symbol ipa   symbol ipa ...``, with any white space between."""
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def of_table(
    phones: Mapping[str, str],
    silences: Collection[str] = (),
    closures: Mapping[str, Collection[str]] = _NO_CLOSURES,
) -> Notation:
    """The notation that a table is.

    Args:
        phones: symbol → IPA. Where two symbols mean the same, the first is the one that is written.
        silences: symbols that are no phonemes.
        closures: see ``Notation``.
    """
    there = {symbol: normalise(ipa) for symbol, ipa in phones.items()}
    back = {ipa: symbol for symbol, ipa in reversed(there.items())}
    there |= dict.fromkeys(silences, "")
    return Notation(there.get, back.get, lambda word: cut_longest(word, there), closures)


def cut_longest(word: str, symbols: Collection[str]) -> list[str]:
    """Cut a word into these symbols, longest match first.

    Raises:
        VocabularyError: at some place none fits.
    """
    longest = max(map(len, symbols), default=0)
    found: list[str] = []
    at = 0
    while at < len(word):
        ends = range(min(len(word), at + longest), at, -1)
        symbol = next((word[at:end] for end in ends if word[at:end] in symbols), None)
        if symbol is None:
            raise no_symbol(word, at)
        found.append(symbol)
        at += len(symbol)
    return found


def no_symbol(word: str, at: int) -> VocabularyError:
    """The error for a place in a word where no symbol begins."""
    return VocabularyError(f"no symbol begins at {word[at:]!r} in {word!r}")
