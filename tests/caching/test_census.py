"""Counting the symbols of labels: by split, with an example, and in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.festvox_ru import PHONES, FestvoxRuDataset
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data import census as census_module
from phoneme_recognition.data.census import Census, batches_of
from phoneme_recognition.data.labels import Reading
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.phonemes.vocabulary import normalise


def said(name: str, text: str | None = None, *, speaker: str = "", problem: str = "") -> UtteranceSource:
    return UtteranceSource(name, AudioFile(name), text=text, speaker=speaker or None, problem=problem or None)


def read(sources: Sequence[UtteranceSource]) -> list[Reading]:
    """Symbols with blanks between them; digits have no pronunciation, ``?`` cannot be read."""
    return [_reading((source.text or "").split()) for source in sources]


def _reading(symbols: list[str]) -> Reading:
    if "?" in symbols:
        return Reading([], "no label: it is a question")
    return Reading([one for one in symbols if not one.isdigit()], unsaid=tuple(filter(str.isdigit, symbols)))


def test_counts_by_split_with_the_first_example() -> None:
    census = Census()
    census.add("train", [said("one", "a b | a"), said("two", "b")], read)
    census.add("val", [said("three", "a c")], read)
    census.add("test", [said("four", "a")], read)
    assert {symbol: dict(tally.counts) for symbol, tally in census.tallies.items()} == {
        "a": {"train": 2, "val": 1, "test": 1},
        "b": {"train": 2},
        "c": {"val": 1},
    }
    assert {symbol: tally.example for symbol, tally in census.tallies.items()} == {
        "a": "one",
        "b": "one",
        "c": "three",
    }
    assert {symbol: len(tally.recordings) for symbol, tally in census.tallies.items()} == {
        "a": 1,
        "b": 2,
        "c": 0,
    }
    assert census.utterances == 4


def test_two_spellings_of_one_character_are_one_symbol() -> None:
    census = Census()
    census.add("train", [said("one", "\u00e7 c\u0327")], read)
    assert {symbol: tally.counts["train"] for symbol, tally in census.tallies.items()} == {"c\u0327": 2}


def test_speakers_are_those_of_the_training() -> None:
    census = Census()
    rows = [said("1", "a b", speaker="Ann"), said("2", "a", speaker="Bob"), said("3", "a c", speaker="Cid")]
    census.add("train", [*rows, said("4", "b")], read)
    census.add("val", [said("5", "b", speaker="Dan")], read)
    assert census.tallies["b"].speakers == {"Ann"}
    assert len(census.tallies["a"].speakers) == 2  # more than one is all that is kept
    assert len(census.speakers) == 2


def test_every_utterance_that_will_be_left_out_is_counted_once() -> None:
    census = Census(known={"a", "b"})
    rows = [
        said("good", "a b"),
        said("lacking", "a x x"),
        said("unsaid", "a 5 7 5"),
        said("question", "?"),
        said("empty", "|"),
        said("broken", "a", problem="no label: the file is empty"),
    ]
    census.add("train", rows, read)
    assert census.utterances == 6
    assert census.lacking == 1
    assert census.unsaid_utterances == 1
    assert census.unsaid == {"5": 2, "7": 1}
    assert census.left_out == {"no label": 2, "empty label": 1}
    assert census.tallies["a"].counts["train"] == 2  # only what can be learnt from


def test_unsaid_words_stay_few_and_the_commonest_stay() -> None:
    census = Census()
    most = census_module._MOST_UNSAID
    for start in range(0, 3 * most, most // 4):
        rare = [str(number) for number in range(10_000_000 + start, 10_000_000 + start + most // 4)]
        census.add("train", [said("many", " ".join([*rare, "42", "42"]))], read)
    assert len(census.unsaid) <= most
    assert census.unsaid.most_common(1) == [("42", 24)]


class Endless(BaseDataset):
    """A corpus that makes its rows when they are asked for."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.rows = Rows(size)

    def get_train_data(self) -> Sequence[UtteranceSource]:
        return self.rows

    def get_val_data(self) -> Sequence[UtteranceSource]:
        return []

    def get_test_data(self) -> Sequence[UtteranceSource]:
        return self.rows[:1]


class Rows(Sequence[UtteranceSource]):
    def __init__(self, size: int) -> None:
        self.size, self.largest = size, 0

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, at: slice) -> list[UtteranceSource]:  # type: ignore[override]
        numbers = range(*at.indices(self.size))
        self.largest = max(self.largest, len(numbers))
        return [said(str(number), "a") for number in numbers]

    def __iter__(self) -> Iterator[UtteranceSource]:
        raise AssertionError("all rows at once")


def test_a_large_corpus_is_read_in_batches() -> None:
    corpus, census = Endless(50_000), Census()
    for split, sources in batches_of([corpus, corpus]):
        census.add(split, sources, read)
    assert census.tallies["a"].counts == {"train": 100_000, "test": 2}
    assert corpus.rows.largest <= 4096


def test_the_labels_of_real_sentences(clips: Path) -> None:
    census = Census()
    for split, sources in batches_of([FestvoxRuDataset(data_dir=clips)]):
        census.add(split, sources, lambda some: [Reading(one.phonemes or ()) for one in some])
    counts: Counter[str] = Counter()
    for path in clips.glob("*.lab"):
        phones = [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines() if line != "#"]
        counts.update(normalise(PHONES[phone]) for phone in phones if phone != "pau")
    assert {symbol: tally.counts.total() for symbol, tally in census.tallies.items()} == counts
    assert census.utterances == 12
