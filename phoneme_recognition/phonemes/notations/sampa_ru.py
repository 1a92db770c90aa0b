"""The Russian chart of SAMPA (Shtyrov and Wells 1997): phonemes, without the qualities of reduced vowels.

Stress stands directly before the vowel (``g"orat``), softness after the consonant (``d'"en'``). The letters
are read as the Russian sounds that they stand for: ``S`` is ʂ, ``tS'`` is t͡ɕ, ``S':`` is ɕː.
"""

from __future__ import annotations

from collections.abc import Mapping

from phoneme_recognition.phonemes.notations.notation import of_table

_VOWELS = {"i": "i", "1": "ɨ", "e": "e", "a": "a", "o": "o", "u": "u"}
_STRESSED = {f'"{symbol}': f"ˈ{ipa}" for symbol, ipa in _VOWELS.items()}
_HARD = dict(zip("pbtdkgfvszmnlrx", "pbtdkɡfvszmnlrx", strict=True))
_SOFT = {f"{symbol}'": f"{ipa}ʲ" for symbol, ipa in _HARD.items()}
_OTHERS = {"ts": "t͡s", "tS'": "t͡ɕ", "S": "ʂ", "Z": "ʐ", "S':": "ɕː", "j": "j"}

PHONES: Mapping[str, str] = {**_VOWELS, **_STRESSED, **_HARD, **_SOFT, **_OTHERS}
"""Symbol → IPA, one to one."""

NOTATION = of_table(PHONES, silences={"-"})
