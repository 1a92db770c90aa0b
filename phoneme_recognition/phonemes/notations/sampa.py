"""SAMPA: what the charts of single languages share (Wells 1997), and what X-SAMPA extends.

All of X-SAMPA is read, as later charts use it too; only softness is written in the older way, ``t'``.
A chart that gives a symbol a sense of its own is another notation: the Russian one has ``S':`` for ɕː.
"""

from __future__ import annotations

from phoneme_recognition.phonemes.notations.ascii_ipa import of_ascii
from phoneme_recognition.phonemes.notations.xsampa import LETTERS, MARKS, PROSODY

NOTATION = of_ascii(LETTERS, {"'": MARKS["'"], **MARKS}, PROSODY)
