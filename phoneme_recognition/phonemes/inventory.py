"""Which phonemes labels are made of: their notation, and whether stress and reduced vowels count.

Labels, references and what a backend says all go through the same inventory; it is stored with the model.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache

from phoneme_recognition.errors import CheckpointError
from phoneme_recognition.phonemes.notations.convert import Span, find, read_alone, to_spans
from phoneme_recognition.phonemes.notations.ipa import STRESS_MARKS

FULL_VOWELS: Mapping[str, str] = {"ə": "a", "ɐ": "a", "ɪ": "i", "ʊ": "u"}
"""Reduced vowel of Russian → the phoneme it is counted as where reduction does not count."""

_WITHOUT_STRESS = str.maketrans("", "", STRESS_MARKS)


@dataclass(frozen=True)
class Inventory:
    """How symbols become the phonemes that a vocabulary holds.

    Args:
        notation: that of the labels, one of ``phoneme_recognition.phonemes.notations.NOTATIONS``.
        keep_stress: ``ˈa`` and ``a`` are two phonemes.
        keep_reduction: Russian ``ə``, ``ɐ``, ``ɪ`` and ``ʊ`` are phonemes beside ``a``, ``i`` and ``u``.
            Has to stay true for a language in which these vowels are contrasts and not reductions.

    Raises:
        UserError: there is no such notation.

    Example:
        >>> Inventory(keep_stress=False, keep_reduction=False).apply(["k", "ɐ", "r", "ˈo", "v", "ə"])
        ('k', 'a', 'r', 'o', 'v', 'a')
    """

    notation: str = "ipa"
    keep_stress: bool = True
    keep_reduction: bool = True

    def __post_init__(self) -> None:
        find(self.notation)

    def apply(self, symbols: Sequence[str], known: Container[str] = frozenset()) -> tuple[str, ...]:
        """The phonemes of a label.

        Args:
            symbols: of one recording, in order; ``|`` stays, and so does what the notation does not know, so
                that the vocabulary names it.
            known: symbols of the vocabulary; of labels in IPA these keep their spelling.
        """
        kept = known if self.notation == "ipa" else ()
        alone = [
            _merge(symbol, self.keep_stress, self.keep_reduction)
            if symbol in kept
            else _alone(symbol, self.notation, self.keep_stress, self.keep_reduction)
            for symbol in symbols
        ]
        if None in alone:  # a closure, or stress before a consonant: what they mean depends on what follows
            return tuple(span.phoneme for span in self.spans(symbols, known))
        return tuple(filter(None, alone))

    def spans(self, symbols: Sequence[str], known: Container[str] = frozenset()) -> list[Span]:
        """As ``apply``, with the symbols that each phoneme came from, for labels with times.

        A phoneme may come from two symbols (TIMIT's ``tcl t``), and marks of pauses from none of them.
        """
        kept = known if self.notation == "ipa" else ()
        return [
            span._replace(phoneme=_merge(span.phoneme, self.keep_stress, self.keep_reduction))
            for span in to_spans(symbols, self.notation, kept)
        ]

    def to_dict(self) -> dict[str, str | bool]:
        """The settings, as they are stored with a model."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, object]) -> Inventory:
        """The inventory of stored settings; what is not there has its default.

        Raises:
            CheckpointError: these are no such settings.
        """
        kinds = {field.name: type(field.default) for field in fields(cls)}
        wrong = {
            name: value
            for name, value in settings.items()
            if name not in kinds or not isinstance(value, kinds[name])
        }
        if wrong:
            raise CheckpointError("the stored inventory", expected=", ".join(kinds), got=str(wrong))
        return cls(**settings)  # type: ignore[arg-type]  # just checked


@lru_cache(maxsize=8192)
def _merge(phoneme: str, keep_stress: bool, keep_reduction: bool) -> str:
    """Reduction first: a stressed vowel is never reduced."""
    merged = phoneme if keep_reduction else FULL_VOWELS.get(phoneme, phoneme)
    return merged if keep_stress else merged.translate(_WITHOUT_STRESS)


@lru_cache(maxsize=8192)
def _alone(symbol: str, notation: str, keep_stress: bool, keep_reduction: bool) -> str | None:
    phoneme = read_alone(symbol, notation)
    return _merge(phoneme, keep_stress, keep_reduction) if phoneme else phoneme
