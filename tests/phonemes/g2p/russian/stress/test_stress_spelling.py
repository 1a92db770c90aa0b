"""Stress marks in writing."""

from __future__ import annotations

import pytest

from phoneme_recognition.phonemes.g2p.russian.stress.spelling import (
    Marked,
    parse_marked,
    vowels_of,
    without_yo,
    write_marked,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("зам+ок", Marked("замок", (3,))),
        ("замо\N{COMBINING ACUTE ACCENT}к", Marked("замок", (3,))),
        ("ЗАМ+ОК", Marked("замок", (3,))),
        ("ёлка", Marked("ёлка", (0,))),
        ("е\N{COMBINING DIAERESIS}лка", Marked("ёлка", (0,))),
        ("тр+ёхэт+ажный", Marked("трёхэтажный", (2, 6))),
        ("трёхэт+ажный", Marked("трёхэтажный", (6,))),
        ("в", Marked("в")),
        ("йод", Marked("йод")),
    ],
)
def test_both_notations_are_read(text: str, expected: Marked) -> None:
    assert parse_marked(text) == expected


@pytest.mark.parametrize("text", ["за+мок", "замок+", "lock", "за-мок", "дом1", "\u0301а"])
def test_what_is_no_marked_word_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        parse_marked(text)


def test_writing_is_the_inverse_of_reading() -> None:
    for text in ("зам+ок", "северозап+ад", "тр+ёхэт+ажный"):
        assert write_marked(parse_marked(text)) == text


def test_vowels_and_yo() -> None:
    assert vowels_of("ёлочный") == [0, 2, 5]
    assert without_yo("трёхколёсный") == "трехколесный"
