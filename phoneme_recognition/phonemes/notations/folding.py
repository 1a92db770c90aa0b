"""The classic foldings of TIMIT's symbols: 61 to hear, 48 to train, 39 to score (Lee and Hon 1989)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.notations import timit39, timit48, timit61

_61 = frozenset([*timit61.PHONES, *timit61.SILENCES])
_48 = frozenset(symbol for symbol in map(timit48.fold, _61) if symbol)
_FOLDINGS: Mapping[tuple[str, str], tuple[frozenset[str], Callable[[str], str]]] = {
    ("timit61", "timit48"): (_61, timit48.fold),
    ("timit61", "timit39"): (_61, timit39.fold),
    ("timit48", "timit39"): (_48, timit39.fold),
}


def fold(symbols: Sequence[str], source: str, target: str) -> tuple[str, ...]:
    """Fold TIMIT's symbols to a smaller set. Silences stay, glottal stops (``q``) are left out.

    Args:
        symbols: of one recording.
        source: ``timit61`` or ``timit48``.
        target: ``timit48`` or ``timit39``.

    Raises:
        VocabularyError: there is no such folding, or symbols that the source has not; all of them are named.

    Example:
        >>> fold("h# sh iy hv ae dcl d".split(), "timit61", "timit39")
        ('sil', 'sh', 'iy', 'hh', 'ae', 'sil', 'd')
    """
    if (source, target) not in _FOLDINGS:
        known = ", ".join(f"{one} to {two}" for one, two in _FOLDINGS)
        raise VocabularyError(f"no folding from {source} to {target}", expected=known)
    known_symbols, folded = _FOLDINGS[source, target]
    unknown = dict.fromkeys(symbol for symbol in symbols if symbol not in known_symbols)
    if unknown:
        raise VocabularyError(f"{source} has no symbol {' '.join(unknown)}")
    return tuple(filter(None, map(folded, symbols)))
