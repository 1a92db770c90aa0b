"""A word of Russian text on its way to phonemes."""

from __future__ import annotations

from typing import NamedTuple

VOWELS = "аеёиоуыэюя"
CONSONANTS = "бвгджзйклмнпрстфхцчшщ"
LETTERS = frozenset(VOWELS + CONSONANTS + "ъь")


class Token(NamedTuple):
    """One word, or one part of a word with a hyphen, as it was read from the text.

    Attributes:
        word: Russian letters alone, in lower case; й and ё are one character each.
        marks: indices in ``word`` of the vowels that the user marked as stressed.
        pause: a pause stands before it: punctuation that parts phrases, or the beginning of the text.
        hyphen: it is joined to the token before by a hyphen, and is one word with it.
    """

    word: str
    marks: tuple[int, ...] = ()
    pause: bool = False
    hyphen: bool = False


class Stressed(NamedTuple):
    """One token with its stress.

    Attributes:
        word: that of the token, with ё restored.
        stresses: indices in ``word`` of the stressed vowels; none for a clitic or a word without vowels.
        clitic: ``-1`` it leans on the token before (же, ли), ``1`` on the one after (в, под, не), ``0`` it
            is a word by itself.
        source: what decided about the stress, for people: ``user mark``, ``exceptions``, ``silero``,
            ``dictionary``, ``neighbours``, ``ё``, ``one vowel``, ``clitic``, ``guess``.
    """

    word: str
    stresses: tuple[int, ...]
    clitic: int
    source: str
