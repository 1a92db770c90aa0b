"""Spellings of IPA that are typed in place of the letters of the chart, and letters that look like them.

Sources: the IPA chart of 2020; Moran and Cysouw 2018, The Unicode Cookbook for Linguists, chapters 4 and 5;
the conventions of PHOIBLE (Moran and McCloy 2019). All in Unicode's decomposed form (NFD).
"""

from __future__ import annotations

from typing import NamedTuple

TIE = "\u0361"


class Variant(NamedTuple):
    """What is typed, what the chart has, and the difference in words."""

    typed: str
    ipa: str
    reason: str


_LIGATURE = "a ligature and two letters with a tie bar"
_LOOK = "a letter of another alphabet or an old one, and the letter of the IPA chart"
_HOOK = "a palatal hook and the modifier ʲ"
_ABOVE = "a mark above and the same mark below the letter"

VARIANTS = (
    Variant("g", "ɡ", "ASCII g (U+0067) and IPA ɡ (U+0261)"),
    Variant("\u035c", TIE, "a tie bar below (U+035C) and above (U+0361)"),
    Variant("ʦ", "t͡s", _LIGATURE),
    Variant("ʣ", "d͡z", _LIGATURE),
    Variant("ʧ", "t͡ʃ", _LIGATURE),
    Variant("ʤ", "d͡ʒ", _LIGATURE),
    Variant("ʨ", "t͡ɕ", _LIGATURE),
    Variant("ʥ", "d͡ʑ", _LIGATURE),
    Variant("ꭧ", "ʈ͡ʂ", _LIGATURE),
    Variant("ꭦ", "ɖ͡ʐ", _LIGATURE),
    Variant("t\u0320ʃ", "tʃ", "an affricate with and without the mark of its place"),
    Variant("d\u0320ʒ", "dʒ", "an affricate with and without the mark of its place"),
    Variant("t\u0320͡ʃ", "t͡ʃ", "an affricate with and without the mark of its place"),
    Variant("d\u0320͡ʒ", "d͡ʒ", "an affricate with and without the mark of its place"),
    Variant("ə˞", "ɚ", "ə with a hook beside it and ɚ"),
    Variant("ɜ˞", "ɝ", "ɜ with a hook beside it and ɝ"),
    Variant("l\u0334", "ɫ", "l with a tilde over it and ɫ"),
    Variant("\u0331", "\u0320", "a macron below (U+0331) and the minus of retraction (U+0320)"),
    Variant("\u030a", "\u0325", _ABOVE),
    Variant("\u030d", "\u0329", _ABOVE),
    Variant("\u0311", "\u032f", _ABOVE),
    Variant("ˁ", "ˤ", "ˁ (U+02C1) and ˤ (U+02E4)"),
    Variant("ʻ", "ʰ", "ʻ, once used for aspiration, and ʰ"),
    Variant("\u0321", "ʲ", _HOOK),
    Variant("ƫ", "tʲ", _HOOK),
    *(
        Variant(hook, f"{letter}ʲ", _HOOK)
        for hook, letter in zip("ᶀᶁᶂᶄᶅᶆᶇᶈᶉᶊᶌᶎ", "bdfklmnprsvz", strict=True)
    ),
    Variant("ᶃ", "ɡʲ", _HOOK),
    Variant("ᶍ", "xʲ", _HOOK),
    *(Variant(*pair, _LOOK) for pair in zip("ǝɩɷ∫αεγφϕꞵꭓɁɂʇʗ!ʖ", "əɪʊʃɑɛɣɸɸβχʔʔǀǃǃǁ", strict=True)),
)
"""Rows that are replaced wherever they stand in a symbol, in this order."""

COLON = Variant(":", "ː", "a colon and the length mark ː (U+02D0)")
STRESS = Variant("'’ʹ′", "ˈ", "an apostrophe and the stress mark ˈ (U+02C8)")
EJECTIVE = Variant("'’", "ʼ", "an apostrophe and the ejective mark ʼ (U+02BC)")
PALATAL = Variant("ʹ′", "ʲ", "a prime and the modifier ʲ")
UNTIED = Variant("", TIE, "an affricate with and without its tie bar")

CYRILLIC = dict(zip("аеорсхуіјѕһәӕԛԝзвнк", "aeopcxyijshəæqwɜʙʜk", strict=True))
"""Cyrillic letters that look like letters of the IPA. Never replaced: labels may be Cyrillic letters."""

_SECOND = "sʃɕθɬʂ zʒʑðɮʐ ʂ ʐ fɸ vβ ç ʝ xp ɣb χ ʁ m"
AFFRICATES = frozenset(
    one + two for one, seconds in zip("tdʈɖpbcɟkɡqɢŋ", _SECOND.split(), strict=True) for two in seconds
)
"""Pairs of letters that one symbol joins with a tie bar; PHOIBLE and many others leave it out."""
