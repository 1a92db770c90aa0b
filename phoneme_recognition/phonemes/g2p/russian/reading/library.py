"""The optional library ``ru-normalizr``, which writes out numbers, dates and units in the right form.

It is asked on text in which something has to be written out. What it must not touch (stress marks, foreign
words, symbols) is taken out of its way and put back.
"""

from __future__ import annotations

import logging
import re
from difflib import SequenceMatcher
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Protocol

from phoneme_recognition.phonemes.g2p.russian.reading.clean import ACUTE

logger = logging.getLogger(__name__)

REMEDY = "pip install 'phoneme-recognition[russian]'"
"""What a user has to do so that numbers and dates are said."""

_WORD = re.compile(r"[А-Яа-яЁё]+")
_MARKED_WORD = re.compile(rf"[А-Яа-яЁё]+(?:{ACUTE}[А-Яа-яЁё]*)*")

# Placeholders from the end of Unicode's private use; the library uses lower ones itself.
_FIRST, _LAST = 0x101800, 0x10FFFD
_PLACEHOLDER = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_ADDRESS = r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w.])(?:[A-Za-z][\w-]*\.)+[A-Za-z]{2,}\b"
# What the library knows among symbols and Latin letters; the rest is kept from it.
_KNOWN_SYMBOLS = r"\w\s.,;:!?…()\[\]\"'/\\|*•·—–\-+=<>≤≥≈≠±×÷√^%‰°′″$€₽№§²³½¼¾⅓⅔⅛⅜⅝⅞⁰¹⁴-⁹₀-₉−"
_UNITS = (
    "km|m|cm|mm|kg|g|mg|l|ml|s|ms|h|min|W|kW|MW|V|kV|A|mA|Hz|kHz|MHz|GHz|"
    "KB|kB|MB|GB|TB|Kb|Mb|Gb|dB|C|F|Pa|kPa"
)
_NO_UNIT = rf"(?!(?<=[\d°])(?:{_UNITS})\b)(?!(?<=[\d°] )(?:{_UNITS})\b)"
_FOREIGN_WORD = rf"(?<![A-Za-z])(?![IVXLCDM]+(?![A-Za-z])){_NO_UNIT}[A-Za-z]+"
_MEASURE = rf"(?:\d+(?:{_UNITS})\b|(?:km|m|cm|mm)[²³]?(?!\w))"
_CODE = rf"(?<!\w)(?!{_MEASURE})(?=[A-Za-z]*[\d²³₀-₉])(?=[\d²³₀-₉]*[A-Za-z])[A-Za-z\d²³₀-₉]+\w*"
_OTHER_LETTER = r"(?![A-Za-zА-Яа-яЁё\d²³½¼¾⅓⅔⅛⅜⅝⅞⁰¹⁴-⁹₀-₉])[^\W_]"
_OTHER_WORD = rf"(?<!\w)[А-Яа-яЁё]*{_OTHER_LETTER}[^\W\d_]*|(?:{_OTHER_LETTER})+"
_PRIVATE = f"[{chr(0xE000)}-{chr(0xF8FF)}]+"
_KEEP = re.compile(
    rf"{_ADDRESS}|{_CODE}|{_FOREIGN_WORD}|[^{_KNOWN_SYMBOLS}]+|{_OTHER_WORD}|\d{{25,}}|{_PRIVATE}"
)
# 10–15 is written «десять — пятнадцать» and 14:30 «четырнадцать, тридцать»: nobody pauses there.
_RANGE_OR_TIME = re.compile(r"(?<![\d-])\d+ ?[:–—-] ?\d+(?![\d-])")
_NUMERAL = (
    r"(?:ноль|нол|один|одн|два|две|дву|тр[иеё]|четыр|четвёрт|пят|шест|сем|седьм|вос[ье]м|девят|десят|девяност|сорок|"
    r"сто\b|ста\b|сот|двест|перв|втор|тысяч|миллион)"
)
_PAUSE_BETWEEN_NUMBERS = re.compile(rf"(?<=\w)(?<!\d)(?: —|,) (?={_NUMERAL})")

