"""Splits that are empty, unusable, or share what they should not."""

from __future__ import annotations

from surveys import said, survey_of

from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.preflight.splits import check_splits
from phoneme_recognition.preflight.survey import Survey


def judge(*surveys: Survey) -> list[tuple[str, str]]:
    return [(one.level, one.reason) for one in found(*surveys)]


def found(*surveys: Survey) -> list[Diagnosis]:
    return check_splits(surveys, max_skipped=0.1)


def test_three_splits_with_nothing_in_common_are_right() -> None:
    splits = [survey_of([said(name, "a")], split=name) for name in ("train", "val", "test")]
    assert judge(*splits) == []
    assert judge() == []


def test_empty_splits() -> None:
    train, val = survey_of([said("a", "a")]), survey_of([said("b", "a")], split="val")
    assert [level for level, _ in judge(train, val)] == ["advice"]
    assert judge(val) == [
        ("error", "there is no training recording"),
        ("advice", "there is no test recording: only the validation split, by which you choose, is measured"),
    ]


def test_recordings_in_two_splits_are_counted() -> None:
    train, test = survey_of([said("a", "a"), said("b", "a")]), survey_of([said("a", "a")], split="test")
    val = survey_of([said("c", "a")], split="val")
    ((level, reason),) = judge(train, val, test)
    assert level == "warning"
    assert reason.startswith("1 test recordings are learnt from too")


def test_speakers_in_two_splits_are_named_unless_there_is_only_one() -> None:
    def splits(*speakers: str) -> list[Survey]:
        names = ("train", "val", "test")
        return [
            survey_of([said(split, "a", speaker=speaker)], split=split)
            for split, speaker in zip(names, speakers, strict=True)
        ]

    assert judge(*splits("ann", "bob", "cem")) == []
    assert judge(*splits("ann", "ann", "ann")) == []
    ((level, reason),) = judge(*splits("ann", "ann", "cem"))
    assert level == "advice"
    assert reason.startswith("1 of 1 validation speakers are learnt from too (ann)")


def test_what_the_corpus_cannot_use_is_counted_by_kind() -> None:
    rows = [
        said("a", "a"),
        said("b", problem="missing file: b"),
        said("c", problem="missing file: c"),
        said("d"),
    ]
    val, test = survey_of([said("v", "a")], split="val"), survey_of([said("t", "a")], split="test")
    ((level, reason),) = judge(survey_of(rows), val, test)
    assert level == "error"
    assert reason == "Corpus-train: 3 of 4 utterances cannot be used: missing file (2), no label (1)"
