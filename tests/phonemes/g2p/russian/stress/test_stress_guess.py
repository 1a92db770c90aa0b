"""The guess for words that no source knows."""

from __future__ import annotations

from phoneme_recognition.phonemes.g2p.russian.stress.guess import guess_stress, learn_endings
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import parse_marked

_WORDS = [
    parse_marked(word)
    for word in ["нач+альник", "пол+овник", "раб+отник", "пом+ощник", "ученик+а", "дневник+а", "цветник+а"]
]


def test_words_with_a_known_ending_are_stressed_like_their_kind() -> None:
    endings = learn_endings(_WORDS)
    assert guess_stress("чайник", endings) == "чайник".index("а")
    assert guess_stress("ельника", endings) == len("ельника") - 1


def test_what_a_shorter_ending_says_is_not_kept_twice() -> None:
    endings = learn_endings(_WORDS)
    assert endings["к"] == 1
    assert "ик" not in endings
    assert endings["а"] == 0


def test_without_any_ending_it_is_the_last_vowel_but_one() -> None:
    assert guess_stress("бубуба", {}) == 3
    assert guess_stress("дом", {}) == 1


def test_an_ending_that_asks_for_more_vowels_than_there_are_is_passed_over() -> None:
    assert guess_stress("век", {"к": 3}) == 1
