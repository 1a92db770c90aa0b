"""Which backend speaks and where its vocabulary is, by one rule in every mode. Nothing heavy is imported."""

from __future__ import annotations

from pathlib import Path

from phoneme_recognition.config.checks import AUTO
from phoneme_recognition.phonemes.vocabulary import Vocabulary

# Where the vocabularies that come with the project stand, also when it is run from another folder.
_PROJECT_ROOT = Path(__file__).resolve().parents[2]


def place_of_vocabulary(vocab_file: str) -> Path:
    """The file that ``model.vocab_file`` means: seen from the working folder, or one of the project's."""
    path = Path(vocab_file)
    shipped = _PROJECT_ROOT / path
    return shipped if not path.exists() and shipped.exists() else path


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
