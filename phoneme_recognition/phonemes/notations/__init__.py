"""Notations of phonemes, to and from IPA, so that labels in any of them can be trained on and scored.

Each notation is a file of its own, and the table in it says all about it. IPA is the hub: spelt as in the
chart of 2020, one token a phoneme, a tie bar in affricates, stress on the vowel (``ˈa``).
"""

from phoneme_recognition.phonemes.notations.confusable import confusable
from phoneme_recognition.phonemes.notations.convert import NOTATIONS, Span, from_ipa, split, to_ipa, to_spans
from phoneme_recognition.phonemes.notations.folding import fold
from phoneme_recognition.phonemes.notations.ipa import normalise_ipa

__all__ = [
    "NOTATIONS",
    "Span",
    "confusable",
    "fold",
    "from_ipa",
    "normalise_ipa",
    "split",
    "to_ipa",
    "to_spans",
]
