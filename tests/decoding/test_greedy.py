"""Greedy decoding against hand-made frames and a plain loop."""

from __future__ import annotations

from itertools import groupby

import torch

from phoneme_recognition.decoding.greedy import greedy_decode


def frames(*symbols: int, vocabulary: int = 4) -> torch.Tensor:
    return torch.eye(vocabulary)[list(symbols)]


def test_repeats_merge_and_a_blank_separates_them() -> None:
    scores = frames(0, 1, 1, 0, 1, 2, 2, 3, 0).unsqueeze(0)
    assert greedy_decode(scores, torch.tensor([9]), blank_id=0) == [[1, 1, 2, 3]]


def test_blank_may_have_any_id() -> None:
    scores = frames(3, 0, 0, 3, 0).unsqueeze(0)
    assert greedy_decode(scores, torch.tensor([5]), blank_id=3) == [[0, 0]]


def test_padding_is_not_decoded() -> None:
    scores = torch.stack([frames(1, 2, 3), frames(1, 2, 3)])
    assert greedy_decode(scores, torch.tensor([3, 1]), blank_id=0) == [[1, 2, 3], [1]]
    assert greedy_decode(scores, torch.tensor([0, 2]), blank_id=0) == [[], [1, 2]]


def test_agrees_with_a_plain_loop() -> None:
    generator = torch.Generator().manual_seed(3)
    scores = torch.randn(20, 50, 6, generator=generator)
    lengths = torch.randint(0, 51, (20,), generator=generator)
    expected = [
        [symbol for symbol, _ in groupby(row[:length].argmax(-1).tolist()) if symbol != 2]
        for row, length in zip(scores, lengths.tolist(), strict=True)
    ]
    assert greedy_decode(scores, lengths, blank_id=2) == expected
