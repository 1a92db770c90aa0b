"""The 39 of TIMIT that are told apart in scoring (Lee and Hon 1989, Table I): 38 phonemes and ``sil``.

Lost on top of what the 48 lose: ɔ (→ ɑ), ə (→ ʌ), ɨ (→ ɪ), ʒ (→ ʃ), syllabic l and n, and every closure.
"""

from __future__ import annotations

from collections.abc import Mapping

from phoneme_recognition.phonemes.notations import timit48

FOLDED: Mapping[str, str] = {
    "ao": "aa",
    "ax": "ah",
    "ix": "ih",
    "el": "l",
    "en": "n",
    "zh": "sh",
    "cl": "sil",
    "vcl": "sil",
    "epi": "sil",
}
"""What becomes of a symbol of the 48; the others stay."""


def fold(symbol: str) -> str:
    """The one of the 39 that a symbol of the 61 or the 48 belongs to; others stay as they are."""
    symbol = timit48.fold(symbol)
    return FOLDED.get(symbol, symbol)


NOTATION = timit48.of_folding(fold)
