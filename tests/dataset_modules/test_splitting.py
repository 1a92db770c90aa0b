"""Shares of a corpus and its split in three: decided by names alone, so that nobody moves when it grows."""

from __future__ import annotations

import itertools
import logging

import pytest

from dataset_modules.splitting import split_in_three, take_share
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource


def make(count: int, speakers: int = 0, problem: str | None = None) -> list[UtteranceSource]:
    return [
        UtteranceSource(
            f"clip{number}",
            AudioFile("x"),
            speaker=f"s{number % speakers}" if speakers else None,
            problem=problem,
        )
        for number in range(count)
    ]


def names(rows: list[UtteranceSource]) -> set[str]:
    return {row.utterance_id for row in rows}


def voices(rows: list[UtteranceSource]) -> set[str | None]:
    return {row.speaker for row in rows}


@pytest.mark.parametrize("speakers", [3, 4, 7, 60, 400])
@pytest.mark.parametrize("shares", [(0.1, 0.1), (0.4, 0.3), (0.01, 0.9)])
def test_no_speaker_is_in_two_splits(speakers: int, shares: tuple[float, float]) -> None:
    rows = make(800, speakers)
    splits = split_in_three(rows, *shares)
    assert sum(map(len, splits)) == 800
    assert all(splits)
    train, val, test = map(voices, splits)
    assert not train & val and not train & test and not val & test
    if speakers == 400 and shares == (0.1, 0.1):
        assert 20 < len(val) < 60 and 20 < len(test) < 60  # 40 each, give or take three deviations


def test_a_split_stays_when_speakers_are_added() -> None:
    before = [voices(split) for split in split_in_three(make(100, 100), 0.1, 0.1)]
    after = [voices(split) for split in split_in_three(make(300, 300), 0.1, 0.1)]
    assert all(one <= other for one, other in zip(before, after, strict=True))


def test_two_speakers_leave_no_test_and_one_is_split_by_recording(caplog: pytest.LogCaptureFixture) -> None:
    train, val, test = split_in_three(make(40, 2), 0.1, 0.1)
    assert len(train) == len(val) == 20 and not test
    assert not voices(train) & voices(val)
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert all(split_in_three(make(40, 1), 0.1, 0.1))
    assert "only one speaker" in caplog.text


def test_nothing_is_held_out_that_was_not_asked_for() -> None:
    assert [len(split) for split in split_in_three(make(40, 20), 0, 0)] == [40, 0, 0]
    train, val, test = split_in_three(make(40, 20), 0.2, 0)
    assert train and val and not test
    assert [len(split) for split in split_in_three(make(1), 0.1, 0.1)] == [1, 0, 0]
    assert split_in_three([], 0.1, 0.1) == ([], [], [])


def test_unusable_rows_fill_no_split() -> None:
    rows = make(200, 50, problem="missing clip")
    rows += [UtteranceSource(f"good{n}", AudioFile("x"), speaker=f"good{n}") for n in range(3)]
    splits = split_in_three(rows, 0.1, 0.1)
    assert [sum(row.problem is None for row in split) for split in splits] == [1, 1, 1]


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    rows = make(1000)
    taken = [names(take_share(rows, share)) for share in (0, 0.001, 0.1, 0.5, 0.9, 1)]
    assert all(one <= other for one, other in itertools.pairwise(taken))
    assert [len(taken[0]), len(taken[-1])] == [0, 1000]
    assert 60 < len(taken[2]) < 140 and 450 < len(taken[3]) < 550
    assert [row.utterance_id for row in take_share(rows, 0.5)] == [
        row.utterance_id for row in rows if row.utterance_id in taken[3]
    ]
    grown = names(take_share(make(3000), 0.5))
    assert {name for name in grown if name in names(rows)} == taken[3]


def test_a_share_holds_one_usable_row_at_least() -> None:
    rows = [*make(50, problem="missing clip"), UtteranceSource("good", AudioFile("x"))]
    for share in (1e-9, 0.01, 0.3):
        assert "good" in names(take_share(rows, share))
    assert len(take_share(make(50, problem="missing clip"), 1e-9)) == 1
    assert take_share([], 0.5) == []


def test_a_share_of_held_out_rows_is_no_other_hash_of_the_same_kind() -> None:
    """Rows without speakers are held out by their hash: the share has to draw anew among them."""
    val = split_in_three(make(2000), 0.2, 0)[1]
    assert 0.35 < len(take_share(val, 0.5)) / len(val) < 0.65