# Longer than most sentences that people label; what is done here takes more than twice the time for twice the
# length.
_LONGEST = 500


class _Normalizer(Protocol):
    def normalize(self, text: str) -> str: ...


@lru_cache(maxsize=1)
def _normalizer() -> _Normalizer | None:
    try:
        library = import_module("ru_normalizr")
    except ImportError:
        return None
    options = library.NormalizeOptions.safe(enable_dictionary_normalization=False)
    normalizer: _Normalizer = library.Normalizer(options)
    return normalizer


def reading_fingerprint() -> str:
    """The libraries' versions: what is written out how depends on them."""
    found = []
    for name in ("ru-normalizr", "pymorphy3"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def missing_extra() -> bool:
    """Whether the library is not installed, so that digits are left unsaid; ``REMEDY`` says what to do.

    It is quick: nothing is imported.
    """
    return find_spec("ru_normalizr") is None


def is_ready() -> bool:
    """Whether the library can be asked; the first call imports it."""
    return _normalizer() is not None


def write_out(line: str) -> tuple[str, list[str]]:
    """Write numbers, dates, units and shortened words out.

    Args:
        line: regular text without line breaks.

    Returns:
        The line with all written out that the library can (as it was where the library is not installed or
        fails), and what the library dropped against our will.
    """
    normalizer = _normalizer()
    if normalizer is None:
        return line, []
    parts = [_write_part(part, normalizer) for part in _parts(line)]
    return " ".join(written for written, _ in parts), [run for _, lost in parts for run in lost]


def _write_part(line: str, normalizer: _Normalizer) -> tuple[str, list[str]]:
    kept: list[str] = []
    bare = _KEEP.sub(lambda match: _keep(match[0], kept), line.replace(ACUTE, ""))
    try:
        written = normalizer.normalize(bare)
    except Exception:
        # The library is no part of ours: whatever strange text trips it, the text goes on as it stands.
        logger.debug("ru-normalizr failed on %r", line, exc_info=True)
        return line, []
    back = _PLACEHOLDER.findall(written)
    lost = [run for number, run in enumerate(kept) if chr(_FIRST + number) not in back]
    restored = _PLACEHOLDER.sub(lambda match: _restore(match[0], kept), written)
    if _RANGE_OR_TIME.search(line):
        restored = _PAUSE_BETWEEN_NUMBERS.sub(" ", restored)
    return (_mark_again(line, restored) if ACUTE in line else restored), lost


def _keep(run: str, kept: list[str]) -> str:
    if len(kept) > _LAST - _FIRST:
        return run
    kept.append(run)
    return chr(_FIRST + len(kept) - 1)


def _restore(placeholder: str, kept: list[str]) -> str:
    number = ord(placeholder) - _FIRST
    return kept[number] if number < len(kept) else ""


def _parts(line: str) -> list[str]:
    """A long line in pieces, cut at ends of sentences or at least at blanks."""
    parts = []
    while len(line) > _LONGEST:
        cut = max(line.rfind(". ", 0, _LONGEST) + 1, line.rfind("! ", 0, _LONGEST) + 1)
        cut = cut or line.rfind(" ", 0, _LONGEST)
        cut = cut if cut > 0 else _LONGEST
        parts.append(line[:cut])
        line = line[cut:]
    return [*parts, line]


def _mark_again(line: str, written: str) -> str:
    """Give the words that stand in both texts the stress marks that they had in the first."""
    marked = [match[0] for match in _MARKED_WORD.finditer(line)]
    before = [word.replace(ACUTE, "").lower() for word in marked]
    places = list(_WORD.finditer(written))
    after = [place[0].lower() for place in places]
    pieces: list[str] = []
    end = 0
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            place = places[block.b + step]
            pieces += [written[end : place.start()], marked[block.a + step]]
            end = place.end()
    return "".join([*pieces, written[end:]])
