"""Text as people type it, made regular: one spelling of each letter, dash and stress mark.

After this step a stress mark is one acute accent right after its vowel, whichever way the user wrote it, and
nothing that carries no sound (soft hyphens, marks of direction, accents on consonants) is left.
"""

from __future__ import annotations

import re
import unicodedata

ACUTE = "\u0301"

# What most texts consist of: there is nothing to mend in them.
_PLAIN = re.compile(r"[А-Яа-яЁё0-9 .,;:!?()\[\]\"'/%№\n—–-]*")
# Joiners and selectors after a symbol are parts of an emoji and stay with it.
_SILENT = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    "|(?<![\u2190-\U0010ffff])[\u200d\ufe0e\ufe0f]"
)
# Unicode has letters for some of these: к with an acute is Macedonian.
_ACCENT_ON_CONSONANT = re.compile("(?<=[БВГДЖЗКЛМНПРСТФХЦЧШЩЪЬбвгджзклмнпрстфхцчшщъь])[\u0300\u0301]+")
_ACCENT_BEFORE_BREVE = re.compile("([\u0300\u0301])([\u0306\u0308])")
_BLANKS = re.compile(r"[^\S\n]+|[\x00-\x09\x0e-\x1b\x7f\x80-\x84\x86-\x9f_]+")
_LINE_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_PLUS_BEFORE_VOWEL = re.compile(r"(?<![\d+])\+([АЕЁИОУЫЭЮЯаеёиоуыэюя])")
_STRAY_ACCENT = re.compile(f"(?<![АЕЁИОУЫЭЮЯаеёиоуыэюя]){ACUTE}+|(?<={ACUTE}){ACUTE}+")
_CHARACTERS = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2015": "—", "\u2e3a": "—", "\u2043": "-"}
    | dict.fromkeys("«»„“”‟‹›″❝❞", '"')
    | dict.fromkeys("’‘‛ʼʹ´`′", "'")
    | {"ѐ": "е" + ACUTE, "ѝ": "и" + ACUTE, "Ѐ": "Е" + ACUTE, "Ѝ": "И" + ACUTE, "\u0300": ACUTE}
)

_LATIN = "A-Za-z\u00c0-\u024f"
_MIXED_WORD = re.compile(
    rf"(?<![\w{ACUTE}])[\w{ACUTE}]*(?:[А-Яа-яЁё]{ACUTE}?[{_LATIN}]|[{_LATIN}][А-Яа-яЁё])[\w{ACUTE}]*"
)
_LOOK_ALIKES = str.maketrans("ABCEHKMOPTXYaceopxyk", "АВСЕНКМОРТХУасеорхук")
_LATIN_LETTER = re.compile(rf"[{_LATIN}]")

_OLD_WORD = re.compile(rf"\b[А-Яа-яЁё{ACUTE}]*[ѢѣІіѲѳѴѵ][А-Яа-яЁёѢѣІіѲѳѴѵ{ACUTE}]*\b")
_OLD_LETTERS = str.maketrans("ѢѣІіѲѳѴѵ", "ЕеИиФфИи")
# Ukrainian і stands before consonants, too; the old і only before vowels and й (міръ and Владиміръ aside).
_OLD_SPELLING = re.compile(r"[ѢѣѲѳѴѵ]|ъ$|^(?:[^Іі]|[Іі](?=[АаЕеЁёИиОоУуЫыЭэЮюЯяЙйѢѣІі]))*$")


def clean(text: str) -> str:
    """Make a text regular.

    Args:
        text: any Unicode.

    Returns:
        The same in NFC, a line break always ``\\n``, a blank always a space, quotes and apostrophes plain,
        a stress mark always U+0301 after its vowel, look-alike Latin letters in Cyrillic words mended, and
        letters from before 1918 replaced by today's. What cannot be said is left as it stands.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _ACCENT_BEFORE_BREVE.sub(r"\2\1", _ACCENT_ON_CONSONANT.sub("", _SILENT.sub("", text)))
    text = unicodedata.normalize("NFC", text).translate(_CHARACTERS)
    text = _BLANKS.sub(" ", _LINE_BREAKS.sub("\n", text))
    if _LATIN_LETTER.search(text):
        text = _MIXED_WORD.sub(_mend_mixed_word, text)
    text = _PLUS_BEFORE_VOWEL.sub(rf"\1{ACUTE}", text)
    text = _STRAY_ACCENT.sub("", text)
    return _OLD_WORD.sub(_mend_old_word, text)


def _mend_mixed_word(match: re.Match[str]) -> str:
    """Latin letters that look like Russian ones become Russian, if the whole word is Russian then."""
    letters = unicodedata.normalize("NFD", match[0]).translate(_LOOK_ALIKES)
    mended = unicodedata.normalize("NFC", letters).translate(_CHARACTERS)
    return match[0] if _LATIN_LETTER.search(mended) else mended


def _mend_old_word(match: re.Match[str]) -> str:
    """Letters of the spelling before 1918 become today's; Ukrainian and Belarusian words stay as they are."""
    return match[0].translate(_OLD_LETTERS) if _OLD_SPELLING.search(match[0]) else match[0]
