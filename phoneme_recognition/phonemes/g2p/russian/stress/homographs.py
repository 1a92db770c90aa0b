"""Homographs that the neighbouring words decide better than the network does.

Each row was added because silero-stress 1.5 has it wrong in plain sentences. Where no row fits, the
network decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, parse_marked
from phoneme_recognition.phonemes.g2p.russian.token import Token

# After these a noun is in the genitive singular: два учи́теля, нет сестры́, у сестры́.
_COUNTS = "два две оба обе три четыре полтора полторы"
_PREPOSITIONS = "нет без для до от из у около против ни"
_COUNTED = frozenset(f"{_COUNTS} {_PREPOSITIONS}".split())
_SINGULAR = {"глаза": "гл+аза", "учителя": "уч+ителя", "сестры": "сестр+ы"}
_PLURAL = {"глаза": "глаз+а"}
# «Все» with a plural verb, or with a word that goes with people: everybody, not everything.
_PLURAL_VERB = re.compile(r"(ли|лись|[уюая]т|[уюая]тся)$")
_POSSESSIVE = "свои мои твои наши ваши эти те"
_PLURAL_WORDS = "вместе против готовы они мы вы люди дети другие остальные"
_OF_PEOPLE = frozenset(f"{_POSSESSIVE} {_PLURAL_WORDS}".split())
_SUBJECTS = frozenset({"они", "мы", "вы", "люди"})  # они всё знают
_REACH = 3


def decide(sentence: Sequence[Token], index: int) -> Marked | None:
    """The reading of a homograph by its neighbours; None where they do not say."""
    word = sentence[index].word
    if word in _SINGULAR:
        counted = index > 0 and not sentence[index].pause and sentence[index - 1].word in _COUNTED
        reading = _SINGULAR[word] if counted else _PLURAL.get(word)
        return None if reading is None else parse_marked(reading)
    if word == "все" and _is_of_people(sentence, index):
        return parse_marked("вс+е")
    return None


def _is_of_people(sentence: Sequence[Token], index: int) -> bool:
    if index and sentence[index - 1].word in _SUBJECTS:
        return False
    for token in sentence[index + 1 : index + 1 + _REACH]:
        if token.pause:
            return False
        if token.word in _OF_PEOPLE or _PLURAL_VERB.search(token.word):
            return True
    return False
