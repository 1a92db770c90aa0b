"""The symbols of festvox-ru, a Russian voice: doubled vowels are stressed, doubled consonants soft."""

from __future__ import annotations

from collections.abc import Mapping

from phoneme_recognition.phonemes.notations.notation import of_table

_VOWELS = {
    "aa": "ˈa",
    "oo": "ˈo",
    "ee": "ˈe",
    "ii": "ˈi",
    "yy": "ˈɨ",
    "uu": "ˈu",
    "a": "ɐ",
    "ay": "ə",
    "ae": "ɪ",
    "e": "e",
    "i": "i",
    "y": "ɨ",
    "u": "u",
    "ur": "ʊ",
}
_HARD = dict(zip("pbtdkgfvszmnlrh", "pbtdkɡfvszmnlrx", strict=True))
_SOFT = {2 * symbol: f"{ipa}ʲ" for symbol, ipa in _HARD.items()}
_OTHERS = {"c": "t͡s", "ch": "t͡ɕ", "sh": "ʂ", "zh": "ʐ", "sch": "ɕː", "j": "j"}

PHONES: Mapping[str, str] = {**_VOWELS, **_HARD, **_SOFT, **_OTHERS}
"""The corpus's symbols → IPA, one to one."""

NOTATION = of_table(PHONES, silences={"pau"})
