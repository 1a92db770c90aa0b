"""The way of one text: made regular, written out where something is to be written out, taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.russian.reading.abbreviations import expand_abbreviations
from phoneme_recognition.phonemes.g2p.russian.reading.agreement import agree
from phoneme_recognition.phonemes.g2p.russian.reading.clean import clean
from phoneme_recognition.phonemes.g2p.russian.reading.library import is_ready, write_out
from phoneme_recognition.phonemes.g2p.russian.reading.numbers import correct
from phoneme_recognition.phonemes.g2p.russian.reading.tokens import tokenize
from phoneme_recognition.phonemes.g2p.russian.token import Token


class Reading(NamedTuple):
    """What of a text is said and what is not.

    Attributes:
        tokens: its words in order, numbers and shortened words written out.
        unsaid: what cannot be said, as it stands in the text and in order.
    """

    tokens: tuple[Token, ...]
    unsaid: tuple[str, ...]


# Most lines are of words, and have no point but at the end.
_WORDS = '[А-Яа-яЁё\u0301 ,;:!?"()—–]*'
_ORDINARY = re.compile(f'{_WORDS}(?:(?<= )- {_WORDS})*[.!?…]*"?')
_LONE_UNIT = re.compile(r"\b(?:к[мг]|мл[нр]|трлн|пгт|Х+ в)")
_NUMBERS = re.compile(
    r"[\d№%‰$€£₽¥°§²³½¼¾⅓⅔⅛]|(?<![\w-])(?:[IVXLCDM]+(?!\w)|(?:млн|млрд|трлн|км|кг|пгт|ж/д|с/х|ж\.-д|с\.-х)(?!\w)"
    r"|Х+(?=\s(?:в|век)))"
)
_POINTED = re.compile(r"(\w+)\.")
_SHORTENED_TEXT = """
г гг в вв ул пер пл пос обл респ оз р о с д дер кв руб коп дол долл тыс млн млрд трлн чел шт мин сек ч
проф акад доц ген полк кап лейт инж тов гр т н гл рис табл стр ст св прим прил ред сост мед тех нар засл
гос муниц англ нем франц рус лат греч бул ш корп эт полит офиц псевд экз перев междунар ок др пр тел яз э напр
"""
_SHORTENED = frozenset(_SHORTENED_TEXT.split())


def read(texts: Sequence[str]) -> list[Reading]:
    """Read texts: any Unicode, of any length.

    Args:
        texts: the texts; line breaks inside are pauses.

    Returns:
        One reading for each, in order. No text makes it raise.
    """
    return [_read_text(text) for text in texts]


def _read_text(text: str) -> Reading:
    tokens: list[Token] = []
    unsaid: list[str] = []
    for line in clean(text).split("\n"):
        lost: tuple[str, ...] = ()
        if not _is_ordinary(line):
            line = expand_abbreviations(line)
            if _NUMBERS.search(line) or not _SHORTENED.isdisjoint(_POINTED.findall(line.lower())):
                line, lost = _expand(line)
        said, left = tokenize(line)
        tokens += said
        unsaid += [*left, *lost]
    return Reading(tuple(tokens), tuple(unsaid))


def _is_ordinary(line: str) -> bool:
    """Whether all words of a line are said as they stand, seen at a glance."""
    if not _ORDINARY.fullmatch(line) or _LONE_UNIT.search(line):
        return False
    return line.rstrip('.!?… "').rpartition(" ")[2].lower() not in _SHORTENED


@lru_cache(maxsize=1024)
def _expand(line: str) -> tuple[str, tuple[str, ...]]:
    if not is_ready():
        return line, ()
    written, lost = write_out(agree(correct(line, lambda number: write_out(number)[0])))
    return written, tuple(lost)
