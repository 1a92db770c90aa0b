"""What is to be said about a vocabulary and the labels that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from phoneme_recognition.data.census import Census
from phoneme_recognition.diagnosis import Diagnosis, shorten
from phoneme_recognition.phonemes.notations.ipa import normalise_ipa
from phoneme_recognition.phonemes.vocabulary import UNKNOWN_NAMES, Vocabulary
from phoneme_recognition.preflight.symbols import (
    MISSING,
    NEVER,
    RARE,
    Line,
    Pair,
    code_points,
    is_writable,
    visible,
)

_MOST_PAIRS = 12  # that are named
_ONE_SPELLING = (
    "Keep the first of each pair, in the labels and in the vocabulary. phonemes.notation: ipa writes labels "
    "as the IPA chart does; letters of another alphabet it leaves to you."
)
_UNWRITABLE = (
    "A blank is what CTC writes between sounds; give the sound a symbol of its own, without white space."
)


def judge(
    census: Census, vocabulary: Vocabulary, lines: Sequence[Line], pairs: Sequence[Pair], *, vocab_file: str
) -> list[Diagnosis]:
    """What is to be said about a vocabulary and the labels it is for, the gravest first.

    Args:
        census: of the labels.
        vocabulary: that is judged.
        lines: of both, as :func:`lines_of` gives them.
        pairs: symbols that are easily taken for each other.
        vocab_file: where the vocabulary stands.
    """
    return [
        *_missing(census, lines, vocab_file),
        *_confusable(vocabulary, lines, pairs),
        *_unsaid(census),
        *_left_out(census),
        *_learnable(lines),
        *_never(lines, vocab_file),
    ]


def _missing(census: Census, lines: Sequence[Line], vocab_file: str) -> Iterator[Diagnosis]:
    lacking = [line for line in lines if MISSING in line.marks]
    unwritable = [line for line in lacking if not is_writable(line.symbol)]
    if unwritable:
        reason = f"no vocabulary can hold these symbols of the labels as phonemes: {_named(unwritable)}"
        yield Diagnosis("error", "data.dataset_classes", reason, _UNWRITABLE)
    absent = [line for line in lacking if is_writable(line.symbol)]
    if absent:
        reason = (
            f"symbols of the labels that {vocab_file} lacks: {_named(absent)}. With them "
            f"{census.lacking} of {census.utterances} utterances would be left out"
        )
        remedy = (
            "Add them to the file, each with the next free id, or correct the labels, or make a vocabulary "
            "from the labels: ./run.sh vocab CONFIG output=FILE."
        )
        yield Diagnosis("error", "model.vocab_file", reason, remedy)


def _confusable(vocabulary: Vocabulary, lines: Sequence[Line], pairs: Sequence[Pair]) -> Iterator[Diagnosis]:
    if not pairs:
        return
    counts = {line.symbol: line.total for line in lines}
    advice = []
    for one, other, why in pairs:
        kept, left = sorted((one, other), key=lambda symbol: _merit(symbol, vocabulary, counts), reverse=True)
        named = [f"{visible(symbol)} ({code_points(symbol)}, {counts[symbol]}×)" for symbol in (kept, left)]
        advice.append(f"\n  {named[0]} and {named[1]}: {why}")
    advice[_MOST_PAIRS:] = [f"\n  and {len(advice) - _MOST_PAIRS} more"] if len(advice) > _MOST_PAIRS else []
    reason = f"symbols that look or mean the same, which a network would learn apart:{''.join(advice)}"
    yield Diagnosis("warning", "phonemes.notation", reason, _ONE_SPELLING)


def _merit(symbol: str, vocabulary: Vocabulary, counts: Mapping[str, int]) -> tuple[bool, bool, int]:
    """Of two spellings the one to keep is that of the IPA chart, of the vocabulary, of most labels."""
    return normalise_ipa(symbol) == symbol, symbol in vocabulary, counts[symbol]


def _unsaid(census: Census) -> Iterator[Diagnosis]:
    if not census.unsaid_utterances:
        return
    named = [f"{visible(word)} ({number}×)" for word, number in census.unsaid.most_common(20)]
    reason = (
        f"{census.unsaid_utterances} of {census.utterances} utterances will be left out, as parts of their "
        f"texts have no pronunciation: {shorten(named, 20)}"
    )
    remedy = (
        "Write in the texts what is said (numbers and signs in words, names in the letters of the language), "
        "or give such words a lexicon."
    )
    yield Diagnosis("warning", "phonemes.g2p", reason, remedy)


def _left_out(census: Census) -> Iterator[Diagnosis]:
    if census.left_out:
        kinds = shorten([f"{number} {kind}" for kind, number in census.left_out.most_common()])
        reason = f"{census.left_out.total()} of {census.utterances} utterances will be left out: {kinds}"
        yield Diagnosis("warning", "data.dataset_classes", reason, "Mend their labels, or leave them out.")


def _learnable(lines: Sequence[Line]) -> Iterator[Diagnosis]:
    unknown = [line for line in lines if line.symbol in UNKNOWN_NAMES and line.total]
    if unknown:
        reason = f"labels hold the unknown symbol, which would be learnt like a sound: {_named(unknown)}"
        yield Diagnosis("warning", "data.dataset_classes", reason, "Leave such utterances out.")
    held_out = [line for line in lines if line.is_held_out]
    if held_out:
        reason = f"in validation or test labels, but in none to learn from: {_named(held_out)}"
        remedy = "Add training recordings with them; until then each occurrence is an error."
        yield Diagnosis("warning", "data.dataset_classes", reason, remedy)
    rare = sorted((line for line in lines if line.is_rare), key=lambda line: line.counts)
    if rare:
        reason = (
            f"hard to learn, as the training has them fewer than {RARE} times, from one recording or "
            f"from one speaker: {_named(rare)}"
        )
        remedy = (
            "Look at their utterances: a rare symbol is often a slip. If it is a sound, record more of it."
        )
        yield Diagnosis("warning", "data.dataset_classes", reason, remedy)


def _never(lines: Sequence[Line], vocab_file: str) -> Iterator[Diagnosis]:
    unused = [visible(line.symbol) for line in lines if NEVER in line.marks]
    if unused:
        reason = f"symbols of {vocab_file} that no label has: {shorten(unused, 20)}"
        remedy = "It does no harm. One made from the labels is smaller: ./run.sh vocab CONFIG output=FILE."
        yield Diagnosis("advice", "model.vocab_file", reason, remedy)


def _named(lines: Sequence[Line]) -> str:
    return shorten([f"{visible(line.symbol)} ({line.total}×, {line.example})" for line in lines])
