"""Which letters a language is written in, to know a foreign one when it is seen."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LATIN = frozenset({"LATIN"})
_SCRIPTS = {
    frozenset({"CYRILLIC"}): "ba be bg cv kaa kk ky mk mn nog ru tg tt uk",
    frozenset({"CYRILLIC", "LATIN"}): "az bs hr ku sr tk uz",
    frozenset({"ARABIC"}): "ar ckb fa ps sd ug ur",
    frozenset({"DEVANAGARI"}): "hi kok mr ne sa",
    frozenset({"BENGALI"}): "as bn bpy",
    frozenset({"CJK", "IDEOGRAPHIC"}): "cmn hak yue zh",
    frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK", "IDEOGRAPHIC"}): "ja",
    frozenset({"HANGUL"}): "ko",
    frozenset({"GREEK"}): "el grc",
    frozenset({"ETHIOPIC"}): "am ti",
    frozenset({"HEBREW"}): "he yi",
    frozenset({"GUJARATI"}): "gu",
    frozenset({"GURMUKHI", "ARABIC"}): "pa",
    frozenset({"TAMIL"}): "ta",
    frozenset({"TELUGU"}): "te",
    frozenset({"KANNADA"}): "kn",
    frozenset({"MALAYALAM"}): "ml",
    frozenset({"ORIYA"}): "or",
    frozenset({"SINHALA"}): "si",
    frozenset({"THAI"}): "th",
    frozenset({"LAO"}): "lo",
    frozenset({"MYANMAR"}): "my shn",
    frozenset({"KHMER"}): "km",
    frozenset({"GEORGIAN"}): "ka",
    frozenset({"ARMENIAN"}): "hy hyw",
    frozenset({"CHEROKEE"}): "chr",
    frozenset({"SHAVIAN"}): "en-shaw",
}
_BY_LANGUAGE = {code: scripts for scripts, codes in _SCRIPTS.items() for code in codes.split()}
# First words of the names of letters that are at home in several scripts.
_COMMON = frozenset({"MODIFIER", "FEMININE", "MASCULINE", "MICRO"})


def scripts_of(language: str) -> frozenset[str]:
    """The scripts of a language, as Unicode calls them; Latin where nothing else is known.

    Args:
        language: a code, possibly with a region or a script (``zh-CN``, ``cmn-latn-pinyin``).
    """
    code = language.lower()
    if "-latn" in code:
        return _LATIN
    return _BY_LANGUAGE.get(code) or _BY_LANGUAGE.get(code.partition("-")[0], _LATIN)


def has_foreign_letters(text: str, scripts: frozenset[str]) -> bool:
    """Whether a text has letters that are not of these scripts."""
    return any(_script(character) not in scripts for character in text if _script(character))


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    """The script of a letter; "" for what is no letter, or for a letter of many scripts."""
    if not character.isalpha():
        return ""
    script = unicodedata.name(character, "UNNAMED").partition(" ")[0]
    return "" if script in _COMMON else script
