"""Labels against the vocabulary and against the frames of CTC, by cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from surveys import said, survey_of

from phoneme_recognition.data.labels import Labels
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.diagnosis import Diagnosis
from phoneme_recognition.phonemes.vocabulary import Vocabulary
from phoneme_recognition.preflight.labels import check_labels, needed_frames
from phoneme_recognition.preflight.survey import Survey

VOCABULARY = Vocabulary.from_phonemes(["a", "o", "t", "tʲ", "s"])


def ten_a_second(samples: NDArray[np.int64]) -> NDArray[np.int64]:
    return samples // 100


def judge(*surveys: Survey, max_skipped: float = 0.1) -> list[Diagnosis]:
    return check_labels(
        surveys, Labels(VOCABULARY), count_frames=ten_a_second, sampling_rate=1000, max_skipped=max_skipped
    )


def many(count: int) -> list[UtteranceSource]:
    return [said(f"good{number}", "t a") for number in range(count)]


def test_good_labels_bring_no_finding() -> None:
    assert judge(survey_of([said("one", "t a t"), said("two", text="Tat.")], [0.4, 0.4])) == []


def test_missing_phonemes_are_named_with_their_counts() -> None:
    rows = [*many(30), said("x", "t ʂ a ʂ"), said("y", "ɕː o")]
    (found,) = judge(survey_of(rows))
    assert (found.level, found.path) == ("warning", "model.vocab_file")
    assert "the vocabulary lacks ʂ (2 times), ɕː (1 times)" in found.reason
    assert "2 of 32 utterances" in found.reason
    assert "./run.sh vocab" in found.remedy


def test_too_many_unusable_labels_are_an_error_as_in_the_cache() -> None:
    rows = [*many(8), said("x", "ʂ"), said("y", "ʂ")]
    assert [one.level for one in judge(survey_of(rows))] == ["error"]
    assert [one.level for one in judge(survey_of(rows), max_skipped=0.2)] == ["warning"]


def test_letters_of_a_text_that_no_phoneme_has_are_named() -> None:
    (found,) = judge(survey_of([said("x", text="Tato qat!"), said("y", text="ta")]))
    assert "lacks q (1 times)" in found.reason
    assert "These labels are text" in found.reason


@pytest.mark.parametrize(
    ("label", "frames"), [("t a", 2), ("t t", 3), ("a a a", 5), ("t a t a", 4), ("tʲ t", 2), ("", 0)]
)
def test_equal_neighbours_need_a_blank_between_them(label: str, frames: int) -> None:
    assert needed_frames(label.split()) == frames


def test_labels_longer_than_the_frames_are_counted_and_the_worst_named() -> None:
    # 10 frames a second: "t t a" needs 4 frames, 0.4 s are enough, 0.3 s are not.
    fits, long, worst = said("fits", "t t a"), said("long", "t t a"), said("worst", "t t t a t")
    (found,) = judge(survey_of([fits, long, worst], [0.4, 0.3, 0.3]), max_skipped=0.9)
    assert (found.level, found.path) == ("warning", "data.dataset_classes")
    assert "2 of 3 labels need more frames" in found.reason
    assert "(10 a second)" in found.reason
    assert "worst has 5 symbols, needs 7 frames and has 3" in found.reason
    assert [one.level for one in judge(survey_of([fits, long, worst], [0.4, 0.3, 0.3]))] == ["error"]


def test_recordings_of_unknown_length_are_not_judged() -> None:
    assert judge(survey_of([said("long", "t " * 100)])) == []


def test_phonemes_that_nobody_says_are_advice_where_there_is_enough_speech() -> None:
    train = survey_of([said(str(number), "t a t a") for number in range(600)])
    val = survey_of([said("v", "o")], split="val")
    unused, held_out = judge(train, val)
    assert unused.level == held_out.level == "advice"
    assert "2 of its 5 phonemes are in no label: s, tʲ" in unused.reason
    assert held_out.reason.endswith("in none to learn from: o")
    assert judge(survey_of([said("one", "t a t a")]), val) == []


def test_unlabelled_recordings_are_left_to_the_splits() -> None:
    assert judge(survey_of([said("x"), said("y", "t a", problem="no label")], [0.01, 0.01])) == []
