"""The splits: what cannot be used at all, splits that are empty, and what they should not share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from phoneme_recognition.diagnosis import Diagnosis, shorten
from phoneme_recognition.preflight.survey import SPLITS, Survey

_PATH = "data.dataset_classes"


def check_splits(surveys: Sequence[Survey], max_skipped: float) -> list[Diagnosis]:
    """Judge the splits of all corpora together.

    Args:
        surveys: of all splits and corpora; none where no corpus could be looked at.
        max_skipped: share of unusable recordings that stops a run.
    """
    if not surveys:
        return []
    found = [one for survey in surveys for one in _unusable(survey, max_skipped)]
    return [*found, *_empty(surveys), *_shared_files(surveys), *_shared_speakers(surveys)]


def _unusable(survey: Survey, max_skipped: float) -> Iterator[Diagnosis]:
    problems = Counter(
        row.problem or "no label"
        for row in survey.rows
        if row.problem or (row.phonemes, row.text) == (None, None)
    )
    count = sum(problems.values())
    if count:
        kinds = Counter(problem.partition(":")[0] for problem in problems.elements()).most_common()
        named = shorten([f"{kind} ({number})" for kind, number in kinds])
        reason = f"{survey.name}: {count} of {len(survey.rows)} utterances cannot be used: {named}"
        stops = count == len(survey.rows) or count > max_skipped * len(survey.rows)
        remedy = "Mend the data, or allow more with data.max_skipped."
        yield Diagnosis("error" if stops else "warning", _PATH, reason, remedy)


def _empty(surveys: Sequence[Survey]) -> Iterator[Diagnosis]:
    total = Counter({split: sum(one.total for one in surveys if one.split == split) for split in SPLITS})
    for split, name in (("train", "training"), ("val", "validation")):
        if not total[split]:
            reason, remedy = f"there is no {name} recording", "Check the folders, and validation_split."
            yield Diagnosis("error", _PATH, reason, remedy)
    if not total["test"]:
        reason = "there is no test recording: only the validation split, by which you choose, is measured"
        yield Diagnosis("advice", _PATH, reason, "Keep some recordings apart (test_dir).")


def _shared_files(surveys: Sequence[Survey]) -> Iterator[Diagnosis]:
    train = frozenset[tuple[str, int]]().union(*(one.files for one in surveys if one.split == "train"))
    for split, name in (("val", "validation"), ("test", "test")):
        shared = {file for one in surveys if one.split == split for file in one.files & train}
        if shared:
            reason = (
                f"{len(shared)} {name} recordings are learnt from too: {split}_per looks better than it is"
            )
            remedy = "Take them out of one of the splits (add_val_to_train, test_dir)."
            yield Diagnosis("warning", _PATH, reason, remedy)


def _shared_speakers(surveys: Sequence[Survey]) -> Iterator[Diagnosis]:
    speakers = {
        split: {row.speaker for one in surveys if one.split == split for row in one.rows if row.speaker}
        for split in SPLITS
    }
    if len(set().union(*speakers.values())) < 2:
        return  # a corpus of one speaker cannot be split by speaker
    for split, name in (("val", "validation"), ("test", "test")):
        shared = sorted(speakers["train"] & speakers[split])
        if shared:
            reason = (
                f"{len(shared)} of {len(speakers[split])} {name} speakers are learnt from too "
                f"({shorten(shared, 3)}): the error rate of strangers will be higher"
            )
            yield Diagnosis("advice", _PATH, reason, "Split by speaker to know it.")
