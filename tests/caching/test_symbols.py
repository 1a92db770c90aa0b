"""The symbols of a text, as long as no vocabulary says them."""

from __future__ import annotations

import pytest

from phoneme_recognition.data.symbols import letters_of, symbols_of_text
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, Vocabulary, normalise, plain_text


def test_a_vocabulary_of_letters_splits_the_text_it_came_from() -> None:
    text = "Чей-то ёж!"
    vocabulary = Vocabulary.from_phonemes([*letters_of(plain_text(text)), WORD_BOUNDARY])
    expected = [normalise(letter) for letter in "чей|то|ёж"]
    assert vocabulary.split(plain_text(text)) == expected


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("t͡s ˈa rʲ", ["t͡s", "ˈa", "rʲ"]),  # one phoneme between blanks
        ("ts a | r", ["ts", "a", "|", "r"]),  # the boundary says that blanks are inside of words
        ("А я", ["а", "я"]),
        ("И я же!", ["и", "я", "ж", "е"]),  # words
        ("\u0301 \u0301 \u0301", ["\u0301\u0301\u0301"]),  # marks alone are nothing in particular
        ("", []),
    ],
)
def test_texts_that_already_are_phonemes(text: str, symbols: list[str]) -> None:
    assert symbols_of_text(text) == [normalise(symbol) for symbol in symbols]
