"""How often the Russian stress is right, by the labels of festvox-ru.

usage: python -m benchmarks.russian.stress FOLDER

FOLDER is the voice of the Debian package festvox-ru (it holds ``etc/txt.done.data`` and ``lab``). Every
vowel letter of its texts has one vowel in its labels, and those of stressed vowels are written differently,
so that both can be walked side by side. Counted are words of two vowels or more with one stress in the
labels.

What the figure can say is bounded by how the labels came about: by the stress lexicon of the same package,
from which our dictionary is made, too, and only where the author put ``+`` into the text by his ear. So the
dictionary agrees with them by origin, and the words with ``+`` are those where that lexicon is wrong. Both
are shown.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from phoneme_recognition.phonemes.g2p.russian.stress import StressPlacer
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import parse_marked, vowels_of
from phoneme_recognition.phonemes.g2p.russian.token import Token

_LINE = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)')
_PIECE = re.compile(r"[а-яё+]+|-(?=[а-яё+])|[^а-яё+\s]")
_VOWELS = {"a", "ay", "ae", "e", "i", "y", "u", "ur"}
_STRESSED = {"aa", "oo", "ee", "ii", "uu", "yy"}

_System = Callable[[Sequence[Sequence[Token]]], list[list[tuple[int, ...]]]]


class Reference(NamedTuple):
    """A word of the corpus: how many vowels it has, which are stressed, whether the author marked it."""

    vowels: int
    stressed: tuple[int, ...]
    marked: bool


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    sentences, references = zip(*_read(parser.parse_args().folder), strict=True)
    systems: dict[str, _System] = {
        "silero-stress by itself": _silero_alone,
        "dictionary and guess": _ours("none"),
        "ours, with silero-stress": _ours("silero"),
    }
    print("| system | all words | words with + | words without + | clitics found |")
    print("|---|---|---|---|---|")
    for name, system in systems.items():
        print(f"| {name} | " + " | ".join(_figures(system(sentences), references)) + " |")


def _figures(
    placed: Sequence[Sequence[tuple[int, ...]]], references: Sequence[Sequence[Reference]]
) -> Iterator[str]:
    pairs = [
        (found, reference)
        for row, expected in zip(placed, references, strict=True)
        for found, reference in zip(row, expected, strict=True)
    ]
    full = [(found, said) for found, said in pairs if said.vowels > 1 and len(said.stressed) == 1]
    for chosen in (
        full,
        [pair for pair in full if pair[1].marked],
        [pair for pair in full if not pair[1].marked],
    ):
        right = sum(found[-1:] == said.stressed for found, said in chosen)
        yield f"{right / len(chosen):.2%} of {len(chosen)}"
    without = [found for found, said in pairs if said.vowels and not said.stressed]
    yield f"{sum(not found for found in without) / len(without):.1%} of {len(without)}"


def _read(folder: Path) -> Iterator[tuple[list[Token], list[Reference]]]:
    for name, text in _LINE.findall((folder / "etc" / "txt.done.data").read_text(encoding="utf-8")):
        rows = (folder / "lab" / f"{name}.lab").read_text(encoding="utf-8").splitlines()
        phones = [row.split()[2] for row in rows if len(row.split()) == 3]
        stressed = [phone in _STRESSED for phone in phones if phone in _STRESSED | _VOWELS]
        tokens, references, start = [], [], 0
        pause, hyphen = True, False
        for piece in _PIECE.findall(text.lower()):
            if not piece.replace("+", "").isalpha():
                hyphen, pause = piece == "-", pause or piece != "-"
                continue
            word = parse_marked(piece).word
            count = len(vowels_of(word))
            places = tuple(number for number in range(count) if stressed[start + number])
            tokens.append(Token(word, (), pause, hyphen))
            references.append(Reference(count, places, "+" in piece))
            start, pause, hyphen = start + count, False, False
        if start != len(stressed):
            raise ValueError(f"{name}: {start} vowels in the text, {len(stressed)} in the labels")
        yield tokens, references


def _ours(model: Literal["silero", "none"]) -> _System:
    def system(sentences: Sequence[Sequence[Token]]) -> list[list[tuple[int, ...]]]:
        placer = StressPlacer(model=model)
        return [
            [tuple(vowels_of(word.word).index(index) for index in word.stresses) for word in sentence]
            for sentence in placer.place(sentences)
        ]

    return system


def _silero_alone(sentences: Sequence[Sequence[Token]]) -> list[list[tuple[int, ...]]]:
    accentor = importlib.import_module("silero_stress").load_accentor()
    found = []
    for sentence in sentences:
        text = "".join(("-" if t.hyphen else ", " if t.pause else " ") + t.word for t in sentence)
        words = [parse_marked(word) for word in re.findall(r"[а-яё+]+", accentor(text.strip(" ,")))]
        found.append([tuple(vowels_of(word).index(index) for index in stresses) for word, stresses in words])
    return found


if __name__ == "__main__":
    main()
