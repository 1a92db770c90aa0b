"""Which backend speaks, by the same rule in every mode. Nothing heavy is imported for it."""

from __future__ import annotations

from phoneme_recognition.config.checks import AUTO
from phoneme_recognition.phonemes.vocabulary import Vocabulary


def choose_backend(g2p: str, language: str, vocabulary: Vocabulary | None) -> str:
    """The backend that ``phonemes.g2p`` means.

    Args:
        g2p: a short name or a class path; ``auto`` is Russian where the language is and the vocabulary is
            not one of Russian letters, which wants the text itself; elsewhere the text already is phonemes.
        language: of the text.
        vocabulary: what the phonemes are written in, where that is known.

    Returns:
        The name, never ``auto``.
    """
    if g2p != AUTO:
        return g2p
    symbols = vocabulary.phonemes if vocabulary else ()
    letters = any("а" <= sign <= "я" for symbol in symbols for sign in symbol)
    russian = language.lower().replace("_", "-").partition("-")[0] in ("ru", "rus")
    return "russian" if russian and not letters else "phonemes"
