"""Labels against the vocabulary, and against the frames that CTC has for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.data.labels import Labels, Reading
from phoneme_recognition.data.skipped import NOT_SAID, NOT_SAID_REMEDY, UNKNOWN_PHONEME, VOCABULARY_REMEDY
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.diagnosis import Diagnosis, Level, shorten
from phoneme_recognition.phonemes.g2p.phonemes import PhonemesG2P
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, Vocabulary
from phoneme_recognition.preflight.survey import SPLITS, Survey, spread

FrameCounter = Callable[[NDArray[np.int64]], NDArray[np.int64]]
"""(n,) samples → (n,) frames."""

# In fewer symbols than these a phoneme may well be missing by chance.
_ENOUGH_SYMBOLS = 2000
# Texts of a split that are turned into phonemes: the check has to be quick.
MOST_TEXTS = 300


def check_labels(
    surveys: Sequence[Survey],
    labels: Labels,
    *,
    count_frames: FrameCounter | None,
    sampling_rate: int,
    max_skipped: float,
) -> list[Diagnosis]:
    """Judge the labels of every split.

    Args:
        surveys: of all splits and corpora.
        labels: makes them.
        count_frames: of the network; None where it is not known.
        sampling_rate: in Hz.
        max_skipped: share of unusable recordings that stops a run.
    """
    found: list[Diagnosis] = []
    seen: dict[str, Counter[int]] = {split: Counter() for split in SPLITS}
    for survey in surveys:
        sample = _read(survey, labels)
        found += _check_symbols(survey, sample, labels, max_skipped)
        found += _check_text(survey, sample, labels, max_skipped)
        if count_frames is not None:
            found += _check_frames(survey, sample, count_frames, sampling_rate, max_skipped)
        for one in sample:
            seen[survey.split].update(one.ids or ())
    return [*found, *_check_unused(seen, labels.vocabulary)]


class _Looked(NamedTuple):
    """One row that was looked at: its number, its label, and that as ids where it can be used."""

    row: int
    reading: Reading
    ids: list[int] | None


def _read(survey: Survey, labels: Labels) -> list[_Looked]:
    """The labels of the survey's rows; of those that are text, of a part."""
    usable = [row for row, source in enumerate(survey.rows) if _is_labelled(source)]
    spoken = [row for row in usable if survey.rows[row].phonemes is None]
    left_out = set(spoken) - {spoken[at] for at in spread(len(spoken), MOST_TEXTS).tolist()}
    rows = [row for row in usable if row not in left_out]
    looked = []
    for row, reading in zip(rows, labels.read([survey.rows[row] for row in rows]), strict=True):
        ids = labels.encode(reading)
        looked.append(_Looked(row, reading, None if isinstance(ids, str) else ids))
    return looked


def _lacking(sample: Sequence[_Looked], labels: Labels) -> tuple[Counter[str], int]:
    """The symbols that the vocabulary lacks with their counts, and how many utterances that concerns."""
    counts: Counter[str] = Counter()
    concerned = 0
    letters = set("".join(labels.vocabulary.phonemes))
    for one in sample:
        symbols = [symbol for symbol in one.reading.symbols if symbol != WORD_BOUNDARY]
        lacking = [symbol for symbol in symbols if symbol not in labels.vocabulary]
        uncut = one.reading.reason.startswith(UNKNOWN_PHONEME)
        if uncut:
            # Of a text that should be phonemes, the letters that are in no phoneme.
            lacking += [letter for letter in "".join(one.reading.unsaid) if letter not in letters]
        counts.update(lacking)
        concerned += uncut or bool(lacking)
    return counts, concerned


def _check_symbols(
    survey: Survey, sample: Sequence[_Looked], labels: Labels, max_skipped: float
) -> Iterator[Diagnosis]:
    counts, concerned = _lacking(sample, labels)
    if not concerned:
        return
    named = [f"{symbol} ({number} times)" for symbol, number in counts.most_common()]
    reason = (
        f"{survey.name}: the vocabulary lacks {shorten(named) or 'sequences of letters'}, "
        f"so {concerned} of {_of(survey, sample)} utterances cannot be used"
    )
    if isinstance(labels.g2p, PhonemesG2P) and all(row.phonemes is None for row in survey.rows):
        reason += ". These labels are text, which is cut into the vocabulary's symbols as it stands"
    level = _level(concerned, len(sample), max_skipped)
    yield Diagnosis(level, "model.vocab_file", reason, VOCABULARY_REMEDY.rstrip(" "))


