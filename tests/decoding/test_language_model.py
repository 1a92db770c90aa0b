"""The phoneme n-gram against hand-computed values and a plain implementation of the same formula."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from phoneme_recognition.decoding import language_model
from phoneme_recognition.decoding.language_model import PhonemeLanguageModel


class Plain:
    """Modified Kneser-Ney over Counters, by recursion; id 0 is the start."""

    def __init__(self, labels: Sequence[Sequence[int]], order: int, size: int) -> None:
        self.size = size
        self.after: list[defaultdict[tuple[int, ...], Counter[int]]] = [
            defaultdict(Counter) for _ in range(order)
        ]
        for label in labels:
            padded = (0,) * (order - 1) + tuple(label)
            for at in range(order - 1, len(padded)):
                self.after[-1][padded[at - order + 1 : at]][padded[at]] += 1
        for length in range(order - 2, -1, -1):
            for context, followers in self.after[length + 1].items():
                self.after[length][context[1:]].update(list(followers))

    def discount(self, length: int, count: int) -> float:
        seen = Counter(one for followers in self.after[length].values() for one in followers.values())
        y = seen[1] / (seen[1] + 2 * seen[2]) if seen[1] else 0.5
        k = min(count, 3)
        return max(0.05, k - (k + 1) * y * seen[k + 1] / seen[k] if seen[k] else 0.5)

    def probability(self, context: tuple[int, ...], phoneme: int) -> float:
        shorter = self.probability(context[1:], phoneme) if context else 1 / (self.size - 1)
        followers = self.after[len(context)].get(context)
        if not followers:
            return shorter
        discounts = {one: self.discount(len(context), count) for one, count in followers.items()}
        own = followers[phoneme] - discounts[phoneme] if phoneme in followers else 0.0
        return (own + sum(discounts.values()) * shorter) / sum(followers.values())


def test_a_bigram_by_hand() -> None:
    model = PhonemeLanguageModel.count([[1, 2], [1, 3]], order=2, size=4, start=0)
    # Bigrams: start-1 twice, 1-2 and 1-3 once each. Y = 2 / (2 + 2), D1 = 1 - 2 Y / 2 = 0.5, D2 = 2 - 0 = 2.
    # Each phoneme followed one other: D1 = 1 - 0 takes all of it, and the unigrams are uniform, 1/3.
    state = model.following[model.first, 1]
    assert np.exp(model.log_probs[state]) == pytest.approx([0, 1 / 6, 5 / 12, 5 / 12])
    assert np.exp(model.log_probs[model.first]) == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    assert model.log_prob([1, 2]) == pytest.approx(np.log(1 / 3 * 5 / 12))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_any_order_equals_a_plain_recursion(order: int) -> None:
    draw = random.Random(order)
    labels = [[draw.choice([1, 1, 2, 3, 4]) for _ in range(draw.randrange(1, 9))] for _ in range(12)]
    model = PhonemeLanguageModel.count(labels, order=order, size=6, start=0)
    reference = Plain(labels, order, 6)
    for _ in range(20):
        label = [draw.randrange(1, 6) for _ in range(7)]
        state, history = model.first, (0,) * (order - 1)
        for phoneme in label:
            expected = reference.probability(history, phoneme)
            assert np.exp(model.log_probs[state, phoneme]) == pytest.approx(expected, rel=1e-5)
            state = model.following[state, phoneme]
            history = (*history, phoneme)[1:] if order > 1 else ()


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


def test_the_order_is_lowered_to_what_can_be_numbered() -> None:
    labels = [[5, 4999, 7], [5, 4999, 8]]
    model = PhonemeLanguageModel.count(labels, order=6, size=5000, start=0)
    assert model.order == 5  # 5000 ** 5 < 2 ** 62 < 5000 ** 6
    assert model.log_prob([5, 4999, 7]) > model.log_prob([5, 4999, 9])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        PhonemeLanguageModel.count(labels, order=0, size=52, start=0)
