"""Regular text to tokens, and to what cannot be said."""

from __future__ import annotations

import re

from phoneme_recognition.phonemes.g2p.russian.reading.clean import ACUTE
from phoneme_recognition.phonemes.g2p.russian.reading.words import Spoken, name_letter, say
from phoneme_recognition.phonemes.g2p.russian.token import VOWELS, Token

# The accents that may follow a letter are no letters for a regular expression.
_LETTER = rf"[А-Яа-яЁё{ACUTE}]"
_SIGN = rf"[^\W_]|{ACUTE}"
# Punctuation carries no sound; some of it parts phrases.
_POINTS = r".,;:!?…()\[\]{}\"'/\\|*•·—–_\-"
_FOREIGN = rf"(?:(?!{_LETTER}+(?!{_SIGN}))(?:{_SIGN})++|[^\w\s{_POINTS}{ACUTE}]++)"
_PIECE = re.compile(
    rf"(?P<word>{_LETTER}+(?:'{_LETTER}+)*(?!{_SIGN}))"
    rf"|(?P<foreign>{_FOREIGN}(?:[-.,:/'_?]*{_FOREIGN})*+)"
    rf"|(?P<points>[{_POINTS}]+)"
)
_PARTING = re.compile(r"[.,;:!?…()\[\]{}|—–-]")
_SMALL_WORD = re.compile(r"[а-яё]{2}")
_CAPITAL_WORD = re.compile(r"[А-ЯЁ]{2}")

# Consonants that are words by themselves: prepositions and particles.
_SMALL_CONSONANT_WORDS = "вксбж"
_CAPITAL_CONSONANT_WORDS = "ВКС"


def tokenize(line: str) -> tuple[list[Token], list[str]]:
    """Take a line apart.

    Args:
        line: regular text (see ``clean``) without line breaks, all expanded that can be.

    Returns:
        Its tokens, the first with a pause before it, and the runs of characters that cannot be said.
    """
    tokens: list[Token] = []
    unsaid: list[str] = []
    pause, hyphen, end = True, False, -1
    shouted = _CAPITAL_WORD.search(line) is not None and _is_shouted(line)
    for match in _PIECE.finditer(line):
        piece, kind = match[0], match.lastgroup
        if kind == "points":
            hyphen = (
                piece == "-" and end == match.start() and not line[match.end() : match.end() + 1].isspace()
            )
            pause = pause or (not hyphen and _PARTING.search(piece) is not None)
            continue
        said = () if kind == "foreign" else _say_piece(line, match, shouted)
        if not said:
            unsaid.append(piece)
            hyphen = False
            continue
        for number, (word, marks) in enumerate(said):
            joined = number > 0 or (hyphen and not pause)
            tokens.append(Token(word, marks, pause, joined))
            pause = False
        hyphen, end = False, match.end()
    return tokens, unsaid


def _say_piece(line: str, match: re.Match[str], shouted: bool) -> tuple[Spoken, ...]:
    letters = match[0]
    if len(letters) > 1:
        return say(letters, shouted)
    if letters.lower() in VOWELS:
        return (Spoken(letters.lower()),)
    if _is_small_word(line, match, shouted):
        return (Spoken(letters.lower()),)
    return (name_letter(letters),)


def _is_small_word(line: str, match: re.Match[str], shouted: bool) -> bool:
    """Whether a lone consonant is a preposition, a particle or a stutter and not the name of a letter."""
    letter, start, end = match[0], match.start(), match.end()
    after, ahead = line[end : end + 2].lower(), line[max(0, start - 2) : start].lower()
    if after == f"-{letter.lower()}" or ahead == f"{letter.lower()}-":
        return True
    if letter in _SMALL_CONSONANT_WORDS:
        return True
    if letter not in _CAPITAL_CONSONANT_WORDS or not line[end : end + 3].lstrip(' ,-"')[:1].isalnum():
        return False
    before = line[:start].rstrip(' "([')
    opened = start > 0 and line[start - 1] in '"(['
    return shouted or opened or not before or before[-1] in ".!?…:—–-"


def _is_shouted(line: str) -> bool:
    """Whether the whole line is in capitals, more than one word of them."""
    return _SMALL_WORD.search(line) is None and len(_CAPITAL_WORD.findall(line)) > 1 and " " in line.strip()
