"""One run of Russian letters on its way to a token: small letters, stress marks, words without vowels."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.russian.reading.acronyms import say_capitals, spell
from phoneme_recognition.phonemes.g2p.russian.reading.clean import ACUTE
from phoneme_recognition.phonemes.g2p.russian.token import VOWELS


class Spoken(NamedTuple):
    """A word of small letters and the indices of its vowels with a stress mark."""

    word: str
    marks: tuple[int, ...] = ()


_VOWEL = re.compile(f"[{VOWELS}]")
# The apostrophe stood for ъ after 1918: об'явление. Elsewhere it is a foreign name's: д'Артаньян.
_APOSTROPHE_FOR_HARD_SIGN = re.compile("(?<=[а-яё][бвгджзклмнпрстфхцчшщ])'(?=[еёюя])")

# Prepositions and particles, and what people utter without a vowel: хм, тсс, пфф, бр-р.
_WITHOUT_VOWELS_TEXT = """
в к с б ж ль гм хм кхм хмм гмм тс тш чш цс кс пс псс пст бр фр пф кш тпр
"""
_WITHOUT_VOWELS = frozenset(_WITHOUT_VOWELS_TEXT.split())
_HUM = re.compile(r"([бгжзкмнпрстфхцчш])\1+|[тпкгб]?([шсрмфхц])\2+")
# Shortened words that nobody spells: what no step before has written out stays unsaid.
_SHORTENED_TEXT = """
стр млн млрд трлн кг км см мм мг мл мкг мкм дм нм гг вв св гр пр др рт ст пл гл хр кв шт гц кгц мгц
ггц мпа квт вт кдж дж мб гб кб тб мс нс мн лл пп рр чл тд тп тк тн
"""
_SHORTENED = frozenset(_SHORTENED_TEXT.split())


def spoken(word: str) -> Spoken:
    """Letters with ``+`` before stressed vowels as a word with marks."""
    letters, *stressed = word.split("+")
    marks = []
    for part in stressed:
        marks.append(len(letters))
        letters += part
    return Spoken(letters, tuple(marks))


@lru_cache(maxsize=32_768)
def say(letters: str, shouted: bool) -> tuple[Spoken, ...]:
    """Say one run of Russian letters that is longer than a letter.

    Args:
        letters: Russian letters in any case, with stress marks after vowels and apostrophes between.
        shouted: the text around is in capitals.

    Returns:
        Its words: one, or several joined by hyphens (СПб); none where it cannot be said.
    """
    if ACUTE in letters:
        word = re.sub(f"(.){ACUTE}", r"+\1", letters).lower()
    elif "'" not in letters and sum(map(str.isupper, letters)) > 1:
        word = say_capitals(letters, shouted)
    else:
        word = letters.lower()
    word = _APOSTROPHE_FOR_HARD_SIGN.sub("ъ", word).replace("'", "")
    # The spelling before 1918 ended words in ъ.
    parts = [part.rstrip("ъ") for part in word.split("-")]
    if len(parts) == 1 and not _VOWEL.search(word):
        parts = _say_without_vowels(parts[0])
    return tuple(map(spoken, parts))


def _say_without_vowels(word: str) -> list[str]:
    if not word.strip("ьъ") or word in _SHORTENED:
        return []
    if word in _WITHOUT_VOWELS or _HUM.fullmatch(word):
        return [word]
    return [spell(word)] if "ь" not in word and "ъ" not in word else [word]


def name_letter(letter: str) -> Spoken:
    """The name of a letter, stressed."""
    return spoken(spell(letter.lower()))
