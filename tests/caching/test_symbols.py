"""The symbols of a corpus, from phonemes or from text."""

from __future__ import annotations

import pytest

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.symbols import count_symbols, symbols_of_text
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, Vocabulary, normalise, plain_text


def source(phonemes: tuple[str, ...] | None, text: str | None, problem: str | None = None) -> UtteranceSource:
    return UtteranceSource("a", AudioFile("a.wav"), phonemes, text, problem=problem)


def test_phonemes_go_before_text_and_boundaries_are_no_symbols() -> None:
    rows = [
        source(("t͡s", "ˈa", "|", "t͡s"), "ца ц"),
        source(None, "Йод,  | - Я!"),
        source(("x",), None, problem="labelled twice"),
        source(None, None),
    ]
    letters = {normalise(letter): 1 for letter in "йодя"}
    assert count_symbols(rows) == {"t͡s": 2, "ˈa": 1} | letters


def test_a_vocabulary_of_letters_splits_the_text_it_came_from() -> None:
    text = "Чей-то ёж!"
    vocabulary = Vocabulary.from_phonemes([*count_symbols([source(None, text)]), WORD_BOUNDARY])
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
