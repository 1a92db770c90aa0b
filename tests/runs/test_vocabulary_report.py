"""The table of a vocabulary's symbols, as a terminal of eighty columns shows it."""

from __future__ import annotations

import pytest

from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.preflight.symbols import Line
from phoneme_recognition.runs.vocabulary_report import show_findings, show_symbols


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(lines: list[Line], capsys: pytest.CaptureFixture[str]) -> list[str]:
    show_symbols(lines)
    printed = capsys.readouterr().err.splitlines()
    assert max(map(len, printed)) <= 80
    return [" ".join(line.split()) for line in printed[2:]]


def test_a_symbol_a_line_with_its_share(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        Line("a", (60, 10, 5), "ru_0001", ()),
        Line("[PAD]", (20, 0, 5), "common_voice_ru_18849003.mp3", ("missing", "confusable: U+0031 U+0032")),
    ]
    assert shown(lines, capsys) == [
        "a 60 10 5 75.00 ru_0001",
        "[PAD] 20 0 5 25.00 …ice_ru_18849003.mp3 missing, confusable:",
        "U+0031 U+0032",
    ]


def test_counts_of_a_large_corpus_and_many_marks_fit(capsys: pytest.CaptureFixture[str]) -> None:
    marks = ("missing", "not in training", "confusable: U+0061 U+0301")
    (line, *_) = shown([Line("ˈaːʲ", (123_456_789, 12_345_678, 12_345_678), "x" * 60, marks)], capsys)
    assert line.startswith("ˈaːʲ 123456789 12345678 12345678 100.00 …")


def test_of_a_long_list_both_ends_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line(chr(0x4E00 + number), (1000 - number, 0, 0), "one", ()) for number in range(1000)]
    rows = shown(lines, capsys)
    assert rows[0].startswith(chr(0x4E00)) and rows[-1].startswith(chr(0x4E00 + 999))
    assert len(rows) == 161
    assert rows[80] == "… and 840 more"


def test_no_symbols_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown([], capsys) == []


def test_findings_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show_findings([Diagnosis("error", "model.vocab_file", "my.json lacks [b]", "Add it.")])
    assert capsys.readouterr().err == "\nerror: my.json lacks [b].\n→ Add it.\n"
