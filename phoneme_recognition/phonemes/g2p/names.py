"""The backends by their short names, and how one is made."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from phoneme_recognition.errors import UserError

if TYPE_CHECKING:
    from phoneme_recognition.phonemes.g2p.backend import G2P
    from phoneme_recognition.phonemes.vocabulary import Vocabulary

_HERE = "phoneme_recognition.phonemes.g2p"
NAMES = {
    "russian": f"{_HERE}.russian.g2p.RussianG2P",
    "lexicon": f"{_HERE}.lexicon.LexiconG2P",
    "phonemes": f"{_HERE}.phonemes.PhonemesG2P",
    "espeak": f"{_HERE}.espeak.EspeakG2P",
    "epitran": f"{_HERE}.epitran.EpitranG2P",
}


def make_backend(
    name: str,
    arguments: Mapping[str, object] | None = None,
    *,
    language: str = "",
    vocabulary: Vocabulary | None = None,
) -> G2P:
    """Make a backend.

    Args:
        name: one of ``NAMES``, or the dotted path of a class.
        arguments: what its constructor takes.
        language: given to it where it takes a language and the arguments name none.
        vocabulary: the same.

    Raises:
        UserError: there is no such class, or it does not take these arguments.
    """
    constructor = _class(name)
    taken = inspect.signature(constructor).parameters
    filled = {"language": language, "vocabulary": vocabulary}
    given: dict[str, object] = {key: value for key, value in filled.items() if key in taken and value}
    given |= arguments or {}
    try:
        inspect.signature(constructor).bind(**given)
    except TypeError as error:
        raise UserError(f"g2p backend {name}: {error}", expected=f"some of: {', '.join(taken)}") from None
    return cast("G2P", constructor(**given))


def _class(name: str) -> type:
    module, _, attribute = NAMES.get(name, name).rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute) if module else None
    except (ImportError, AttributeError) as error:
        raise UserError(f"g2p backend {name!r} cannot be imported", got=str(error)) from None
    if not isinstance(found, type):
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        raise UserError(
            f"no g2p backend {name!r}", expected=f"{', '.join(NAMES)} or a class path", remedy=hint
        )
    return found
