"""TIMIT's 61 symbols folded to the 48 that models are trained on (Lee and Hon 1989, Table I).

Which closure it was is lost (``cl``, ``vcl``), and so are glottal stops and some shades of vowels and nasals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from phoneme_recognition.phonemes.notations import timit61
from phoneme_recognition.phonemes.notations.notation import Notation, cut_longest
from phoneme_recognition.phonemes.vocabulary import normalise

FOLDED: Mapping[str, str] = {
    "ux": "uw",
    "axr": "er",
    "ax-h": "ax",
    "em": "m",
    "nx": "n",
    "eng": "ng",
    "hv": "hh",
    "pcl": "cl",
    "tcl": "cl",
    "kcl": "cl",
    "bcl": "vcl",
    "dcl": "vcl",
    "gcl": "vcl",
    "h#": "sil",
    "pau": "sil",
    "q": "",
}
"""What becomes of a symbol of the 61; the others stay, and ``""`` is left out."""

SILENCES = ("cl", "vcl", "epi", "sil")
"""No phonemes. ``cl`` and ``vcl`` do not say which stop they belong to: its burst does, or nothing."""


def fold(symbol: str) -> str:
    """The one of the 48 that a symbol of the 61 belongs to; others stay as they are."""
    return FOLDED.get(symbol, symbol)


def of_folding(fold: Callable[[str], str]) -> Notation:
    """The notation of a folded set: it reads all of TIMIT's symbols, and writes the nearest of its own."""
    phones = {symbol: normalise(ipa) for symbol, ipa in timit61.PHONES.items()}
    there = {symbol: phones.get(fold(symbol), "") for symbol in (*phones, *timit61.SILENCES, *SILENCES)}
    back = {ipa: fold(symbol) for symbol, ipa in reversed(phones.items()) if there[symbol]}
    return Notation(there.get, back.get, lambda word: cut_longest(word, there))


NOTATION = of_folding(fold)
