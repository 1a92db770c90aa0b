"""Error rates against hand-counted cases and against jiwer, an independent implementation."""

from __future__ import annotations

import random

import jiwer
import pytest

from phoneme_recognition.metrics.error_rates import (
    MOST_WAITING,
    EditCounts,
    ErrorRate,
    character_tokens,
    edit_counts,
    phoneme_tokens,
    word_tokens,
)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("a b c", "a b c", (0, 0, 0, 3)),
        ("a b c", "a x c", (1, 0, 0, 3)),
        ("a b c", "a c", (0, 0, 1, 3)),
        ("a b c", "a b b c", (0, 1, 0, 3)),
        ("a b c", "", (0, 0, 3, 3)),
        ("", "a b", (0, 2, 0, 0)),
        ("", "", (0, 0, 0, 0)),
        ("tʲ ˈa t͡ɕ", "t ˈa t͡ɕ", (1, 0, 0, 3)),
        ("k i t t e n", "s i t t i n g", (2, 1, 0, 6)),
    ],
)
def test_counts_by_hand(reference: str, hypothesis: str, expected: tuple[int, int, int, int]) -> None:
    assert edit_counts(reference.split(), hypothesis.split()) == EditCounts(*expected)


def test_agrees_with_jiwer_on_random_sequences() -> None:
    draw = random.Random(7)
    for _ in range(200):
        reference = draw.choices("abcd", k=draw.randint(1, 30))
        hypothesis = draw.choices("abcd", k=draw.randint(0, 30))
        ours = edit_counts(reference, hypothesis)
        theirs = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
        assert ours.errors == theirs.substitutions + theirs.insertions + theirs.deletions
        assert ours.rate == pytest.approx(theirs.wer)
        # What holds of every alignment, however ties are broken.
        assert ours.insertions - ours.deletions == len(hypothesis) - len(reference)


def test_rate_of_an_empty_reference_is_a_number() -> None:
    assert edit_counts([], ["a", "b"]).rate == 2.0
    assert edit_counts([], []).rate == 0.0


def test_tokens_of_each_unit() -> None:
    symbols = ["t͡s", "ˈa", "|", "tʲ", "|"]
    assert phoneme_tokens(symbols) == ["t͡s", "ˈa", "tʲ"]
    assert "".join(character_tokens(symbols)) == "t͡sˈatʲ"
    assert len(character_tokens(symbols)) == 7
    assert word_tokens(symbols) == ["t͡sˈa", "tʲ"]


def test_metric_adds_up_before_it_divides() -> None:
    metric = ErrorRate("per")
    metric.update([["a"] * 9], [["a"] * 9])
    metric.update([["a"]], [["b"]])
    assert float(metric.compute()) == pytest.approx(0.1)  # the mean of the two rates would be 0.5
    assert metric.counts() == EditCounts(1, 0, 0, 10)
    metric.reset()
    assert metric.counts() == EditCounts(0, 0, 0, 0)


def test_metric_of_words_counts_words() -> None:
    metric = ErrorRate("wer")
    metric.update([["a", "b", "|", "c"]], [["a", "b", "|", "d"]])
    assert float(metric.compute()) == 0.5


def test_metric_refuses_a_missing_hypothesis() -> None:
    with pytest.raises(ValueError, match="1 hypotheses for 2 references"):
        ErrorRate("per").update([["a"], ["b"]], [["a"]])


def test_metric_counts_what_is_waiting_before_processes_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = ErrorRate("per")
    metric.update([["a", "b"]], [["a"]])
    # As if another process had counted the same.
    monkeypatch.setattr(metric, "_sync_dist", lambda *_, **__: setattr(metric, "totals", metric.totals * 2))
    with metric.sync_context(distributed_available=lambda: True):
        assert metric.counts() == EditCounts(0, 0, 2, 4)
    assert metric.counts() == EditCounts(0, 0, 1, 2)
    metric.update([["a"]], [["b"]])
    assert metric.counts() == EditCounts(1, 0, 1, 3)


def test_metric_does_not_let_too_much_wait() -> None:
    metric = ErrorRate("per")
    metric.update([["a"]] * (MOST_WAITING - 1), [["b"]] * (MOST_WAITING - 1))
    assert int(metric.totals.sum()) == 0
    metric.update([["a"]], [["b"]])
    assert metric.totals.tolist() == [MOST_WAITING, 0, 0, MOST_WAITING]


def test_metric_forgets_what_is_waiting() -> None:
    metric = ErrorRate("per")
    metric.update([["a"]], [["b"]])
    metric.reset()
    assert metric.counts() == EditCounts(0, 0, 0, 0)
