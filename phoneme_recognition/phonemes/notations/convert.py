"""From one notation to another: symbols to IPA and back, and running text into symbols."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from phoneme_recognition.errors import UserError, VocabularyError
from phoneme_recognition.phonemes.notations import (
    arpabet,
    festvox_ru,
    ipa,
    sampa,
    sampa_ru,
    timit39,
    timit48,
    timit61,
    xsampa,
)
from phoneme_recognition.phonemes.notations.notation import Notation
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY

NOTATIONS: Mapping[str, str] = MappingProxyType(
    {
        "ipa": "IPA in any spelling: g for ɡ, ʧ or tʃ for t͡ʃ, : for ː, ' for ˈ",
        "festvox_ru": "the symbols of festvox-ru",
        "timit61": "the 61 symbols of TIMIT",
        "timit48": "TIMIT's symbols, folded to 48",
        "timit39": "TIMIT's symbols, folded to 39",
        "arpabet": "ARPAbet as in CMUdict, with or without digits of stress",
        "sampa": "SAMPA, what its charts have in common",
        "sampa_ru": "the Russian chart of SAMPA",
        "xsampa": "X-SAMPA, all of the IPA in ASCII",
    }
)
"""Name → what it is, in a few words."""

_MODULES = (ipa, festvox_ru, timit61, timit48, timit39, arpabet, sampa, sampa_ru, xsampa)
_TABLES: Mapping[str, Notation] = {
    name: module.NOTATION for name, module in zip(NOTATIONS, _MODULES, strict=True)
}
# Not the bars of X-SAMPA's clicks (|\ and |\|\) and of its intonation groups (||).
_BOUNDARY = re.compile(r"(?<!\|)\|(?![|\\])")


class Span(NamedTuple):
    """One phoneme in IPA, and the symbols that it came from: ``start`` up to but not including ``stop``."""

    phoneme: str
    start: int
    stop: int


def to_ipa(symbols: Sequence[str], notation: str) -> tuple[str, ...]:
    """Symbols of a notation as phonemes in IPA; ``|`` stays.

    Args:
        symbols: of one recording, in order: a closure joins its burst, and stress before a consonant
            goes to the next vowel of the word. Marks of pauses are left out.
        notation: one of ``NOTATIONS``.

    Raises:
        VocabularyError: symbols that the notation has not; all of them are named.

    Example:
        >>> to_ipa("tcl t ow dcl jh".split(), "timit61")
        ('t', 'oʊ', 'd͡ʒ')
    """
    read = find(notation).read
    unknown = [symbol for symbol in symbols if symbol != WORD_BOUNDARY and read(symbol) is None]
    if unknown:
        raise VocabularyError(
            _no_symbol(notation, unknown), remedy="Set phonemes.notation to the notation of the labels"
        )
    return tuple(span.phoneme for span in to_spans(symbols, notation))


def from_ipa(phonemes: Sequence[str], notation: str) -> tuple[str, ...]:
    """Phonemes in IPA as symbols of a notation; ``|`` stays.

    A folded set of TIMIT writes the nearest of its symbols (ɔ is ``aa`` in the 39). TIMIT's closures do not
    come back, nor do pauses.

    Raises:
        VocabularyError: phonemes for which the notation has no symbol; all of them are named.
    """
    write = find(notation).write
    written = [WORD_BOUNDARY if one == WORD_BOUNDARY else write(ipa.normalise_ipa(one)) for one in phonemes]
    missing = [one for one, symbol in zip(phonemes, written, strict=True) if symbol is None]
    if missing:
        raise VocabularyError(_no_symbol(notation, missing))
    return tuple(symbol for symbol in written if symbol is not None)


def split(text: str, notation: str) -> list[str]:
    """Cut a transcription without blanks between its symbols, longest match first.

    White space and ``|`` bound words, each run of them is one ``|``. A diphthong is two symbols in SAMPA,
    X-SAMPA and IPA, where nothing tells it from two vowels.

    Raises:
        VocabularyError: at some place no symbol fits.

    Example:
        >>> split('"t_Sa: p_hI', "xsampa")
        ['"t_S', 'a:', '|', 'p_h', 'I']
    """
    cut = find(notation).cut
    symbols: list[str] = []
    for word in filter(None, map(cut, _BOUNDARY.sub(" ", text).split())):
        symbols += [WORD_BOUNDARY, *word] if symbols else word
    return symbols


def to_spans(symbols: Sequence[str], notation: str, known: Container[str] = frozenset()) -> list[Span]:
    """As ``to_ipa``, with the places of the symbols; what the notation does not know stays as it is.

    Args:
        symbols: of one recording, in order.
        notation: one of ``NOTATIONS``.
        known: symbols that stay as they are, besides ``|``.
    """
    table = find(notation)
    spans: list[Span] = []
    start = 0
    for at, symbol in enumerate(symbols):
        following = symbols[at + 1] if at + 1 < len(symbols) else ""
        if following in table.closures.get(symbol, ()):
            continue  # the next span begins here
        phoneme = symbol if symbol == WORD_BOUNDARY or symbol in known else table.read(symbol)
        spans.append(Span(symbol if phoneme is None else phoneme, start, at + 1))
        start = at + 1
    return list(_stress_on_vowels([span for span in spans if span.phoneme], known))


@lru_cache(maxsize=8192)
def read_alone(symbol: str, notation: str) -> str | None:
    """What a symbol means, ``""`` where it is no phoneme; None where that depends on its neighbours."""
    if symbol in find(notation).closures:
        return None
    phoneme = "".join(span.phoneme for span in to_spans([symbol], notation))
    read = find(notation).read(symbol) or ""
    return None if read[:1] in tuple(ipa.STRESS_MARKS) and not ipa.is_vowel(read) else phoneme


def find(notation: str) -> Notation:
    """The notation of this name.

    Raises:
        UserError: there is none.
    """
    if notation not in _TABLES:
        raise UserError(f"notation {notation!r}", expected=f"one of {', '.join(NOTATIONS)}")
    return _TABLES[notation]


def _stress_on_vowels(spans: Iterable[Span], kept: Container[str]) -> Iterator[Span]:
    """Stress before the syllable, or as a symbol of its own, goes to the next vowel of the word."""
    pending = ""
    for span in spans:
        phoneme = span.phoneme
        sound = phoneme.lstrip(ipa.STRESS_MARKS)
        mark = phoneme[: len(phoneme) - len(sound)]
        if phoneme == WORD_BOUNDARY:
            pending = ""
        elif phoneme in kept:
            pass
        elif ipa.is_vowel(sound):
            phoneme, pending = (mark or pending) + sound, ""
        else:
            phoneme, pending = sound, mark or pending
        if phoneme:
            yield span._replace(phoneme=phoneme)


def _no_symbol(notation: str, symbols: Iterable[str]) -> str:
    return f"{notation} has no symbol for {' '.join(dict.fromkeys(symbols))}"
