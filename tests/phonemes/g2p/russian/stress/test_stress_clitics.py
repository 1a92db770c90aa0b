"""Words that lean on others. ``_дом`` leans back, ``в_`` leans on the next word."""

from __future__ import annotations

import re

import pytest

from phoneme_recognition.phonemes.g2p.russian.stress.clitics import find_clitics, takes_the_stress
from phoneme_recognition.phonemes.g2p.russian.token import Token


def _leaning(text: str) -> str:
    tokens: list[Token] = []
    for joint, word in re.findall(r"([ ,-]*)(\w+)", text):
        tokens.append(Token(word, pause="," in joint or not tokens, hyphen=joint == "-"))
    found = find_clitics(tokens, ())
    return " ".join(
        {0: t.word, 1: f"{t.word}_", -1: f"_{t.word}"}[found.get(i, 0)] for i, t in enumerate(tokens)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("я в доме", "я в_ доме"),
        ("под столом без ножек", "под_ столом без_ ножек"),
        ("перед домом через год", "перед_ домом через_ год"),
        ("около дома после дождя", "около дома после дождя"),
        ("из-за леса", "из_ за_ леса"),
        ("не в доме и не в саду", "не_ в_ доме и_ не_ в_ саду"),
        ("он же был бы рад", "он _же был _бы рад"),
        ("правда ли это", "правда _ли это"),
        ("кто-то что-нибудь где-либо", "кто _то что _нибудь где _либо"),
        ("всё-таки дай-ка", "всё _таки дай _ка"),
        ("кое-кто кое о чём", "кое_ кто кое о_ чём"),
        ("по-русски", "по_ русски"),
        ("во-первых", "во_ первых"),
        ("северо-западный", "северо западный"),
        ("надо мной надо идти", "надо_ мной надо идти"),
        ("да, я знаю", "да я знаю"),
        ("день да ночь", "день да_ ночь"),
        ("кто за", "кто за"),
        ("и, конечно, он", "и_ конечно он"),
        ("я за, он против", "я за он против"),
        ("же он", "же он"),
        ("он, же", "он же"),
        ("а же", "а _же"),
        ("то да сё", "то да_ сё"),
        ("рио-де-жанейро", "рио _де жанейро"),
        ("на", "на"),
        ("", ""),
    ],
)
def test_who_leans_on_whom(text: str, expected: str) -> None:
    assert _leaning(text) == expected


def test_a_marked_word_leans_on_nothing() -> None:
    tokens = [Token("на", (1,)), Token("пол")]
    assert find_clitics(tokens, {0}) == {}
    assert find_clitics(tokens, ()) == {0: 1}


def test_only_prepositions_with_a_vowel_and_ne_take_the_stress_of_the_next_word() -> None:
    assert takes_the_stress(Token("на"))
    assert takes_the_stress(Token("не"))
    assert not takes_the_stress(Token("в"))
    assert not takes_the_stress(Token("и"))
