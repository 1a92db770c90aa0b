"""TIMIT's 61 symbols, the phones as they were heard (Garofolo et al. 1993, NISTIR 4930).

A stop is two symbols, its closure and its burst (``tcl t``); together they are one phoneme. A closure that no
burst follows is a stop without audible release.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from phoneme_recognition.phonemes.notations.notation import of_table, of_text

_PHONES = of_text(
    """
    iy i   ih ɪ   eh ɛ   ey eɪ   ae æ   aa ɑ   aw aʊ   ay aɪ   ah ʌ   ao ɔ   oy ɔɪ   ow oʊ   uh ʊ
    uw u   ux ʉ   er ɝ   ax ə   ix ɨ   axr ɚ   ax-h ə̥
    b b   d d   g ɡ   p p   t t   k k   dx ɾ   q ʔ   jh d͡ʒ   ch t͡ʃ
    s s   sh ʃ   z z   zh ʒ   f f   th θ   v v   dh ð
    m m   n n   ng ŋ   em m̩   en n̩   eng ŋ̩   nx ɾ̃
    l l   r ɹ   w w   y j   hh h   hv ɦ   el l̩
    """
)
_CLOSURES = {"bcl": "b̚", "dcl": "d̚", "gcl": "ɡ̚", "pcl": "p̚", "tcl": "t̚", "kcl": "k̚"}

PHONES: Mapping[str, str] = {**_PHONES, **_CLOSURES}
"""Symbol → IPA, as broad as the symbols are (Zue and Seneff 1996 describe how they were used)."""

SILENCES = frozenset({"pau", "epi", "h#"})
"""Pauses, an epenthetic silence, and the beginning and end of a recording."""

BURSTS: Mapping[str, Collection[str]] = {
    "bcl": ("b",),
    "dcl": ("d", "jh"),
    "gcl": ("g",),
    "pcl": ("p",),
    "tcl": ("t", "ch"),
    "kcl": ("k",),
}
"""What a closure is the first part of."""

NOTATION = of_table(PHONES, SILENCES, BURSTS)
