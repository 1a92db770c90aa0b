"""The examples of docs/g2p/russian.md are what the backend says and reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from docs_blocks import ROOT

from phoneme_recognition.phonemes.g2p.russian.g2p import RussianG2P
from phoneme_recognition.phonemes.g2p.russian.reading import read
from phoneme_recognition.phonemes.g2p.russian.token import Token

PAGE = ROOT / "docs" / "g2p" / "russian.md"
# A Russian word or phrase, with its stress where it has one, and its phonemes as code: пора́ `p ɐ r ˈa`.
EXAMPLE = re.compile(r"([а-яё][а-яё\u0301 ,]*) `([^`]*)`", re.IGNORECASE)


class Example(NamedTuple):
    """A text of the page, and its phonemes as they stand there."""

    line: int
    text: str
    phonemes: str


def examples() -> list[Example]:
    """All examples of all the tables and sentences."""
    return [
        Example(number, text.strip(" ,"), phonemes)
        for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1)
        for text, phonemes in EXAMPLE.findall(line)
        if not re.search("[а-яё+]", phonemes)
    ]


def written_out() -> list[tuple[str, str]]:
    """What the table of numbers and abbreviations shows: as it is written, and as it is said."""
    _, _, chapter = PAGE.read_text(encoding="utf-8").partition("## Numbers and abbreviations")
    table, _, _ = chapter.partition("## ")
    rows = re.findall(r"^\| (?:\* )?(.+) \| (.+) \|$", table, re.MULTILINE)
    return [pair for row in rows[1:] for pair in zip(*(cell.split("; ") for cell in row), strict=True)]


def spelling(tokens: Sequence[Token]) -> str:
    """Words with blanks, or a hyphen, between them."""
    return "".join(("-" if token.hyphen else " ") + token.word for token in tokens).strip()


def test_every_example_is_what_the_backend_says() -> None:
    """Without the model: where the stress is a question, the page has it."""
    shown = examples()
    said = RussianG2P(stress_model="none").pronounce([one.text for one in shown])
    wrong = [
        f"{PAGE.name}:{one.line}: {one.text}: {one.phonemes}, but {' '.join(spoken.phonemes())}"
        for one, spoken in zip(shown, said, strict=True)
        if " ".join(spoken.phonemes()) != one.phonemes or spoken.unsaid
    ]
    assert wrong == []


@pytest.mark.parametrize("text", ["молоко́", "наш дом", "в институ́т"])
def test_examples_are_found(text: str) -> None:
    assert text in {one.text for one in examples()}
    assert len(examples()) > 100


def test_numbers_and_abbreviations_are_read_as_shown() -> None:
    shown = written_out()
    assert len(shown) > 40
    readings = read([written for written, _ in shown])
    wrong = [
        f"{written}: {said}, but {spelling(reading.tokens)} {reading.unsaid}"
        for (written, said), reading in zip(shown, readings, strict=True)
        if spelling(reading.tokens) != said or reading.unsaid
    ]
    assert wrong == []
