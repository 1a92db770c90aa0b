"""Texts of any language come apart into words and what is none."""

from __future__ import annotations

import pytest

from phoneme_recognition.phonemes.g2p.words import pieces


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dobrý den, jak se máte?", ["Dobrý", "den", "jak", "se", "máte"]),
        ("L'été (peut-être)!", ["L'été", "peut-être"]),
        ("Zo'n zee-egel, 's morgens", ["Zo'n", "zee-egel", "'s", "morgens"]),
        ("нет-нет — «да»", ["нет-нет", "да"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("cafe\u0301 na\u00efve", ["caf\u00e9", "na\u00efve"]),
        ("Donau\u00addampf\ufeff schiff", ["Donaudampf", "schiff"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("a\x00b\tc\u200bd", ["a", "b", "c", "d"]),
        ("one--two...three/four_five", ["one", "two", "three", "four", "five"]),
        ("", []),
        (" \n… — !", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    found = pieces(text)
    assert [piece.text for piece in found] == words
    assert all(piece.is_word for piece in found)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("V roce 1998, asi 3.5 % lidí", ["1998", "3.5", "%"]),
        ("It cost $5.20 on the 21st.", ["$5.20", "21st"]),
        ("мр3, 20-ти, 5кг", ["мр3", "20-ти", "5кг"]),
        ("да 😀👨\u200d👩\u200d👧 ❤\ufe0f да", ["😀👨\u200d👩\u200d👧", "❤\ufe0f"]),
        ("a+b & c@d #", ["+", "&", "@", "#"]),
        ("\ud800 x \u0301", ["\ud800", "\u0301"]),
        ("10:30, 1/2 ½ m²", ["10:30", "1/2", "½", "m²"]),
    ],
)
def test_what_is_no_word_is_kept_as_it_stands(text: str, rest: list[str]) -> None:
    assert [piece.text for piece in pieces(text) if not piece.is_word] == rest


def test_nothing_is_slow() -> None:
    """Patterns that look back and forth can take for ever; these are the shapes that would show it."""
    for text in (
        "a" * 50_000,
        "a'" * 25_000,
        "😀" * 50_000,
        "a-" * 25_000 + "1",
        "'" * 50_000,
        "a--" * 20_000,
    ):
        assert sum(len(piece.text) for piece in pieces(text)) >= text.count("a")
