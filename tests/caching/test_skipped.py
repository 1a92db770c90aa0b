"""What is said when recordings cannot be used: the phonemes that are missing, how often, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from phoneme_recognition.data.skipped import Skipped, count_reasons, report_skipped
from phoneme_recognition.errors import DataError

ROWS = [
    Skipped("one", "one.wav", "unknown phoneme: ɕː ʂ"),
    Skipped("two", "two.wav", "unknown phoneme: ʂ"),
    Skipped("three", "three.wav", "unknown phoneme: q"),
    Skipped("four", "four.wav", "silent: every sample is zero"),
]


def test_reasons_are_counted_by_utterance() -> None:
    unsaid = Skipped("five", "five.wav", "not said: iPhone 15 15")
    counts = count_reasons(iter([*ROWS, unsaid]))
    assert counts.kinds == {"unknown phoneme": 3, "silent": 1, "not said": 1}
    assert counts.missing == {"ʂ": 2, "ɕː": 1, "q": 1}
    assert counts.unsaid == {"iPhone": 1, "15": 2}


def test_too_many_name_the_phonemes_and_the_remedy() -> None:
    with pytest.raises(DataError) as caught:
        report_skipped("corpus", ROWS, 10, Path("skipped.csv"), 0.1)
    said = str(caught.value)
    assert "4 of 10 utterances cannot be used (3 unknown phoneme, 1 silent)" in said
    assert "phonemes that the vocabulary lacks: ʂ in 2, ɕː in 1, q in 1 utterances" in said
    assert "./run.sh vocab CONFIG output=FILE" in said


def test_a_few_are_named_too(caplog: pytest.LogCaptureFixture) -> None:
    report_skipped("corpus", ROWS[1:2], 100, Path("skipped.csv"), 0.1)
    assert "phonemes that the vocabulary lacks: ʂ in 1 utterances; see skipped.csv" in caplog.text
    caplog.clear()
    report_skipped("corpus", ROWS[3:], 100, Path("skipped.csv"), 0.1)
    assert "vocabulary" not in caplog.text
