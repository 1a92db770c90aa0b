"""Labels against the vocabulary, and against the frames that CTC has for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.data.rows import label_symbols
from phoneme_recognition.data.skipped import VOCABULARY_REMEDY
from phoneme_recognition.data.symbols import count_symbols
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.diagnosis import Diagnosis, Level, shorten
from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.survey import Survey

FrameCounter = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""(n,) samples → (n,) frames."""

# In fewer symbols than these a phoneme may well be missing by chance.
_ENOUGH_SYMBOLS = 2000


def check_labels(
    surveys: Sequence[Survey],
    vocabulary: Vocabulary,
    *,
    count_frames: FrameCounter | None,
    sampling_rate: int,
    max_skipped: float,
) -> list[Diagnosis]:
    """Judge the labels of every split.

    Args:
        surveys: of all splits and corpora.
        vocabulary: what the labels are to be written in.
        count_frames: of the network; None where it is not known.
        sampling_rate: in Hz.
        max_skipped: share of unusable recordings that stops a run.
    """
    found: list[Diagnosis] = []
    for survey in surveys:
        found += _check_symbols(survey, vocabulary, max_skipped)
        if count_frames is not None:
            found += _check_frames(survey, vocabulary, count_frames, sampling_rate, max_skipped)
    return [*found, *_check_unused(surveys, vocabulary)]


def missing_symbols(rows: Sequence[UtteranceSource], vocabulary: Vocabulary) -> tuple[Counter[str], int]:
    """The symbols that the vocabulary lacks with their counts, and how many utterances that concerns."""
    counts: Counter[str] = Counter()
    concerned = 0
    letters = set("".join(vocabulary.phonemes))
    for row in rows:
        if not _is_labelled(row) or _symbols(row, vocabulary) is not None:
            continue
        own = count_symbols([row])
        # Of a text, the letters that are in no phoneme; phonemes as they are.
        known = letters if row.phonemes is None else vocabulary
        lacking = Counter({symbol: number for symbol, number in own.items() if symbol not in known})
        counts += lacking
        concerned += 1
    return counts, concerned


def _check_symbols(survey: Survey, vocabulary: Vocabulary, max_skipped: float) -> Iterator[Diagnosis]:
    counts, concerned = missing_symbols(survey.rows, vocabulary)
    if not concerned:
        return
    named = [f"{symbol} ({number} times)" for symbol, number in counts.most_common()]
    few = len(survey.rows) < survey.total
    of = f"{len(survey.rows)} that were looked at" if few else f"{survey.total}"
    reason = (
        f"{survey.name}: the vocabulary lacks {shorten(named) or 'sequences of letters'}, "
        f"so {concerned} of {of} utterances cannot be used"
    )
    level = _level(concerned, len(survey.rows), max_skipped)
    if all(row.phonemes is None for row in survey.rows):
        reason += ". These labels are text, which is cut into the vocabulary's symbols as it stands"
    yield Diagnosis(level, "model.vocab_file", reason, VOCABULARY_REMEDY.rstrip(" "))


def _check_frames(
    survey: Survey, vocabulary: Vocabulary, count_frames: FrameCounter, rate: int, max_skipped: float
) -> Iterator[Diagnosis]:
    finite = np.flatnonzero(np.isfinite(survey.seconds)).tolist()
    known = [row for row in finite if _is_labelled(survey.rows[row])]
    labels = [_symbols(survey.rows[row], vocabulary) or [] for row in known]
    if not labels:
        return
    frames = count_frames(np.round(survey.seconds[known] * rate).astype(np.int64))
    needed = np.array([needed_frames(label) for label in labels])
    long = np.flatnonzero(needed > frames)
    if not len(long):
        return
    worst = long[np.argmax(needed[long] - frames[long])]
    speed = float(count_frames(np.array([100 * rate]))[0]) / 100
    reason = (
        f"{survey.name}: {len(long)} of {len(known)} labels need more frames than CTC has for them "
        f"({speed:.3g} a second); {survey.rows[known[worst]].utterance_id} has {len(labels[worst])} symbols, "
        f"needs {needed[worst]} frames and has {frames[worst]}. They cannot be learnt and are left out"
    )
    yield Diagnosis(
        _level(len(long), len(known), max_skipped), "data.dataset_classes", reason, _FRAMES_REMEDY
    )


_FRAMES_REMEDY = (
    "See whether these labels belong to these recordings. If they do, take a network with more frames a "
    "second (smaller strides in model.network_config)."
)


def needed_frames(label: Sequence[str]) -> int:
    """The fewest frames from which CTC can give a label: a blank stands between two equal symbols.

    Graves et al. (2006), section 3.1.
    """
    return len(label) + sum(one == other for one, other in pairwise(label))


def _check_unused(surveys: Sequence[Survey], vocabulary: Vocabulary) -> Iterator[Diagnosis]:
    seen = {split: count_symbols(_sources(surveys, split, vocabulary)) for split in ("train", "val", "test")}
    if sum(seen["train"].values()) < _ENOUGH_SYMBOLS:
        return
    unused = [symbol for symbol in vocabulary.phonemes if not any(counts[symbol] for counts in seen.values())]
    if unused:
        reason = (
            f"{len(unused)} of its {len(vocabulary.phonemes)} phonemes are in no label: {shorten(unused)}"
        )
        remedy = "It does no harm. One made from the labels is smaller: ./run.sh vocab CONFIG output=FILE."
        yield Diagnosis("advice", "model.vocab_file", reason, remedy)
    held_out = [symbol for symbol in (seen["val"] + seen["test"]) if not seen["train"][symbol]]
    if held_out:
        reason = f"in validation or test labels, but in none to learn from: {shorten(sorted(held_out))}"
        remedy = "Add training recordings with them; until then each occurrence is an error."
        yield Diagnosis("advice", "data.dataset_classes", reason, remedy)


def _sources(surveys: Sequence[Survey], split: str, vocabulary: Vocabulary) -> Iterator[UtteranceSource]:
    """The usable rows of a split, their labels as symbols of the vocabulary."""
    for survey in surveys:
        for row in survey.rows if survey.split == split else ():
            symbols = _symbols(row, vocabulary) if _is_labelled(row) else None
            if symbols is not None:
                yield UtteranceSource(row.utterance_id, row.audio, phonemes=tuple(symbols))


def _is_labelled(row: UtteranceSource) -> bool:
    return row.problem is None and not (row.phonemes is None and row.text is None)


def _symbols(source: UtteranceSource, vocabulary: Vocabulary) -> list[str] | None:
    """The label in the vocabulary's symbols, as the cache will hold it; None where there is none."""
    try:
        ids = vocabulary.encode(label_symbols(source, vocabulary))
    except VocabularyError:
        return None
    return vocabulary.decode(ids)


def _level(bad: int, total: int, max_skipped: float) -> Level:
    """As the cache will judge it: too many unusable utterances stop the run."""
    return "error" if bad == total or bad > max_skipped * total else "warning"
