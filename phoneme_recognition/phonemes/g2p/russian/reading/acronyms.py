"""Letters said by their names, and words in capitals: spelled out (МГУ), said as words (МИД), or shouted."""

from __future__ import annotations

import re

from phoneme_recognition.phonemes.g2p.russian.token import VOWELS

# ч with е, because it is soft anyway and ш, ж, ц are hard anyway.
_NAMES = (
    "а б=бэ в=вэ г=гэ д=дэ е ё ж=жэ з=зэ и й=ий к=ка л=эл м=эм н=эн о п=пэ р=эр с=эс т=тэ у ф=эф х=ха "
    "ц=цэ ч=че ш=ша щ=ща ъ=ер ы ь=ерь э ю я"
)
LETTER_NAMES = {name[0]: name.partition("=")[2] or name for name in _NAMES.split()}
"""The names of the letters, as one word each."""

# Said against the rules below, or with a stress that they do not know; + before the stressed vowel. After
# Зарва, «Русское словесное ударение», and Резниченко, «Словарь ударений русского языка».
_TABLE = """
н+ато т+асс мх+ат мк+ад см+и гр+у ни+и мгим+о вг+ик фс+ин уфс+ин о+он а+эс еа+эс вци+ом доса+аф гоэлр+о
магат+э уеф+а юн+еско ф+ифа ф+иде обс+е сиз+о гул+аг ом+он осаг+о уз+и
у+аз кам+аз за+о рон+о мр+от сн+илс юнис+еф оп+ек н+аса ик+ао га+и ег+э ог+э
р+иа фи+о асе+ан пас+е орв+и егр+юл +эко иг+ил
сша=сэшэ+а фрг=фээрг+э фбр=фэбэ+эр вов=вэов+э огпу=огэпэ+у спб=санкт-петерб+ург спбгу=эспэбэгэ+у
мгу=эмгэ+у цска=цээск+а мгту=эмгэтэ+у рудн=рудэ+эн
"""
_SAID = {
    entry.partition("=")[0].replace("+", ""): entry.rpartition("=")[2] for entry in _TABLE.split()
}  # fmt: skip

# Words that people put in capitals for emphasis and that look like no word by the rules below.
_EMPHASISED_TEXT = """
не ни на но да до за из от по мы ты вы он её ее ей им их же бы ли то та те ту ну об со во ко ад ум ах ох
эх уж кто что все всё где для про при сто два две три мне дня дни зло мои свои твои моим твоим своим вам
мной
"""
_EMPHASISED = frozenset(_EMPHASISED_TEXT.split())
# At most one consonant, or two that may open a word; then vowels with one or two consonants between and
# after.
_V, _C = f"[{VOWELS}]", "[бвгджзклмнпрстфхцчш]"
_ONSET = "(?:[бпвфгкхдтзсшжчм][рл]|[сшзх][птклмнвхф]|[кгдт]в|[кгд]н|вз|вс|мн|чт|[бвгджзклмнпрстфхцчш])?"
_SAYABLE = re.compile(f"{_ONSET}{_V}(?:(?:{_C}{{1,2}}{_V})|[еёюя])*{_C}{{0,2}}")
_SAYABLE_THREE = re.compile(f"{_C}{_V}{_C}|{_V}{_C}{_V}|{_C}{_V}[еёюя]")
_NO_ACRONYM_LETTERS = re.compile("[ёйщъыь]")
_VOWEL = re.compile(_V)
_STEM = re.compile("([А-ЯЁ]{2,})([а-яё]{1,6})")
_TAIL = re.compile("([А-ЯЁ][а-яё]+)([А-ЯЁ]{2,})")


def spell(letters: str) -> str:
    """Letters by their names as one word, ``+`` before the stressed vowel, which is that of the last name."""
    names = "".join(LETTER_NAMES[letter] for letter in letters)
    last = max(names.rfind(vowel) for vowel in VOWELS)
    return f"{names[:last]}+{names[last:]}"


def say_capitals(word: str, shouted: bool) -> str:
    """How a word with several capitals is said.

    Args:
        word: two or more Russian letters, two or more of them capitals (США, МИДа, УрФУ, ОЧЕНЬ).
        shouted: the text around is in capitals, too, so that capitals mean nothing.

    Returns:
        Small letters, ``+`` before the vowel where the stress is known.
    """
    lower = word.lower()
    if lower in _SAID:
        return _SAID[lower]
    if word.isupper():
        return lower if _is_word(lower, shouted) else spell(lower)
    if stem := _STEM.fullmatch(word):
        return _say_stem(stem[1].lower()) + stem[2]
    if (tail := _TAIL.fullmatch(word)) and not _is_word(tail[2].lower(), shouted):
        return tail[1].lower() + spell(tail[2].lower())
    return lower


def _say_stem(lower: str) -> str:
    """An acronym before an ending, whose stress may move to it only where the acronym is a word."""
    if _is_word(lower, shouted=False):
        return lower
    return _SAID.get(lower) or spell(lower)


def _is_word(lower: str, shouted: bool) -> bool:
    """Whether capitals are said as a word; what has no vowel never is."""
    if not _VOWEL.search(lower):
        return False
    if shouted or lower in _EMPHASISED or len(lower) > 5 or _NO_ACRONYM_LETTERS.search(lower):
        return True
    if len(lower) == 3:
        return bool(_SAYABLE_THREE.fullmatch(lower))
    return len(lower) > 3 and bool(_SAYABLE.fullmatch(lower))
