"""Prefix beam search against all sequences, scored by torch's CTC loss."""

from collections.abc import Iterator
from itertools import product

import pytest
import torch
from torch import Tensor

from phoneme_recognition.decoding.beam import beam_decode
from phoneme_recognition.decoding.decoder import Decoder, Decoding
from phoneme_recognition.decoding.greedy import greedy_decode
from phoneme_recognition.decoding.language_model import PhonemeLanguageModel

SIZE = 4


def every_label(longest: int) -> Iterator[list[int]]:
    for length in range(longest + 1):
        for label in product(range(1, SIZE), repeat=length):
            yield list(label)


def probability(log_probs: Tensor, label: list[int]) -> float:
    """Natural logarithm of all alignments together, by torch."""
    frames = len(log_probs)
    loss = torch.nn.functional.ctc_loss(
        log_probs[:, None],
        torch.tensor([label or [1]])[:, : len(label)],
        torch.tensor([frames]),
        torch.tensor([len(label)]),
        reduction="sum",
    )
    return -float(loss)


def drawn(seed: int, batch: int, frames: int) -> Tensor:
    values = torch.randn(batch, frames, SIZE, generator=torch.Generator().manual_seed(seed)).double()
    return (1.5 * values).log_softmax(-1)


@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_of_all_sequences_is_found(seed: int) -> None:
    log_probs = drawn(seed, 3, 5)
    found = beam_decode(log_probs, torch.tensor([5, 5, 5]), blank_id=0, width=60)
    assert found == [max(every_label(5), key=lambda label: probability(one, label)) for one in log_probs]


@pytest.mark.parametrize("seed", range(5))
def test_the_language_model_takes_part(seed: int) -> None:
    model = PhonemeLanguageModel.count([[1, 2, 3], [1, 2, 1], [3, 3]], order=3, size=SIZE, start=0)
    log_probs = drawn(seed, 3, 5)
    weight, bonus = 0.7, 1.1
    found = beam_decode(
        log_probs,
        torch.tensor([5, 5, 5]),
        blank_id=0,
        width=60,
        language_model=model,
        weight=weight,
        bonus=bonus,
    )

    def score(one: Tensor, label: list[int]) -> float:
        return probability(one, label) + weight * model.log_prob(label) + bonus * len(label)

    assert found == [max(every_label(5), key=lambda label: score(one, label)) for one in log_probs]


def test_alignments_of_one_sequence_add_up() -> None:
    # Two frames, each 0.4 blank and 0.35 phoneme 1: blank twice is the best path (0.16), but phoneme 1 has
    # three paths (0.35 * 0.35 + 2 * 0.4 * 0.35 = 0.4).
    log_probs = torch.tensor([[[0.4, 0.35, 0.25]] * 2]).log()
    lengths = torch.tensor([2])
    assert greedy_decode(log_probs, lengths, blank_id=0) == [[]]
    assert beam_decode(log_probs, lengths, blank_id=0, width=4) == [[1]]


def test_an_utterance_is_decoded_alike_in_any_batch() -> None:
    log_probs = drawn(7, 6, 12)
    lengths = torch.tensor([12, 3, 0, 7, 12, 1])
    together = beam_decode(log_probs, lengths, blank_id=0, width=5)
    for row in range(6):
        alone = log_probs[row : row + 1, : max(1, int(lengths[row]))]
        assert beam_decode(alone, lengths[row : row + 1], blank_id=0, width=5) == [together[row]]
    assert together[2] == []


def test_a_repeated_phoneme_needs_a_blank_between() -> None:
    frames = torch.tensor([1, 1, 0, 1])
    log_probs = torch.full((1, 4, SIZE), -20.0)
    log_probs[0, torch.arange(4), frames] = 0.0
    assert beam_decode(log_probs, torch.tensor([4]), blank_id=0, width=8) == [[1, 1]]


def test_the_decoder_follows_its_plan() -> None:
    log_probs, lengths = drawn(3, 2, 9), torch.tensor([9, 8])
    model = PhonemeLanguageModel.count([[1, 2], [2, 1]], order=2, size=SIZE, start=0)
    greedy = Decoder(Decoding(), blank_id=0, language_model=model)
    assert greedy(log_probs, lengths) == greedy_decode(log_probs, lengths, blank_id=0)
    plan = Decoding(method="beam", beam_width=7, lm_order=2, lm_weight=2.0, lm_bonus=2.5)
    beam = Decoder(plan, blank_id=0, language_model=model)
    helped = beam_decode(log_probs, lengths, blank_id=0, width=7, language_model=model, weight=2.0, bonus=2.5)
    # Logits need not be normalised.
    assert beam(log_probs + 3, lengths) == helped
    unhelped = Decoder(Decoding(method="beam", beam_width=7, lm_order=0), blank_id=0, language_model=model)
    assert unhelped(log_probs, lengths) == beam_decode(log_probs, lengths, blank_id=0, width=7)
    assert unhelped(log_probs, lengths) != beam(log_probs, lengths)
    again = Decoder.from_dict(beam.to_dict(), blank_id=0)
    assert (again.plan, again(log_probs, lengths)) == (plan, beam(log_probs, lengths))
    assert Decoder.from_dict(None, blank_id=0).plan.method == "greedy"
    assert [str(one) for one in (greedy, unhelped, beam)] == [
        "the likeliest symbol of every frame",
        "beam search, 7 wide",
        "beam search, 7 wide, with a 2-gram of the training labels, weight 2",
    ]
