"""How SAMPA and X-SAMPA are read: letters and diacritics by the longest match, then what is one symbol."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations.ipa import VOWELS, normalise_ipa
from phoneme_recognition.phonemes.notations.notation import Notation, cut_longest
from phoneme_recognition.phonemes.notations.spellings import TIE
from phoneme_recognition.phonemes.vocabulary import normalise

_STRESS = {'"': "ˈ", "%": "ˌ"}
# Affricates are joined in running text without a tie bar, as Wells (1995) recommends; ``t-s`` is two sounds.
_JOINED = frozenset(["ts", "dz", "tʃ", "dʒ", "tɕ", "dʑ", "ʈʂ", "ɖʐ"])
# One symbol by the kinds of its pieces: a consonant or two that are one, or a vowel or a diphthong.
_SYMBOL = re.compile("S|S*(Cm*(t?Cm*)?|Vm*(t?Vm*){0,2})")


class _Piece(NamedTuple):
    typed: str
    ipa: str
    kind: str  # one letter: Consonant, Vowel, mark, Stress, prosody, tie


_Pieces = Mapping[str, _Piece]


def of_ascii(letters: Mapping[str, str], marks: Mapping[str, str], prosody: Collection[str]) -> Notation:
    """The notation of letters and diacritics in ASCII.

    Args:
        letters: what stands by itself → IPA.
        marks: what follows a letter → IPA. Where two mean the same, the first is the one that is written.
        prosody: what is no phoneme.
    """
    pieces = {typed: _Piece(typed, normalise(ipa), _kind(ipa)) for typed, ipa in letters.items()}
    pieces |= {typed: _Piece(typed, ipa, "m") for typed, ipa in marks.items()}
    pieces |= {typed: _Piece(typed, ipa, "S") for typed, ipa in _STRESS.items()}
    pieces |= {typed: _Piece(typed, "", "p") for typed in prosody}
    pieces["_"] = _Piece("_", TIE, "t")
    back = {piece.ipa: piece.typed for piece in reversed(pieces.values()) if piece.ipa}

    @lru_cache(maxsize=8192)
    def read(symbol: str) -> str | None:
        return _read(symbol, pieces)

    def write(ipa: str) -> str | None:
        """The shortest way that reads back as the same: a tie bar is mostly understood without."""
        for phoneme in (ipa.replace(TIE, ""), ipa):
            symbol = _write(phoneme, back)
            if symbol and read(symbol) == normalise_ipa(ipa):
                return symbol
        return None

    return Notation(read, write, lambda word: _cut(word, pieces))


def _kind(ipa: str) -> str:
    return "V" if ipa in VOWELS else "C"


def _scan(text: str, pieces: _Pieces) -> list[_Piece]:
    return [pieces[typed] for typed in cut_longest(text, pieces)]


def _read(symbol: str, pieces: _Pieces) -> str | None:
    try:
        found = _scan(symbol, pieces)
    except VocabularyError:
        return None
    kinds = "".join(piece.kind for piece in found)
    if kinds.strip("p") == "":
        return "" if kinds else None
    if not _SYMBOL.fullmatch(kinds):
        return None
    ipa = "".join(piece.ipa for piece in found)
    if kinds.count("C") == 2 and "t" not in kinds:
        second = kinds.rindex("C")
        ipa = "".join(TIE * (at == second) + piece.ipa for at, piece in enumerate(found))
    return normalise_ipa(ipa)


def _write(ipa: str, back: Mapping[str, str]) -> str | None:
    try:
        return "".join(back[piece] for piece in cut_longest(ipa, back))
    except VocabularyError:
        return None


def _cut(word: str, pieces: _Pieces) -> list[str]:
    """Symbols of a word; a mark of stress stays with the symbol that follows, prosody is left out."""
    symbols: list[str] = []
    before = _Piece("", "", "p")
    for piece in _scan(word, pieces):
        tied = "t" in (piece.kind, before.kind)
        if symbols and (tied or piece.kind == "m" or before.kind == "S" or before.ipa + piece.ipa in _JOINED):
            symbols[-1] += piece.typed
        elif piece.kind != "p":
            symbols.append(piece.typed)
        before = piece
    return symbols
