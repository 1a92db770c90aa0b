"""Edits of many utterances at once against those of each by itself, ties included, and by hand."""

from __future__ import annotations

import random

import pytest

from phoneme_recognition.metrics.error_rates import edit_counts
from phoneme_recognition.metrics.many_edits import TOGETHER, count_many


@pytest.mark.parametrize("symbols", ["ab", "abcd", "abcdefghijklmnopqrstuvwxyz"])
def test_each_is_counted_as_by_itself(symbols: str) -> None:
    draw = random.Random(11)
    # More than go together, of all lengths; with two symbols nearly every cell of the tables is a tie.
    references = [draw.choices(symbols, k=draw.randint(0, 40)) for _ in range(3 * TOGETHER + 1)]
    hypotheses = [draw.choices(symbols, k=draw.randint(0, 40)) for _ in references]
    alone = [list(edit_counts(*pair)[:3]) for pair in zip(references, hypotheses, strict=True)]
    assert count_many(references, hypotheses).tolist() == alone


def test_counts_by_hand() -> None:
    references = ["kitten", "", "abc", "", "ab"]
    hypotheses = ["sitting", "ab", "", "", "ab"]
    assert count_many(references, hypotheses).tolist() == [
        [2, 1, 0],
        [0, 2, 0],
        [0, 0, 3],
        [0, 0, 0],
        [0, 0, 0],
    ]


def test_multi_character_tokens_are_one_each() -> None:
    assert count_many([["tʲ", "ˈa"]], [["t", "ˈa"]]).tolist() == [[1, 0, 0]]


def test_no_utterances_have_no_edits() -> None:
    assert count_many([], []).shape == (0, 3)


def test_a_missing_hypothesis_is_refused() -> None:
    with pytest.raises(ValueError, match="1 hypotheses for 2 references"):
        count_many(["a", "b"], ["a"])
