"""What people see of ``phonemize``."""

from __future__ import annotations

import pytest

from phoneme_recognition.phonemes.g2p.backend import Pronunciation, Word
from phoneme_recognition.runs.phonemize import report as phonemize_report
from phoneme_recognition.runs.phonemize.input import Line
from phoneme_recognition.runs.phonemize.report import Printer, Summary, show_summary, visible

SAID = Pronunciation(
    (
        Word("зам+ок", ("z", "ɐ", "m", "ˈo", "k"), "silero", (("z", "ˈa", "m", "ə", "k"),)),
        Word("[b]", ("b",), "lexicon"),
    ),
    ("\x1b[31m", "☺"),
)


def printed(capsys: pytest.CaptureFixture[str], lines: list[Line], said: list[Pronunciation]) -> list[str]:
    Printer()(lines, said)
    return [line.rstrip() for line in capsys.readouterr().err.splitlines()]


def test_a_sentence_is_a_table_of_word_phonemes_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, [Line("line 7", "Замок [b] \x1b[31m ☺")], [SAID])
    assert shown[0] == "line 7: Замок [b] <U+001B>[31m ☺"
    assert shown[1].split() == ["word", "phonemes", "decided", "by"]
    assert shown[3].split() == ["зам+ок", "z", "ɐ", "m", "ˈo", "k", "silero"]
    assert shown[4].split() == ["z", "ˈa", "m", "ə", "k", "or"]
    assert shown[5].split() == ["[b]", "b", "lexicon"]
    assert shown[6] == "  not said: <U+001B>[31m, ☺"


def test_many_sentences_are_two_lines_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line(f"line {number}", "x") for number in range(1, 12)]
    shown = printed(capsys, lines, [SAID] * 11)
    assert shown[:3] == [
        "line 1: зам+ок [b]",
        "  z ɐ m ˈo k | b",
        "  not said: <U+001B>[31m, ☺",
    ]
    assert len(shown) == 33


def test_long_sentences_are_printed_in_short_too(capsys: pytest.CaptureFixture[str]) -> None:
    long = Pronunciation((Word("а", ("ɐ",), "clitic"),) * 201)
    shown = printed(capsys, [Line("line 1", "а " * 201)], [long])
    assert len(shown) == 2
    assert shown[1].count("ɐ") == 201


def test_of_very_many_the_rest_is_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phonemize_report, "_MOST_SENTENCES", 12)
    lines = [Line(f"line {number}", "x") for number in range(1, 20)]
    show = Printer()
    show(lines, [SAID] * 19)
    show(lines, [SAID] * 19)
    shown = capsys.readouterr().err
    assert "line 12:" in shown and "line 13:" not in shown
    assert shown.count("--plain or output=FILE gives the phonemes of all") == 1


def test_the_summary_says_who_decided_how_often(capsys: pytest.CaptureFixture[str]) -> None:
    summary = Summary()
    summary.add([Line("line 1", "x"), Line("line 2", "y")], [SAID, SAID], seconds=0.5)
    summary.add([Line("line 3", "")], [Pronunciation(())], seconds=0.5)
    show_summary(summary)
    shown = capsys.readouterr().err
    assert "silero" in shown and "50.0" in shown and "зам+ок" in shown
    assert "3 lines, 4 words, 12 phonemes" in shown
    assert summary.figures() == {
        "lines": 3,
        "words": 4,
        "phonemes": 12,
        "unsaid": 4,
        "unsaid_lines": 2,
        "undecodable_lines": 0,
        "sources": {"silero": 2, "lexicon": 2},
        "seconds": 1.0,
        "words_per_second": 4,
    }


def test_what_is_remembered_does_not_grow_and_the_counts_stay_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phonemize_report, "_MOST_COUNTED", 100)
    summary = Summary()
    for number in range(300):
        said = Pronunciation(
            (Word(f"w{number}", ("a",), "x"), Word("often", ("a",), "x")), (f"u{number}", "%")
        )
        summary.add([Line("line", "x")], [said], seconds=0)
    assert len(summary.unsaid) <= 100
    assert len(summary.examples["x"]) <= 100
    assert summary.examples["x"]["often"] == summary.unsaid["%"] == 300
    assert summary.sources["x"] == summary.words == summary.unsaid_parts == 600
    assert len(summary.first_unsaid) == 10


def test_nothing_steers_the_terminal() -> None:
    assert visible("а\u0301 é ☺ [b]") == "а\u0301 é ☺ [b]"
    assert visible("\x07\x9b\u202e\ufeff\ud800") == "<U+0007><U+009B><U+202E><U+FEFF><U+D800>"


def test_what_is_long_or_empty_is_shown_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line(f"line {number}", "!" * 5000) for number in range(1, 12)]
    shown = printed(capsys, lines, [Pronunciation((), ("5" * 5000,))] * 11)
    assert shown[:2] == [f"line 1: {'!' * 40}…", f"  not said: {'5' * 40}…"]
    summary = Summary()
    summary.add(lines, [Pronunciation((Word("а" * 5000, ("a",), "guess"),))] * 11, seconds=1)
    show_summary(summary)
    assert "а" * 50 not in capsys.readouterr().err.replace("\n", "").replace(" ", "")
