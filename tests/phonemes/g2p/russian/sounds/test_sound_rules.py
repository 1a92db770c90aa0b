"""Each rule of Russian pronunciation by the examples that stand beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from phoneme_recognition.phonemes.g2p.russian.sounds import respelling, seams
from phoneme_recognition.phonemes.g2p.russian.sounds.phrase import pronounce_phrase
from phoneme_recognition.phonemes.g2p.russian.sounds.rule import Rule
from phoneme_recognition.phonemes.g2p.russian.token import VOWELS, Stressed

RULES = (*respelling.RULES, *seams.RULES)


def say(*words: str, clitics: dict[int, int] | None = None, softness: bool = False) -> str:
    """Words with + before the stressed vowel, or with one vowel, as a phrase."""
    stressed = []
    for number, word in enumerate(words):
        at, plain = word.find("+"), word.replace("+", "")
        vowels = [index for index, letter in enumerate(plain) if letter in VOWELS]
        clitic = (clitics or {}).get(number, 0)
        stresses = () if clitic else (at,) if at >= 0 else tuple(vowels[:1])
        stressed.append(Stressed(plain, stresses, clitic, "test"))
    spoken = pronounce_phrase(stressed, [False] * len(words), softness=softness)
    return " | ".join(" ".join(phonemes) for phonemes in spoken)


def examples() -> Iterator[tuple[Rule, str, str]]:
    for rule in RULES:
        yield from ((rule, word, phonemes) for word, phonemes in rule.examples.items())


@pytest.mark.parametrize(("rule", "word", "phonemes"), examples())
def test_examples(rule: Rule, word: str, phonemes: str) -> None:
    assert say(word) == phonemes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_changes_one_of_its_examples(rule: Rule) -> None:
    plain = [word.replace("+", "") for word in rule.examples]
    assert any(rule.apply(word) != word for word in plain) or rule.name.startswith("ы for")
    assert rule.source


@pytest.mark.parametrize(
    ("words", "clitics", "phonemes"),
    [
        (("наш", "дом"), {}, "n ˈa ʐ | d ˈo m"),
        (("наш", "лес"), {}, "n ˈa ʂ | lʲ ˈe s"),
        (("сад", "в+ишен"), {}, "s ˈa t | vʲ ˈi ʂ ə n"),
        (("сад", "вдов+ы"), {}, "s ˈa d | v d ɐ v ˈɨ"),
        (("нож", "бр+ата"), {}, "n ˈo ʐ | b r ˈa t ə"),
        (("к", "вдов+е"), {0: 1}, "ɡ | v d ɐ vʲ ˈe"),
        (("к", "врач+у"), {0: 1}, "k | v r ɐ t͡ɕ ˈu"),
        (("из", "окн+а"), {0: 1}, "i z | ɐ k n ˈa"),
        (("под", "стол+ом"), {0: 1}, "p ə t | s t ɐ l ˈo m"),
        (("год", "ли"), {1: -1}, "ɡ ˈo t | lʲ i"),
        (("год", "бы"), {1: -1}, "ɡ ˈo d | b ɨ"),
        (("в", "инстит+ут"), {0: 1}, "v | ɨ n s tʲ i t ˈu t"),
        (("с", "+ирой"), {0: 1}, "s | ˈɨ r ə j"),
        (("от", "брат"), {0: 1}, "ɐ d | b r ˈa t"),
        (("без", "ш+апки"), {0: 1}, "bʲ i ʂ | ʂ ˈa p kʲ i"),
        (("отец", "дал"), {}, "ˈo tʲ ɪ t͡s | d ˈa l"),
    ],
)
def test_words_meet(words: tuple[str, ...], clitics: dict[int, int], phonemes: str) -> None:
    assert say(*words, clitics=clitics) == phonemes


@pytest.mark.parametrize(
    ("word", "hard", "soft"),
    [
        ("кость", "k ˈo s tʲ", "k ˈo sʲ tʲ"),
        ("здесь", "z dʲ ˈe sʲ", "zʲ dʲ ˈe sʲ"),
        ("ж+енщина", "ʐ ˈe n ɕː ɪ n ə", "ʐ ˈe nʲ ɕː ɪ n ə"),
        ("л+апти", "l ˈa p tʲ i", "l ˈa p tʲ i"),
    ],
)
def test_assimilative_softness_is_an_option(word: str, hard: str, soft: str) -> None:
    assert say(word) == hard
    assert say(word, softness=True) == soft


def test_each_word_keeps_its_own_phonemes_in_a_phonological_word() -> None:
    assert say("не", "б+ыло", "бы", clitics={0: 1, 2: -1}) == "nʲ i | b ˈɨ l ə | b ɨ"