def _check_text(
    survey: Survey, sample: Sequence[_Looked], labels: Labels, max_skipped: float
) -> Iterator[Diagnosis]:
    """Texts with parts that the backend cannot say."""
    concerned = [one for one in sample if one.reading.reason.startswith(NOT_SAID)]
    if not concerned:
        return
    parts = Counter(part for one in concerned for part in one.reading.unsaid)
    named = [f"{part} ({number} times)" for part, number in parts.most_common()]
    reason = (
        f"{survey.name}: {type(labels.g2p).__name__} cannot say {shorten(named)}, "
        f"so {len(concerned)} of {_of(survey, sample)} utterances cannot be used"
    )
    level = _level(len(concerned), len(sample), max_skipped)
    yield Diagnosis(level, "data.dataset_classes", reason, NOT_SAID_REMEDY.rstrip(" "))


def _of(survey: Survey, sample: Sequence[_Looked]) -> str:
    few = len(sample) < survey.total
    return f"{len(sample)} that were looked at" if few else f"{survey.total}"


def _check_frames(
    survey: Survey, sample: Sequence[_Looked], count_frames: FrameCounter, rate: int, max_skipped: float
) -> Iterator[Diagnosis]:
    known = [one for one in sample if np.isfinite(survey.seconds[one.row])]
    if not known:
        return
    seconds = survey.seconds[[one.row for one in known]]
    frames = count_frames(np.round(seconds * rate).astype(np.int64))
    needed = np.array([needed_frames(one.ids or ()) for one in known])
    long = np.flatnonzero(needed > frames)
    if not len(long):
        return
    worst = long[np.argmax(needed[long] - frames[long])]
    speed = float(count_frames(np.array([100 * rate]))[0]) / 100
    name, length = survey.rows[known[worst].row].utterance_id, len(known[worst].ids or ())
    reason = (
        f"{survey.name}: {len(long)} of {len(known)} labels need more frames than CTC has for them "
        f"({speed:.3g} a second); {name} has {length} symbols, "
        f"needs {needed[worst]} frames and has {frames[worst]}. They cannot be learnt and are left out"
    )
    yield Diagnosis(
        _level(len(long), len(known), max_skipped), "data.dataset_classes", reason, _FRAMES_REMEDY
    )


_FRAMES_REMEDY = (
    "See whether these labels belong to these recordings. If they do, take a network with more frames a "
    "second (smaller strides in model.network_config)."
)


def needed_frames(label: Sequence[object]) -> int:
    """The fewest frames from which CTC can give a label: a blank stands between two equal symbols.

    Graves et al. (2006), section 3.1.
    """
    return len(label) + sum(one == other for one, other in pairwise(label))


def _check_unused(seen: Mapping[str, Counter[int]], vocabulary: Vocabulary) -> Iterator[Diagnosis]:
    if seen["train"].total() < _ENOUGH_SYMBOLS:
        return
    everywhere = {number for counts in seen.values() for number in counts}
    unused = [
        symbol for symbol in vocabulary.phonemes if not everywhere.intersection(vocabulary.encode([symbol]))
    ]
    if unused:
        reason = (
            f"{len(unused)} of its {len(vocabulary.phonemes)} phonemes are in no label: {shorten(unused)}"
        )
        remedy = "It does no harm. One made from the labels is smaller: ./run.sh vocab CONFIG output=FILE."
        yield Diagnosis("advice", "model.vocab_file", reason, remedy)
    held_out = vocabulary.decode(sorted((seen["val"] + seen["test"]).keys() - seen["train"].keys()))
    if held_out:
        reason = f"in validation or test labels, but in none to learn from: {shorten(sorted(held_out))}"
        remedy = "Add training recordings with them; until then each occurrence is an error."
        yield Diagnosis("advice", "data.dataset_classes", reason, remedy)


def _is_labelled(row: UtteranceSource) -> bool:
    return row.problem is None and not (row.phonemes is None and row.text is None)


def _level(bad: int, total: int, max_skipped: float) -> Level:
    """As the cache will judge it: too many unusable utterances stop the run."""
    return "error" if bad == total or bad > max_skipped * total else "warning"
