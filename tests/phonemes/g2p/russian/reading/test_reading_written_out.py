"""Numbers, dates, units, shortened words: what is written shorter than it is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phoneme_recognition.phonemes.g2p.russian.reading import library, missing_extra, read, reader

# One case a line: what is written, a tab, what is said: «+» before a marked vowel, «, » for a pause.
CASES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("written_out.tsv").read_text(encoding="utf-8").splitlines()
]


def said(text: str) -> str:
    line = ""
    for token in read([text])[0].tokens:
        word = token.word
        for mark in reversed(token.marks):
            word = f"{word[:mark]}+{word[mark:]}"
        gap = "-" if token.hyphen else ", " if token.pause else " "
        line += gap + word if line else word
    return line


@pytest.fixture
def no_memory() -> Iterator[None]:
    reader._expand.cache_clear()
    yield
    reader._expand.cache_clear()


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    monkeypatch.setattr(library, "_normalizer", lambda: None)


@pytest.mark.parametrize(("written", "expected"), CASES)
def test_in_the_right_form(written: str, expected: str) -> None:
    pytest.importorskip("ru_normalizr")
    assert said(written) == expected
    assert read([written])[0].unsaid == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("За́мок построили в 1850 г., а замо́к — в 1900 году.",
         "з+амок построили в тысяча восемьсот пятидесятом году, а зам+ок, в тысяча девятисотом году"),
        ("2 замка и зам+ок", "два замка и зам+ок"),
        ("5 д+омов, 3 дом+а", "пять д+омов, три дом+а"),
        ("т. е. м+ука", "то есть м+ука"),
    ],
)  # fmt: skip
def test_marks_survive_the_library(text: str, expected: str) -> None:
    pytest.importorskip("ru_normalizr")
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Windows 10 и 5 ч. 😀", ("Windows", "😀")),
        ("5G и H2O за 5 дней", ("5G", "H2O")),
        ("© ™ в 5 раз", ("©", "™")),
        ("в 5 раз x²", ("x²",)),
        ("1" * 100, ("1" * 100,)),
        ("пиши на a@b.ru до 5 мая", ("a@b.ru",)),
        ("їжак і 5 яблок", ("їжак", "і")),
    ],
)
def test_the_library_drops_and_changes_nothing_foreign(text: str, left: tuple[str, ...]) -> None:
    pytest.importorskip("ru_normalizr")
    assert read([text])[0].unsaid == left


def test_without_the_library_digits_are_unsaid(no_library: None) -> None:
    reading = read(["В 2020 году 2,5 млн человек и т. д. 12.04.1961 XIX"])[0]
    assert [token.word for token in reading.tokens] == ["в", "году", "человек", "и", "так", "далее"]
    assert reading.unsaid == ("2020", "2,5", "млн", "12.04.1961", "XIX")


def test_the_missing_extra_is_found_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    assert missing_extra()
    monkeypatch.setattr(library, "find_spec", lambda name: object())
    assert not missing_extra()


def test_without_the_library_initials_and_acronyms_are_said(no_library: None) -> None:
    assert said("А. С. Пушкин, МГУ и т. п.") == "+а +эс пушкин, эмгэ+у и тому подобное"


def test_a_library_that_fails_leaves_the_text_as_it_is(
    monkeypatch: pytest.MonkeyPatch, no_memory: None
) -> None:
    class Failing:
        def normalize(self, text: str) -> str:
            raise RecursionError(text)

    monkeypatch.setattr(library, "_normalizer", Failing)
    reading = read(["было 5 яблок"])[0]
    assert [token.word for token in reading.tokens] == ["было", "яблок"]
    assert reading.unsaid == ("5",)


def test_a_library_that_drops_is_found_out(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    class Dropping:
        def normalize(self, text: str) -> str:
            return "".join(character for character in text if character.isascii() or "а" <= character <= "я")

    monkeypatch.setattr(library, "_normalizer", Dropping)
    assert read(["было 5 😀 яблок"])[0].unsaid == ("5", "😀")


def test_ordinary_text_does_not_reach_the_library(monkeypatch: pytest.MonkeyPatch, no_memory: None) -> None:
    def fail() -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(library, "_normalizer", fail)
    assert said("Он, кто-то там, сказал: «Да!» — и ушёл... США это МГУ.").startswith("он, кто-то там")
