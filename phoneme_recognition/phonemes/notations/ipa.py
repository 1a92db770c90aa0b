"""IPA in any spelling → one: the IPA chart's (2020), with the marks in PHOIBLE's order, in Unicode NFD."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from phoneme_recognition.phonemes.notations.notation import Notation, no_symbol
from phoneme_recognition.phonemes.notations.spellings import (
    AFFRICATES,
    COLON,
    EJECTIVE,
    PALATAL,
    STRESS,
    TIE,
    VARIANTS,
)

STRESS_MARKS = "ˈˌ"
VOWELS = frozenset("iyɨʉɯuɪʏʊᵻᵿeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝ")
PROSODY = frozenset(".‿‖↗↘ꜛꜜ")
"""No phonemes: syllable break, linking, intonation group, rise, fall, upstep, downstep."""

# PHOIBLE's order (Moran and McCloy 2019, conventions): place, tongue root, voice, syllabicity; then, to the
# right of the letter, release, palatal, labial, velar, pharyngeal, aspirated or ejective, long.
_COMBINING = (
    "\u0334\u032a\u033c\u033b\u033a\u031f\u0320\u0308\u033d\u031e\u031d\u0339\u031c\u0318\u0319"
    "\u032c\u0325\u0330\u0324\u0329\u032f\u0303\u0306\u031a"
)
_MODIFIERS = "˞ˡⁿʲʷᶣˠˤʰʱʼˀːˑ"
_RANKS = {mark: rank for rank, mark in enumerate(_COMBINING + _MODIFIERS)}
_OTHER_COMBINING = (
    len(_COMBINING) - 1.5
)  # tones and the like: before the modifiers, after what is ranked above


@lru_cache(maxsize=8192)
def normalise_ipa(symbol: str) -> str:
    """One spelling for one phoneme.

    Args:
        symbol: one phoneme in IPA, in whatever spelling; something else comes back nearly as it is.

    Returns:
        The spelling of the chart, decomposed (NFD). ASCII letters are never taken for superscripts.

    Example:
        >>> [normalise_ipa(symbol) for symbol in ("g", "ʧ", "ts", "a:", "'a", "p'")]
        ['ɡ', 't͡ʃ', 't͡s', 'aː', 'ˈa', 'pʼ']
    """
    text = _apostrophes(unicodedata.normalize("NFD", symbol))
    text = text[:1] + text[1:].replace(COLON.typed, COLON.ipa)
    for variant in VARIANTS:
        text = text.replace(variant.typed, variant.ipa)
    text = TIE.join(_order(part) for part in text.split(TIE))
    return unicodedata.normalize("NFD", _tie(text))


def is_vowel(symbol: str) -> bool:
    """Whether a phoneme in IPA can bear stress: it has a vowel's letter, or is syllabic."""
    return not VOWELS.isdisjoint(symbol) or "\u0329" in symbol


def is_mark(character: str) -> bool:
    """Whether a character belongs to the letter before it."""
    return character in _MODIFIERS or character == COLON.typed or unicodedata.combining(character) != 0


def cut_ipa(word: str) -> list[str]:
    """Cut a word in IPA into phonemes: a letter with its marks, two where a tie bar joins them.

    Stress marks come before the syllable in IPA; they stay with the symbol that follows.

    Raises:
        VocabularyError: a mark has no letter.
    """
    symbols: list[str] = []
    open_symbol = False  # it has no letter yet, or a tie bar asks for another
    for at, character in enumerate(unicodedata.normalize("NFD", word)):
        if character in PROSODY:
            continue
        if character in STRESS_MARKS and not open_symbol:
            symbols.append(character)
            open_symbol = True
        elif is_mark(character):
            if not symbols and unicodedata.combining(character):
                raise no_symbol(word, at)
            symbols = symbols or [""]  # what precedes a letter is written before it, as in ʰt
            symbols[-1] += character
            open_symbol = open_symbol or character in (TIE, "\u035c") or not at
        elif open_symbol:
            symbols[-1] += character
            open_symbol = character in STRESS_MARKS
        else:
            symbols.append(character)
    return symbols


def _apostrophes(text: str) -> str:
    """Before the letter an apostrophe is stress, after it the sign of an ejective; a prime means softness."""
    if len(text) > 1 and text[0] in STRESS.typed:
        text = STRESS.ipa + text[1:]
    for variant in (EJECTIVE, PALATAL):
        text = text[:1] + re.sub(f"[{variant.typed}]", variant.ipa, text[1:])
    return text


def _order(part: str) -> str:
    """Combining marks stand before modifier letters, both in PHOIBLE's order; leading modifiers stay."""
    pieces: list[str] = []
    for character in part:
        if pieces and is_mark(character) and not is_mark(pieces[-1][0]):
            pieces[-1] += character
        else:
            pieces.append(character)
    return "".join(piece[0] + "".join(sorted(piece[1:], key=_rank)) for piece in pieces)


def _rank(mark: str) -> float:
    return _RANKS.get(mark, _OTHER_COMBINING)


def _tie(text: str) -> str:
    """Two letters that can only be one phoneme together get their tie bar."""
    places = [
        at for at, character in enumerate(text) if not is_mark(character) and character not in STRESS_MARKS
    ]
    if len(places) != 2 or TIE in text or text[places[0]] + text[places[1]] not in AFFRICATES:
        return text
    between = text[places[0] + 1 : places[1]]
    if any(character in _MODIFIERS for character in between):
        return text
    return text[: places[1]] + TIE + text[places[1] :]


def _read(symbol: str) -> str:
    return "" if symbol in PROSODY else normalise_ipa(symbol)


NOTATION = Notation(read=_read, write=lambda ipa: ipa, cut=cut_ipa)
