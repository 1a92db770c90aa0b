r"""X-SAMPA: the whole IPA in ASCII (Wells 1995, Computer-coding the IPA; chart of 2000).

A symbol is a letter with its diacritics (``t_h``, ``a_~``), two consonants that are one (``t_S`` or ``tS``),
or a diphthong (``aI``). Stress (``"`` and ``%``) may stand before the syllable or the vowel.
"""

from __future__ import annotations

from collections.abc import Mapping

from phoneme_recognition.phonemes.notations.ascii_ipa import of_ascii
from phoneme_recognition.phonemes.notations.notation import of_text

LETTERS: Mapping[str, str] = of_text(
    r"""
    a a   b b   c c   d d   e e   f f   g ɡ   h h   i i   j j   k k   l l   m m   n n   o o   p p   q q
    r r   s s   t t   u u   v v   w w   x x   y y   z z
    d` ɖ   l` ɭ   n` ɳ   r` ɽ   s` ʂ   t` ʈ   z` ʐ   r\` ɻ
    h\ ɦ   j\ ʝ   l\ ɺ   p\ ɸ   r\ ɹ   s\ ɕ   x\ ɧ   z\ ʑ
    A ɑ   B β   C ç   D ð   E ɛ   F ɱ   G ɣ   H ɥ   I ɪ   J ɲ   K ɬ   L ʎ   M ɯ   N ŋ   O ɔ   P ʋ   v\ ʋ
    Q ɒ   R ʁ   S ʃ   T θ   U ʊ   V ʌ   W ʍ   X χ   Y ʏ   Z ʒ
    B\ ʙ   G\ ɢ   H\ ʜ   I\ ᵻ   J\ ɟ   K\ ɮ   L\ ʟ   M\ ɰ   N\ ɴ   O\ ʘ   R\ ʀ   U\ ᵿ   X\ ħ
    1 ɨ   2 ø   3 ɜ   3\ ɞ   3` ɝ   4 ɾ   5 ɫ   6 ɐ   7 ɤ   8 ɵ   9 œ   & ɶ   @ ə   @\ ɘ   @` ɚ
    { æ   } ʉ   ? ʔ   ?\ ʕ   <\ ʢ   >\ ʡ   !\ ǃ   |\ ǀ   |\|\ ǁ   =\ ǂ
    b_< ɓ   d_< ɗ   J\_< ʄ   g_< ɠ   G\_< ʛ   p_< ƥ   t_< ƭ   c_< ƈ   k_< ƙ   q_< ʠ
    """
)
"""What stands by itself → IPA."""

MARKS: Mapping[str, str] = {
    "_0": "\u0325",  # voiceless
    "_v": "\u032c",  # voiced
    "_h": "ʰ",
    "_O": "\u0339",  # more rounded
    "_c": "\u031c",  # less rounded
    "_+": "\u031f",  # advanced
    "_-": "\u0320",  # retracted
    '_"': "\u0308",  # centralised
    "_x": "\u033d",  # mid-centralised
    "=": "\u0329",  # syllabic
    "_=": "\u0329",
    "_^": "\u032f",  # non-syllabic
    "`": "˞",
    "_t": "\u0324",  # breathy
    "_k": "\u0330",  # creaky
    "_N": "\u033c",  # linguolabial
    "_w": "ʷ",
    "_j": "ʲ",
    "'": "ʲ",
    "_G": "ˠ",
    "_?\\": "ˤ",
    "_e": "\u0334",  # velarised or pharyngealised
    "_r": "\u031d",  # raised
    "_o": "\u031e",  # lowered
    "_A": "\u0318",  # advanced tongue root
    "_q": "\u0319",  # retracted tongue root
    "_d": "\u032a",  # dental
    "_a": "\u033a",  # apical
    "_m": "\u033b",  # laminal
    "~": "\u0303",  # nasalised
    "_~": "\u0303",
    "_n": "ⁿ",
    "_l": "ˡ",
    "_}": "\u031a",  # no audible release
    "_>": "ʼ",
    "_X": "\u0306",  # extra short
    ":": "ː",
    ":\\": "ˑ",
    "_T": "\u030b",  # tones, as marks on the vowel
    "_H": "\u0301",
    "_M": "\u0304",
    "_L": "\u0300",
    "_B": "\u030f",
    "_R": "\u030c",
    "_/": "\u030c",
    "_F": "\u0302",
    "_\\": "\u0302",
    "_H_T": "\u1dc4",
    "_B_L": "\u1dc5",
    "_R_F": "\u1dc8",
}
"""What follows a letter → IPA."""

PROSODY = frozenset({".", "-", "-\\", "||", "!", "^", "<R>", "<F>"})
"""No phonemes: syllable break, separator, linking mark, intonation group, downstep, upstep, rise and fall."""

NOTATION = of_ascii(LETTERS, MARKS, PROSODY)
