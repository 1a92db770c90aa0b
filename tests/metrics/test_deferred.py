"""Transcripts that are made when they are read, and once."""

from __future__ import annotations

from phoneme_recognition.metrics.deferred import Deferred
from phoneme_recognition.metrics.error_rates import EditCounts, ErrorRate


def test_they_are_made_once_and_not_before_they_are_read() -> None:
    made = []

    def make() -> list[list[str]]:
        made.append(True)
        return [["m", "a"], ["n"], ["padding"]]

    said = Deferred(2, make)
    assert len(said) == 2
    assert not made
    assert list(said) == [["m", "a"], ["n"]]
    assert said[0] == ["m", "a"]
    assert len(made) == 1


def test_rates_read_them_at_the_end() -> None:
    made = []

    def make() -> list[list[str]]:
        made.append(True)
        return [["m", "o"]]

    said = Deferred(1, make)
    rates = ErrorRate("per"), ErrorRate("cer")
    for rate in rates:
        rate.update([["m", "a"]], said)
    assert not made
    assert [rate.counts() for rate in rates] == [EditCounts(1, 0, 0, 2)] * 2
    assert len(made) == 1
