"""The recordings of the training benchmarks: cut at phone borders, evenly long, nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.training.corpus import (
    RATE,
    Sentence,
    corpus_arguments,
    cut_evenly,
    even_lengths,
    join,
    limited,
    write_corpus,
)
from dataset_modules.custom_audio import CustomAudioDataset
from phoneme_recognition.data.utterance import PhoneSegment


def _sentence(seconds: float, symbol: str) -> Sentence:
    """A phone every half second; the samples count up, so that a cut can be found again."""
    count = round(seconds * 2)
    phones = tuple(PhoneSegment(f"{symbol}{n}", n / 2, (n + 1) / 2) for n in range(count))
    return Sentence(np.arange(round(seconds * RATE), dtype=np.int64).astype(np.int16), phones)


def test_lengths_spread_evenly_from_3_to_18_seconds() -> None:
    lengths = even_lengths(1050, seed=1)

    assert len(lengths) == 100
    assert sum(lengths) == pytest.approx(1050)
    assert sorted(lengths) == pytest.approx(np.linspace(3, 18, 100))
    assert lengths != sorted(lengths)
    assert lengths == even_lengths(1050, seed=1)
    assert lengths != even_lengths(1050, seed=2)


def test_joining_moves_the_times() -> None:
    both = join([_sentence(2, "a"), _sentence(3, "b")])

    assert both.seconds == 5
    assert [segment.phoneme for segment in both.phones[3:6]] == ["a3", "b0", "b1"]
    assert both.phones[4] == PhoneSegment("b0", 2.0, 2.5)


def test_pieces_follow_each_other_and_hold_the_phones_that_are_heard_in_them() -> None:
    sentences = [_sentence(7, name) for name in "abcdefghijklmnopqrst"]
    stream = join(sentences)

    pieces = cut_evenly(sentences, seed=3)

    assert len(pieces) > 8
    assert all(2.7 <= piece.seconds <= 18 for piece in pieces)
    assert max(piece.seconds for piece in pieces) > 15
    assert min(piece.seconds for piece in pieces) < 6
    said = [segment.phoneme for piece in pieces for segment in piece.phones]
    assert said == [segment.phoneme for segment in stream.phones][: len(said)]
    whole = np.concatenate([piece.samples for piece in pieces])
    assert np.array_equal(whole, stream.samples[: len(whole)])
    for piece in pieces:
        assert piece.phones[0].start == pytest.approx(0)
        assert piece.phones[-1].end == pytest.approx(piece.seconds)


def test_sentences_are_taken_until_there_is_enough() -> None:
    sentences = [_sentence(4, "a") for _ in range(5)]

    assert len(list(limited(sentences, 10))) == 3
    assert len(list(limited(sentences, 8))) == 2


@pytest.mark.parametrize("mixed", [False, True])
def test_both_sides_find_every_recording_with_its_label(tmp_path: Path, clips: Path, mixed: bool) -> None:
    folder = write_corpus(tmp_path, clips, minutes=0.6, mixed=mixed, seed=0)

    data = CustomAudioDataset(**corpus_arguments(folder))
    train, test = data.get_train_data(), data.get_test_data()

    assert len(train) == len(list((folder / "train").rglob("*.wav"))) > 2
    assert len(test) >= 1
    written = (folder / "train" / "ru" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    labels = {row["file_name"]: row["phonemes"] for row in map(json.loads, written)}
    assert all(row.problem is None for row in train)
    assert {row.utterance_id: " ".join(row.phonemes or ()) for row in train} == labels
    assert soundfile.info(train[0].audio.path).samplerate == RATE


def test_what_was_written_is_used_again(tmp_path: Path, clips: Path) -> None:
    folder = write_corpus(tmp_path, clips, minutes=0.2, mixed=False, seed=0)
    first = next((folder / "train").rglob("*.wav"))
    first.unlink()

    assert write_corpus(tmp_path, clips, minutes=0.2, mixed=False, seed=0) == folder
    assert not first.exists()
