"""Reading: Russian text of any kind to the words that are said, and to what cannot be said.

A text goes through ``clean`` (one spelling of each letter and mark), ``abbreviations``, ``numbers``,
``agreement`` and ``library`` (all that is written shorter than it is said), and ``tokens`` with ``words`` and
``acronyms``.
"""

from phoneme_recognition.phonemes.g2p.russian.reading.library import (
    REMEDY,
    missing_extra,
    reading_fingerprint,
)
from phoneme_recognition.phonemes.g2p.russian.reading.reader import Reading, read

__all__ = ["REMEDY", "Reading", "missing_extra", "read", "reading_fingerprint"]
