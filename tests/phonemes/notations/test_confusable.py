"""Pairs of symbols that a vocabulary should not hold both of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phoneme_recognition.phonemes.notations import confusable

TOKENS = Path(__file__).parents[3] / "dataset_modules" / "tokens"


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        ("g", "ɡ", "ASCII g (U+0067) and IPA ɡ (U+0261)"),
        ("ʦ", "t͡s", "a ligature and two letters with a tie bar"),
        ("ts", "t͡s", "an affricate with and without its tie bar"),
        ("t͜s", "t͡s", "a tie bar below (U+035C) and above (U+0361)"),
        ("a", "а", "Cyrillic а (U+0430) and Latin a (U+0061)"),
        ("ˈo", "ˈо", "Cyrillic о (U+043E) and Latin o (U+006F)"),
        ("a:", "aː", "a colon and the length mark ː (U+02D0)"),
        ("'a", "ˈa", "an apostrophe and the stress mark ˈ (U+02C8)"),
        ("p'", "pʼ", "an apostrophe and the ejective mark ʼ (U+02BC)"),
        ("\u00e3", "a\u0303", "a letter with its mark as one character and as two"),
        ("n̪̰", "n̰̪", "the same marks in another order"),
        ("tʲː", "tːʲ", "the same marks in another order"),
        ("ə˞", "ɚ", "ə with a hook beside it and ɚ"),
        ("ŋ̊", "ŋ̥", "a mark above and the same mark below the letter"),
        ("ǝ", "ə", "a letter of another alphabet or an old one, and the letter of the IPA chart"),
        (
            "ga:",
            "ɡaː",
            "ASCII g (U+0067) and IPA ɡ (U+0261); a colon and the length mark ː (U+02D0)",
        ),
    ],
)
def test_pairs(one: str, two: str, reason: str) -> None:
    assert confusable(["x", one, "y", two, one]) == [(one, two, reason)]
    assert confusable([two, one]) == [(two, one, reason)]


def test_three_spellings_are_three_pairs() -> None:
    pairs = [(one, two) for one, two, _ in confusable(["ʧ", "tʃ", "t͡ʃ"])]
    assert pairs == [("ʧ", "tʃ"), ("ʧ", "t͡ʃ"), ("tʃ", "t͡ʃ")]


@pytest.mark.parametrize("path", sorted(TOKENS.glob("*.json")), ids=lambda path: path.stem)
def test_nothing_in_the_vocabularies_of_the_project(path: Path) -> None:
    assert confusable(json.loads(path.read_text(encoding="utf-8"))) == []


def test_different_sounds_are_no_pair() -> None:
    assert confusable(["a", "ɑ", "ˈa", "aː", "t", "tʲ", "s", "t͡s", "ɪ", "i", "e", "ɛ"]) == []
    assert confusable("абвгдеёжзийклмнопрстуфхцчшщъыьэюя") == []
