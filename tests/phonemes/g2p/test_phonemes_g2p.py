"""Texts that already are phonemes are cut as they always were, and what cannot be cut is reported."""

from __future__ import annotations

import random

import pytest

from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.g2p.backend import Pronunciation
from phoneme_recognition.phonemes.g2p.phonemes import PhonemesG2P
from phoneme_recognition.phonemes.vocabulary import Vocabulary, plain_text

IPA = Vocabulary.from_phonemes(["t͡ɕ", "t", "tʲ", "a", "ˈa", "j", "d", "o", "ˈo", "m", "s", "|"])
LETTERS = Vocabulary.from_phonemes([*"абвгдежзийклмнопрстуфхцчшщъыьэюя", "|"])


def say(text: str, vocabulary: Vocabulary = IPA, **options: str) -> Pronunciation:
    return PhonemesG2P(vocabulary, **options).pronounce([text])[0]  # type: ignore[arg-type]


def test_the_longest_symbol_wins() -> None:
    said = say("t͡ɕˈaj tʲato")
    assert said.phonemes() == ["t͡ɕ", "ˈa", "j", "|", "tʲ", "a", "t", "o"]
    assert [word.text for word in said.words] == ["t͡ɕˈaj", "tʲato"]
    assert {word.source for word in said.words} == {"phonemes"}
    assert said.unsaid == ()


def test_letters_of_a_language_are_symbols_too() -> None:
    said = say("Мой дом, и я!", LETTERS)
    assert "".join(said.phonemes()) == "мой|дом|и|я".replace("й", "и\u0306")
    assert said.unsaid == ()


@pytest.mark.parametrize("vocabulary", [IPA, LETTERS])
def test_good_texts_are_cut_as_the_vocabulary_cuts_them(vocabulary: Vocabulary) -> None:
    draw = random.Random(1)
    symbols = vocabulary.phonemes
    for _ in range(300):
        words = ["".join(draw.choices(symbols, k=draw.randint(2, 6))) for _ in range(draw.randint(0, 5))]
        text = draw.choice([" ", "|", "  ", ", "]).join(words)
        try:
            expected = vocabulary.split(text)
        except VocabularyError:
            expected = vocabulary.split(plain_text(text))
        assert say(text, vocabulary) == say(text, vocabulary, blanks="words")
        assert say(text, vocabulary).phonemes() == expected


def test_what_no_symbol_fits_is_unsaid() -> None:
    said = say("Дом 15, hello и кот!", LETTERS)
    assert said.unsaid == ("15", "hello")
    assert [word.text for word in said.words] == ["дом", "и", "кот"]
    assert say("taxko qq", IPA).unsaid == ("xk", "qq")
    assert say("a[UNK]").unsaid == ("unk",)


def test_punctuation_and_signs_are_taken_out() -> None:
    assert say("дом! 😀", LETTERS).phonemes() == ["д", "о", "м"]
    assert say("😀") == Pronunciation(())


def test_capitals_of_the_vocabulary_are_symbols_of_their_own() -> None:
    xsampa = Vocabulary.from_phonemes(["S", "s", "t_S", "a", '"a', "|"])
    assert say('St_S"a', xsampa).phonemes() == ["S", "t_S", '"a']
    assert say('S"aQ', xsampa).unsaid == ("Q",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t͡ɕ ˈa j | d ˈo m", ["t͡ɕˈaj", "dˈom"]),
        ("| t͡ɕ a |", ["t͡ɕa"]),
        ("d ˈo m", ["dˈom"]),
        ("a | t", ["a", "t"]),
        ("a t", ["a", "t"]),
        ("ta to | ma", ["ta", "to", "ma"]),
        ("d o m | tam", ["d", "o", "m", "tam"]),
        ("", []),
        (" | ", []),
    ],
)
def test_blanks_between_phonemes(text: str, words: list[str]) -> None:
    said = say(text)
    assert [word.text for word in said.words] == words
    assert said.unsaid == ()


def test_blanks_mean_what_is_said_of_them() -> None:
    assert [word.text for word in say("a t", blanks="phonemes").words] == ["at"]
    assert [word.text for word in say("d o m", blanks="words").words] == ["d", "o", "m"]
    assert say("d o Q | ta m", blanks="phonemes").unsaid == ("Q", "ta")


def test_a_phonemized_line_comes_back() -> None:
    label = ["t͡ɕ", "ˈa", "j", "|", "d", "ˈo", "m"]
    assert say(" ".join(label)).phonemes() == label


def test_no_text_raises() -> None:
    texts = ["", " ", "|", "\ud800", "\x00a", "a" * 5000, "é😀" * 2500, "\u0301"]
    said = PhonemesG2P(IPA).pronounce(texts)
    assert len(said) == len(texts)
    assert said[5].phonemes() == ["a"] * 5000
    assert PhonemesG2P(Vocabulary.from_phonemes([])).pronounce(["a b"])[0].unsaid == ("a", "b")


def test_the_fingerprint_follows_symbols_and_options() -> None:
    prints = {
        PhonemesG2P(IPA).fingerprint(),
        PhonemesG2P(LETTERS).fingerprint(),
        PhonemesG2P(IPA, blanks="words").fingerprint(),
    }
    assert len(prints) == 3
    again = Vocabulary.from_phonemes([*IPA.phonemes, "|"])
    assert PhonemesG2P(again).fingerprint() == PhonemesG2P(IPA).fingerprint()
