"""What the labels of corpora consist of: counted in one pass, and never more in memory than the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeVar

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.labels import Reading
from phoneme_recognition.data.utterance import Corpus, UtteranceSource
from phoneme_recognition.phonemes.vocabulary import WORD_BOUNDARY, normalise

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

_BATCH = 4096  # utterances that are turned into symbols together
# Different words that are remembered as not sayable; beyond that the rarest half is forgotten.
_MOST_UNSAID = 20_000
_Thing = TypeVar("_Thing")
_same_spelling = lru_cache(65_536)(normalise)


Read = Callable[[Sequence[UtteranceSource]], Sequence[Reading]]
"""One reading for each utterance, in order."""


@dataclass(slots=True)
class Tally:
    """How often one symbol occurs, and where.

    Attributes:
        example: id of the first utterance that has it.
        counts: split → occurrences.
        recordings: training recordings that have it, two at most.
        speakers: speakers of the training who say it, as far as they are known, two at most.
    """

    example: str
    counts: Counter[Split] = field(default_factory=Counter)
    recordings: set[AudioFile] = field(default_factory=set)
    speakers: set[str] = field(default_factory=set)


class Census:
    """Counts of the symbols in labels.

    Args:
        known: the symbols that a vocabulary has; None where there is no vocabulary yet.

    Attributes:
        tallies: symbol → where it occurs, in labels that can be read; word boundaries are no symbols.
        utterances: how many were read.
        unsaid: part of a text that has no pronunciation → occurrences.
        unsaid_utterances: how many have such a part.
        lacking: how many of the others have a symbol that is not ``known``.
        left_out: reason → how many cannot be used for another reason.
        speakers: of the training, two at most.
    """

    def __init__(self, known: Container[str] | None = None) -> None:
        self.tallies: dict[str, Tally] = {}
        self.utterances = 0
        self.unsaid: Counter[str] = Counter()
        self.unsaid_utterances = 0
        self.lacking = 0
        self.left_out: Counter[str] = Counter()
        self.speakers: set[str] = set()
        self._known = known

    def add(self, split: Split, sources: Sequence[UtteranceSource], read: Read) -> None:
        """Count the labels of some utterances.

        Args:
            split: what they belong to.
            sources: the utterances; those with a ``problem`` are only counted as left out.
            read: turns labels into symbols.
        """
        self.utterances += len(sources)
        usable = [source for source in sources if source.problem is None]
        self.left_out.update(_kind(source.problem) for source in sources if source.problem is not None)
        for source, reading in zip(usable, read(usable), strict=True):
            self._count(split, source, reading)
        if len(self.unsaid) > _MOST_UNSAID:
            self.unsaid = Counter(dict(self.unsaid.most_common(_MOST_UNSAID // 2)))

    def _count(self, split: Split, source: UtteranceSource, reading: Reading) -> None:
        counts = Counter(map(_same_spelling, reading.symbols))
        del counts[WORD_BOUNDARY]
        if reading.unsaid:
            self.unsaid_utterances += 1
            self.unsaid.update(reading.unsaid)
        elif reading.reason or not counts:
            self.left_out[_kind(reading.reason or "empty label")] += 1
        else:
            self._tally(split, source, counts)

    def _tally(self, split: Split, source: UtteranceSource, counts: Counter[str]) -> None:
        for symbol, number in counts.items():
            tally = self.tallies.get(symbol)
            if tally is None:
                tally = self.tallies[symbol] = Tally(source.utterance_id)
            tally.counts[split] += number
            if split == "train":
                _note(tally.recordings, source.audio)
                _note(tally.speakers, source.speaker)
        if split == "train":
            _note(self.speakers, source.speaker)
        if self._known is not None and any(symbol not in self._known for symbol in counts):
            self.lacking += 1


def batches_of(corpora: Sequence[Corpus]) -> Iterator[tuple[Split, Sequence[UtteranceSource]]]:
    """All the utterances of corpora, some thousand at a time, each batch with its split."""
    for corpus in corpora:
        corpus.load_data()
        for split in SPLITS:
            get: Callable[[], Sequence[UtteranceSource]] = getattr(corpus, f"get_{split}_data")
            sources = get()
            for start in range(0, len(sources), _BATCH):
                yield split, sources[start : start + _BATCH]


def _note(seen: set[_Thing], thing: _Thing | None) -> None:
    """Remember a thing; that there are two is all that is ever asked."""
    if thing is not None and len(seen) < 2:
        seen.add(thing)


def _kind(reason: str) -> str:
    return reason.partition(":")[0]
