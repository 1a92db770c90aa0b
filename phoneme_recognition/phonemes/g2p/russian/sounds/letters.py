"""Letters to sounds: which letter stands for which consonant, and what softens it.

A word comes as it was respelt: lower case, stressed vowels as capitals. Vowels leave as what they are under
stress (``a o e i ɨ u``), with ``ˈ`` where they have it; their reduction is the work of ``vowels``.
"""

from __future__ import annotations

PAIRED = dict(zip("бвгдзклмнпрстфх", "bvɡdzklmnprstfx", strict=True))
"""Consonants that are hard or palatalised, as their neighbour says (Avanesov, § 48)."""

UNPAIRED = {"ж": "ʐ", "ш": "ʂ", "ц": "t͡s", "ч": "t͡ɕ", "щ": "ɕː", "й": "j"}
"""Always hard ж, ш, ц; always soft ч, щ, й."""

VOWEL_LETTERS = dict(zip("аяоёэеыиую", "aaooeeɨiuu", strict=True))
SOFTENING = frozenset("еёиюяь")
IOTATED = frozenset("еёюя")
ALWAYS_HARD = frozenset("жшц")
# After these, or at the beginning, е ё ю я are two sounds; after a hyphen or a clitic a word begins anew.
APART = frozenset("аеёиоуыэюяъь_=")

STRESS = "ˈ"
VOWELS = frozenset("aoeiɨu") | {STRESS + vowel for vowel in "aoeiɨu"}
ALWAYS_SOFT = frozenset({"j", "t͡ɕ", "ɕː"})


def is_soft(sound: str) -> bool:
    """Whether a consonant is palatalised, or soft by nature."""
    return sound.endswith("ʲ") or sound in ALWAYS_SOFT


def to_sounds(spelling: str) -> list[str]:
    """Sounds of a respelt word, or of several with ``_`` or ``=`` between them.

    Args:
        spelling: letters, capitals for stressed vowels; the two signs are passed on as they are.

    Returns:
        Consonants, vowels in full quality, and the signs.
    """
    sounds: list[str] = []
    for at, letter in enumerate(spelling):
        low = letter.lower()
        before = spelling[at - 1].lower() if at else "_"
        if low in PAIRED:
            soft = spelling[at + 1 : at + 2].lower() in SOFTENING and at + 1 < len(spelling)
            sounds.append(PAIRED[low] + "ʲ" * soft)
        elif low in UNPAIRED:
            sounds.append(UNPAIRED[low])
        elif low in VOWEL_LETTERS:
            sounds += _vowel(letter, low, before)
        elif low not in "ъь":
            sounds.append(letter)
    return sounds


def _vowel(letter: str, low: str, before: str) -> list[str]:
    """The vowel, after a ``j`` where the letter brings one."""
    # ь parts a consonant from и and, in loan words, from о: чьи, бульон.
    iotated = (low in IOTATED and before in APART) or (low in "ио" and before == "ь")
    quality = "ɨ" if low == "и" and before in ALWAYS_HARD else VOWEL_LETTERS[low]
    # ё is said with its full quality even where another syllable bears the main stress: трёхэта́жный.
    stressed = letter != low or low == "ё"
    return ["j"] * iotated + [STRESS * stressed + quality]
