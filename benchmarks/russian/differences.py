"""Where what was said and the labels differ, letter by letter.

The labels of festvox-ru have no word boundaries. But every vowel letter of its texts is one vowel in them and
in what our backend says: so both are cut at their vowels, and the consonants between two vowels are aligned,
with each other and with the letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from phoneme_recognition.phonemes.g2p.backend import Word
from phoneme_recognition.phonemes.g2p.russian.sounds.letters import PAIRED, UNPAIRED

VOWEL_LETTERS = frozenset("аеёиоуыэюяАЕЁИОУЫЭЮЯ")
_VOWELS = frozenset("aeiouɨɐəɪʊ")
_CONSONANTS = PAIRED | UNPAIRED
_VOICELESS = dict(zip("bvɡdzʐ", "pfktsʂ", strict=True))
_WORD = re.compile(r"[а-яё+]+(?:-[а-яё+]+)*")

Pair = tuple[int | None, int | None]


class Difference(NamedTuple):
    """One phone that differs.

    Attributes:
        at: index of its letter in the utterance's spelling.
        ours: what we say; empty where we say nothing.
        labels: what the labels have.
    """

    at: int
    ours: str
    labels: str


class StressDifference(NamedTuple):
    """A word with stress on other vowels; the vowels are counted from 0."""

    utterance: str
    word: str
    start: int
    end: int
    ours: tuple[int, ...]
    labels: tuple[int, ...]


class Utterance(NamedTuple):
    """One sentence.

    Attributes:
        name: that of the corpus.
        spelling: its words as we read them, stressed vowels as capitals, a blank between words, a comma
            with a blank where punctuation stands.
        slots: all places, also those where nothing differs.
    """

    name: str
    spelling: str
    slots: tuple[Difference, ...]

    @classmethod
    def of(cls, name: str, text: str, labels: Sequence[str], words: Sequence[Word]) -> Utterance:
        """Align what was said with the labels."""
        spelling = _spelling(text, words)
        ours = [phone for word in words for phone in word.phonemes]
        return cls(name, spelling, tuple(_slots(spelling, ours, labels)))


def is_vowel(phone: str) -> bool:
    """Whether a phone is a vowel."""
    return phone.removeprefix("ˈ") in _VOWELS


def stress_differences(utterance: Utterance) -> list[StressDifference]:
    """The words whose stress the labels place otherwise, parts of hyphened words by themselves."""
    found = []
    for match in re.finditer(r"[^ ,-]+", utterance.spelling):
        start, end = match.span()
        vowels = [slot for slot in utterance.slots if start <= slot.at < end and is_vowel(slot.ours)]
        ours = tuple(at for at, slot in enumerate(vowels) if slot.ours.startswith("ˈ"))
        labels = tuple(at for at, slot in enumerate(vowels) if slot.labels.startswith("ˈ"))
        if ours != labels:
            found.append(StressDifference(utterance.name, match[0], start, end, ours, labels))
    return found


def _spelling(text: str, words: Sequence[Word]) -> str:
    text = text.lower().replace("'", "")
    spans = [match.span() for match in _WORD.finditer(text)]
    if len(spans) != len(words):
        raise ValueError(f"{len(words)} words were said of: {text}")
    gaps = ["", *(", " if text[one[1] : two[0]].strip() else " " for one, two in pairwise(spans))]
    marked = [re.sub(r"\+(.)", lambda match: match[1].upper(), word.text) for word in words]
    return "".join(gap + word for gap, word in zip(gaps, marked, strict=True))


def _slots(spelling: str, ours: Sequence[str], labels: Sequence[str]) -> Iterator[Difference]:
    rows = (_cut(spelling, VOWEL_LETTERS.__contains__), _cut(ours, is_vowel), _cut(labels, is_vowel))
    start = 0
    for number, (letters, said, wanted) in enumerate(zip(*rows, strict=True)):
        if number % 2:
            yield Difference(start, ours[said[0]], labels[wanted[0]])
            start += 1
            continue
        sounds = [ours[at] for at in said], [labels[at] for at in wanted]
        for at, *phones in _cluster([spelling[at] for at in letters], *sounds):
            yield Difference(start + at, *phones)
        start += len(letters)


def _cut(symbols: Sequence[str], is_one: Callable[[str], bool]) -> list[list[int]]:
    """Indices: consonants, a vowel, consonants, a vowel, ..."""
    runs: list[list[int]] = [[]]
    for at, symbol in enumerate(symbols):
        if is_one(symbol):
            runs += [[at], []]
        else:
            runs[-1].append(at)
    return runs


def _cluster(
    letters: Sequence[str], ours: Sequence[str], labels: Sequence[str]
) -> list[tuple[int, str, str]]:
    """The consonants between two vowels: index of the letter, ours, labels."""
    letter_of = {said: letter for letter, said in _align(letters, ours, _letter_cost) if said is not None}
    pairs = [(wanted, said) for wanted, said in _align(labels, ours, _phone_cost)]
    rows: list[tuple[int, str, str]] = []
    last = -1
    for wanted, said in pairs:
        at = letter_of.get(said) if said is not None else None
        if at is None:
            # A phone without a letter of ours: the next consonant letter, or the end (j before its vowel).
            rest = (place for place in range(last + 1, len(letters)) if letters[place] in _CONSONANTS)
            at = len(letters) if said is not None else next(rest, max(last, 0))
        last = at
        rows.append((at, "" if said is None else ours[said], "" if wanted is None else labels[wanted]))
    return rows


def _phone_cost(one: str, other: str) -> float:
    """One for every edit; the rest only chooses among alignments that are equally short."""
    if one == other:
        return 0.0
    if one.rstrip("ʲ") == other.rstrip("ʲ"):
        return 1.001
    return 1.002 if _voiceless(one) == _voiceless(other) else 1.01


def _letter_cost(letter: str, phone: str) -> float:
    usual = _CONSONANTS.get(letter)
    if usual is None:
        return 3.0
    if usual == phone.rstrip("ʲ"):
        return 0.0
    return 0.1 if _voiceless(usual) == _voiceless(phone) else 0.5


def _voiceless(phone: str) -> str:
    bare = phone.rstrip("ʲ")
    return _VOICELESS.get(bare, bare)


def _align(rows: Sequence[str], columns: Sequence[str], cost: Callable[[str, str], float]) -> list[Pair]:
    """The cheapest alignment of two short sequences; a gap costs one, one over a silent letter nothing."""

    def gap(symbol: str) -> float:
        return 0.05 if symbol in "ьъ -," else 1.0

    best: dict[tuple[int, int], tuple[float, list[Pair]]] = {(0, 0): (0.0, [])}
    for row in range(len(rows) + 1):
        for column in range(len(columns) + 1):
            ways: list[tuple[float, list[Pair]]] = []
            if row and column:
                total, path = best[row - 1, column - 1]
                pair: Pair = (row - 1, column - 1)
                ways.append((total + cost(rows[row - 1], columns[column - 1]), [*path, pair]))
            if row:
                total, path = best[row - 1, column]
                ways.append((total + gap(rows[row - 1]), [*path, (row - 1, None)]))
            if column:
                total, path = best[row, column - 1]
                ways.append((total + gap(columns[column - 1]), [*path, (None, column - 1)]))
            if ways:
                best[row, column] = min(ways, key=lambda way: way[0])
    return best[len(rows), len(columns)][1]
