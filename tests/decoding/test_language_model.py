"""The phoneme n-gram against hand-computed values and a plain implementation of the same formula."""

import random
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from phoneme_recognition.decoding import language_model
from phoneme_recognition.decoding.language_model import PhonemeLanguageModel


def plain(
    labels: Sequence[Sequence[int]], order: int, size: int, history: list[int], phoneme: int
) -> Fraction:
    """Witten-Bell by recursion over Counters, in exact fractions; id 0 is the start."""
    followers: Counter[int] = Counter()
    for label in labels:
        padded = [0] * (order - 1) + list(label)
        for at in range(order - 1, len(padded)):
            if padded[at - len(history) : at] == history:
                followers[padded[at]] += 1
    shorter = plain(labels, order, size, history[1:], phoneme) if history else Fraction(1, size - 1)
    if not followers:
        return shorter
    kinds, total = len(followers), sum(followers.values())
    return (followers[phoneme] + kinds * shorter) / Fraction(total + kinds)


def test_a_bigram_by_hand() -> None:
    model = PhonemeLanguageModel.count([[1, 2], [1, 3]], order=2, size=4, start=0)
    # Empty context: 4 phonemes of 3 kinds and a uniform 1/3: P(1) = (2 + 3/3) / 7, P(2) = P(3) = (1 + 1) / 7.
    # After 1: 2 and 3 once each, 2 kinds: P(2) = (1 + 2 * 2/7) / 4.
    state = model.following[model.first, 1]
    assert np.exp(model.log_probs[state]) == pytest.approx([0, 2 * 3 / 7 / 4, 11 / 28, 11 / 28])
    # At the beginning: 1 twice, 1 kind: P(1) = (2 + 3/7) / 3.
    assert np.exp(model.log_probs[model.first, 1]) == pytest.approx(17 / 21)
    assert model.log_prob([1, 2]) == pytest.approx(np.log(17 / 21 * 11 / 28))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_any_order_equals_the_plain_recursion(order: int) -> None:
    draw = random.Random(order)
    labels = [[draw.choice([1, 1, 2, 3, 4]) for _ in range(draw.randrange(1, 9))] for _ in range(12)]
    model = PhonemeLanguageModel.count(labels, order=order, size=6, start=0)
    for _ in range(20):
        label = [draw.randrange(1, 6) for _ in range(7)]
        state, history = model.first, [0] * (order - 1)
        for phoneme in label:
            expected = plain(labels, order, 6, history, phoneme)
            assert np.exp(model.log_probs[state, phoneme]) == pytest.approx(float(expected), rel=1e-5)
            state = model.following[state, phoneme]
            history = [*history, phoneme][1:] if order > 1 else []


def test_every_context_gives_a_distribution_without_the_start() -> None:
    model = PhonemeLanguageModel.count([[1, 2, 3, 1, 2], [2, 2]], order=4, size=5, start=0)
    assert np.exp(model.log_probs).sum(axis=1) == pytest.approx(1)
    assert np.isneginf(model.log_probs[:, 0]).all()


def test_without_labels_all_phonemes_are_alike() -> None:
    model = PhonemeLanguageModel.count([], order=3, size=5, start=0)
    assert model.log_prob([1, 4]) == pytest.approx(2 * np.log(1 / 4))


def test_the_rarest_contexts_go_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [[1, 2, 1, 2, 1, 2, 3], [1, 2, 4]]
    whole = PhonemeLanguageModel.count(labels, order=3, size=5, start=0)
    monkeypatch.setattr(language_model, "LARGEST_TABLE", 5 * 4)
    small = PhonemeLanguageModel.count(labels, order=3, size=5, start=0)
    assert len(small.log_probs) <= 4 < len(whole.log_probs)
    assert np.exp(small.log_probs).sum(axis=1) == pytest.approx(1)
    # The most frequent context has stayed, and knows as much as before.
    assert small.log_probs[small.following[0, 1], 2] == whole.log_probs[whole.following[0, 1], 2]


def test_it_survives_a_checkpoint(tmp_path: Path) -> None:
    model = PhonemeLanguageModel.count([[1, 2, 3], [3, 1]], order=3, size=4, start=0)
    torch.save(model.to_dict(), tmp_path / "model.pt")
    again = PhonemeLanguageModel.from_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    assert np.array_equal(again.log_probs, model.log_probs)
    assert np.array_equal(again.following, model.following)
    assert again.first == model.first


@pytest.mark.parametrize("order", [0, 20])
def test_an_order_that_cannot_be_counted_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="order: expected 1 to 10"):
        PhonemeLanguageModel.count([[1]], order=order, size=52, start=0)
