"""Homographs and pronouns that their neighbours decide, with and without the network."""

from __future__ import annotations

import pytest

from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P

BACKEND = RussianG2P(stress_model="none")


@pytest.mark.parametrize(
    ("text", "stressed"),
    [
        ("Все ушли", "вс+е ушл+и"),
        ("почти все уже спят", "почт+и вс+е уж+е сп+ят"),
        ("Её глаза", "е+ё глаз+а"),
        ("два глаза", "дв+а гл+аза"),
        ("для учителя", "для уч+ителя"),
        ("нет сестры", "н+ет сестр+ы"),
        ("по-моему", "по-м+оему"),
        ("по моему мнению", "по моем+у мн+ению"),
        ("светло", "светл+о"),
        ("светло-синий", "св+етло-с+иний"),
        ("мне не с кем говорить", "мн+е н+е с кем говор+ить"),
        ("не с кем-то", "не с к+ем-то"),
        ("не за что", "н+е за что"),
    ],
)
def test_neighbours(text: str, stressed: str) -> None:
    (found,) = BACKEND.pronounce([text])
    assert " ".join(word.text for word in found.words) == stressed


def test_the_words_of_a_denial_are_said_in_one_piece() -> None:
    (found,) = BACKEND.pronounce(["не за что"])
    assert " ".join(found.phonemes()) == "nʲ ˈe | z ə | ʂ t ə"
