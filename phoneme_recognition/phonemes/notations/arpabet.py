"""ARPAbet as the CMU Pronouncing Dictionary writes it: upper case, a digit of stress on every vowel.

``1`` is primary stress (ˈ), ``2`` secondary (ˌ), ``0`` none. ``AH0`` is ə and ``ER0`` is ɚ, the unstressed
forms of ʌ and ɝ. Without a digit, as in dictionaries without stress, a vowel is the full vowel: ``AH`` is ʌ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phoneme_recognition.phonemes.notations.notation import Notation, of_table, of_text

_VOWELS = of_text(
    """
    AA ɑ   AE æ   AH ʌ   AO ɔ   AW aʊ   AY aɪ   EH ɛ   ER ɝ   EY eɪ   IH ɪ   IY i   OW oʊ   OY ɔɪ
    UH ʊ   UW u
    """
)
_CONSONANTS = of_text(
    """
    B b   CH t͡ʃ   D d   DH ð   F f   G ɡ   HH h   JH d͡ʒ   K k   L l   M m   N n   NG ŋ   P p   R ɹ
    S s   SH ʃ   T t   TH θ   V v   W w   Y j   Z z   ZH ʒ
    """
)
# Symbols of other dictionaries in ARPAbet, most of them allophones of English.
_FURTHER_VOWELS = {"AX": "ə", "AXR": "ɚ", "IX": "ɨ", "UX": "ʉ", "EL": "l̩", "EM": "m̩", "EN": "n̩"}
_FURTHER_CONSONANTS = {"DX": "ɾ", "NX": "ɾ̃", "Q": "ʔ", "WH": "ʍ"}
_UNSTRESSED = {"AH": "ə", "ER": "ɚ"}


def _stressed() -> Iterator[tuple[str, str]]:
    for symbol, ipa in _VOWELS.items():
        yield symbol + "0", _UNSTRESSED.get(symbol, ipa)
        yield symbol + "1", "ˈ" + ipa
        yield symbol + "2", "ˌ" + ipa


CMU: Mapping[str, str] = {**dict(_stressed()), **_CONSONANTS}
"""The symbols of the dictionary itself → IPA."""

PHONES: Mapping[str, str] = {**CMU, **_VOWELS, **_FURTHER_VOWELS, **_FURTHER_CONSONANTS}
"""All that is read → IPA. Unstressed vowels are written with ``0``, but ʌ and ɝ as ``AH`` and ``ER``."""

SILENCES = frozenset({"SIL", "SP", "SPN"})


def _upper() -> Notation:
    """Some dictionaries write lower case."""
    table = of_table(PHONES, SILENCES)
    return table._replace(
        read=lambda symbol: table.read(symbol.upper()), cut=lambda word: table.cut(word.upper())
    )


NOTATION = _upper()
