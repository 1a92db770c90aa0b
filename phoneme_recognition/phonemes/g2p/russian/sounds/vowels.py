"""Reduction: what becomes of a vowel that is not stressed.

Kasatkin 2003, vowels; Avanesov 1984, vowels without stress. The first degree is that of the syllable before
the stress, of the beginning of the word, and of vowels that meet before the stress; everywhere else it is
the second. At the end of a word и, ы, у and е keep their quality, and а after a soft consonant is ə.

==============================  ==========  ===========
unstressed                      1st degree  2nd degree
==============================  ==========  ===========
о, а after hard                 ɐ           ə
е, э after hard                 ɨ           ə
ы                               ɨ           ə
а, е, и after soft              i           ɪ
у                               u           ʊ
э, with no consonant before it  e           e
==============================  ==========  ===========
"""

from __future__ import annotations

from collections.abc import Sequence

from phoneme_recognition.phonemes.g2p.russian.sounds.letters import STRESS, VOWELS, is_soft

_HIGH = {"i": ("i", "ɪ"), "ɨ": ("ɨ", "ə"), "u": ("u", "ʊ")}
_AFTER_HARD = _HIGH | {"a": ("ɐ", "ə"), "o": ("ɐ", "ə"), "e": ("ɨ", "ə")}
_AFTER_SOFT = _HIGH | {"a": ("i", "ɪ"), "o": ("i", "ɪ"), "e": ("i", "ɪ")}
_WITHOUT_CONSONANT = _AFTER_HARD | {"e": ("e", "e")}
_OPEN = frozenset({"a", "o", "ˈa", "ˈo"})
_LAST_AFTER_HARD = {"i": "i", "ɨ": "ɨ", "u": "u"}
_LAST_AFTER_SOFT = {"a": "ə", "o": "ə", "e": "e", "i": "i", "u": "u"}


def reduce_vowels(sounds: Sequence[str]) -> list[str]:
    """Give each unstressed vowel of a phonological word its quality.

    Args:
        sounds: consonants, full vowels, and the signs ``_`` and ``=`` between clitics and words.

    Returns:
        The sounds in their places.
    """
    spoken = [at for at, sound in enumerate(sounds) if sound not in ("_", "=")]
    vowels = [at for at in spoken if sounds[at] in VOWELS]
    last_stress = max((at for at in vowels if sounds[at].startswith(STRESS)), default=-1)
    result = list(sounds)
    for place, at in enumerate(spoken):
        if sounds[at] not in VOWELS or sounds[at].startswith(STRESS):
            continue
        before = sounds[spoken[place - 1]] if place else None
        after = sounds[spoken[place + 1]] if place + 1 < len(spoken) else None
        following = next((vowel for vowel in vowels if vowel > at), None)
        pretonic = following is not None and sounds[following].startswith(STRESS)
        # A word's first vowel is strong after a preposition, too: в огоро́д. So are vowels that meet before
        # the stress (сообщи́ть), but not after it (ха́ос).
        begins = before is None or sounds[at - 1] == "_"
        meets = before in VOWELS or (sounds[at] in "ao" and after in _OPEN)
        first = pretonic or begins or (meets and at < last_stress)
        last = at + 1 == len(sounds) or sounds[at + 1] == "="
        result[at] = _quality(sounds[at], before, first=first, last=last)
    return result


def _quality(vowel: str, before: str | None, *, first: bool, last: bool) -> str:
    soft = before is not None and is_soft(before)
    if last and not first:
        found = (_LAST_AFTER_SOFT if soft else _LAST_AFTER_HARD).get(vowel)
        if found is not None:
            return found
    degrees = _AFTER_SOFT if soft else _AFTER_HARD
    if before is None or before in VOWELS:
        degrees = _WITHOUT_CONSONANT
    return degrees[vowel][0 if first else 1]
