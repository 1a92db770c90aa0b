"""Batches of like lengths, within their seconds."""

from __future__ import annotations

from phoneme_recognition.inference.order import like_lengths


def test_the_batch_is_built_around_one() -> None:
    lengths = {4: 100, 5: 30, 6: 95, 7: 104, 8: 99, 9: 300}
    assert like_lengths(lengths, 4, 320.0) == [4, 8, 7]
    assert like_lengths(lengths, 4, 1000.0) == [4, 8, 7, 6]
    assert like_lengths(lengths, 8, 320.0) == [8, 4, 6]
    assert like_lengths({5: 30, 9: 300}, 5, 1000.0) == [5]


def test_padding_counts() -> None:
    assert like_lengths({0: 90, 1: 100, 2: 90}, 0, 270.0) == [0, 2]
    assert like_lengths({0: 90, 1: 100}, 0, 199.0) == [0]
    assert like_lengths({0: 90, 1: 100}, 0, 200.0) == [0, 1]


def test_a_long_one_is_a_batch_by_itself() -> None:
    assert like_lengths({0: 5000, 1: 5000}, 0, 100.0) == [0]
