"""The dictionary that comes with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.phonemes.g2p.russian.stress.compounds import join_compound, split_compound
from phoneme_recognition.phonemes.g2p.russian.stress.dictionary import (
    DATA,
    StressDictionary,
    data_hash,
    read_numbered,
    write_numbered,
)
from phoneme_recognition.phonemes.g2p.russian.stress.spelling import Marked, write_marked

_DICTIONARY = StressDictionary()
_COMMON = """
    абаж+ур молок+о кор+ова вод+а соб+ака перев+одчик красн+еть б+ерег +ужинать звон+ят глаз+а гор+ячая
"""
_WITH_YO = """
    ёлка мёд ещё её моё твоё своё чьё приём самолёт партнёр актёр режиссёр чёрный жёлтый зелёный тёплый лёд
    шёл пришёл нашёл вёл нёс ребёнок полёт счёт учёный берёза идёт живёт поёт даёт дирижёром включённого
    восхищённую пулемёты орёл
"""
_OPEN = "все небо осел узнаем совершенный чем падеж дело весел"


@pytest.mark.parametrize("expected", _COMMON.split())
def test_common_words(expected: str) -> None:
    word = expected.replace("+", "")
    found = _DICTIONARY.usual(word) or _DICTIONARY.find(word)
    assert found is not None
    assert write_marked(found) == expected


@pytest.mark.parametrize("word", _WITH_YO.split())
def test_yo_is_restored_where_nothing_else_can_be_read(word: str) -> None:
    spelling = word.replace("ё", "е")
    found = _DICTIONARY.find(spelling)
    assert word in (_DICTIONARY.restore_yo(spelling), found and found.word)


@pytest.mark.parametrize("word", _OPEN.split())
def test_e_stays_where_the_context_decides(word: str) -> None:
    found = _DICTIONARY.usual(word) or _DICTIONARY.find(word)
    assert _DICTIONARY.restore_yo(word) == word
    assert found is None or found.word == word


def test_unknown_words_are_guessed_within_the_word() -> None:
    assert _DICTIONARY.find("абракадабристый") is None
    assert "абракадабристый"[_DICTIONARY.guess("абракадабристый")] in "аи"
    assert _DICTIONARY.guess("мяу") in (1, 2)


def test_files_are_written_as_they_are_read(tmp_path: Path) -> None:
    table = {"вода": 1, "дом": 0, "каравай": 2}
    write_numbered(tmp_path / "words.xz", table)
    assert read_numbered(tmp_path / "words.xz") == table


def test_the_notice_of_the_source_comes_along() -> None:
    notice = (DATA / "LICENSE").read_text(encoding="utf-8")
    assert "Nickolay V. Shmyrev" in notice
    assert len(data_hash()) == 16


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("трехэтажный", ("трёх", "этажный")),
        ("трёхэтажный", ("трёх", "этажный")),
        ("четырехсот", ("четырёх", "сот")),
        ("трех", ("", "трех")),
        ("четырёх", ("", "четырёх")),
        ("трехв", ("", "трехв")),
        ("орех", ("", "орех")),
    ],
)
def test_compounds_of_numerals(word: str, parts: tuple[str, str]) -> None:
    assert split_compound(word) == parts


def test_the_main_stress_of_a_compound_comes_last() -> None:
    assert join_compound("трёх", Marked("этажный", (2,))) == Marked("трёхэтажный", (2, 6))
    assert join_compound("", Marked("дом", (1,))) == Marked("дом", (1,))


@pytest.mark.parametrize(
    ("word", "stress"), [("москва", 5), ("москвой", 5), ("россии", 4), ("казани", 3), ("петровна", 4)]
)
def test_names_have_their_stress(word: str, stress: int) -> None:
    found = StressDictionary().find(word)
    assert found is not None
    assert found.stresses == (stress,)
