"""IPA as programs write it comes apart into phonemes."""

from __future__ import annotations

import unicodedata

import pytest

from phoneme_recognition.phonemes.g2p.ipa import phonemes_of, split_ipa, stress_on_vowels, without_stress


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("t͡ʃtvrtek", "t͡ʃ t v r t e k"),
        ("t͜sa", "t͜s a"),
        ("ɡaːtʲʰ", "ɡ aː tʲʰ"),
        ("ˈstɔl.ˌɪ̯k", "ˈs t ɔ l ˌɪ̯ k"),
        ("aᵐbaⁿdadⁿ", "a ᵐb a ⁿd a dⁿ"),
        ("r̝̊ɛk˥˩ a˞", "r̝̊ ɛ k˥˩ a˞"),
        ("ɔ̃", "ɔ̃"),
        ("", ""),
        ("\u0301aː", "\u0301 aː"),
        ("aˈ", "a ˈ"),
    ],
)
def test_segments(text: str, segments: str) -> None:
    assert split_ipa(text) == unicodedata.normalize("NFD", segments).split()


@pytest.mark.parametrize(
    ("unit", "phonemes"),
    [
        ("ˈja", "j ˈa"),
        ("əl", "ə l"),
        ("ɑːɹ", "ɑː ɹ"),
        ("ˈaɪ", "ˈaɪ"),
        ("ts", "t͡s"),
        ("tʃʲ", "t͡ʃʲ"),
        ("dzː", "d͡zː"),
        ("ss", "sː"),
        ("r̩", "r̩"),
        ("tʲ", "tʲ"),
    ],
)
def test_units_of_a_program(unit: str, phonemes: str) -> None:
    found = stress_on_vowels(phonemes_of(unit))
    assert found == unicodedata.normalize("NFD", phonemes).split()


def test_stress_goes_to_the_vowel() -> None:
    assert stress_on_vowels(["ˈs", "t", "o", "l", "ˌk", "a"]) == ["s", "t", "ˈo", "l", "k", "a"]
    assert stress_on_vowels(["ˈs", "t", "o", "ˌk", "a"], secondary=True) == ["s", "t", "ˈo", "k", "ˌa"]
    assert stress_on_vowels(["v", "ˈr̩", "x"]) == ["v", "ˈr̩", "x"]
    assert without_stress(["s", "ˈo", "ˌa"]) == ["s", "o", "a"]
