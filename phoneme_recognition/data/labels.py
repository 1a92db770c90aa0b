"""What is said in a recording as symbols of the vocabulary: from phones, or from text through a backend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from phoneme_recognition.data.skipped import NOT_SAID, UNKNOWN_PHONEME
from phoneme_recognition.data.utterance import PhoneSegment, UtteranceSource
from phoneme_recognition.errors import VocabularyError
from phoneme_recognition.phonemes.g2p.backend import G2P
from phoneme_recognition.phonemes.g2p.phonemes import PhonemesG2P
from phoneme_recognition.phonemes.inventory import Inventory
from phoneme_recognition.phonemes.vocabulary import Vocabulary


class Reading(NamedTuple):
    """The label of one utterance.

    Attributes:
        symbols: its symbols; of a label that cannot be read as a whole, those that are known of it.
        reason: why the utterance cannot be used, or nothing. Its kind stands before the first colon.
        unsaid: the parts of its text that have no pronunciation.
    """

    symbols: Sequence[str]
    reason: str = ""
    unsaid: tuple[str, ...] = ()


class Labels:
    """Makes the labels of utterances.

    Args:
        vocabulary: what labels are written in.
        g2p: turns text into phonemes; None: text already is phonemes, and is cut into the vocabulary's.
        inventory: the notation of the labels, and whether stress and reduction count.
    """

    def __init__(
        self, vocabulary: Vocabulary, g2p: G2P | None = None, inventory: Inventory | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.g2p = g2p or PhonemesG2P(vocabulary)
        self.inventory = inventory or Inventory()
        # A backend speaks IPA, in whatever notation the corpora's own phones are written.
        self._spoken = replace(self.inventory, notation="ipa")
        self._unsaid = UNKNOWN_PHONEME if isinstance(self.g2p, PhonemesG2P) else NOT_SAID

    def key(self, sources: Sequence[UtteranceSource]) -> list[object]:
        """All that decides what the labels of these utterances are, besides the utterances themselves."""
        uses_text = any(source.phonemes is None and source.text is not None for source in sources)
        fingerprint = self.g2p.fingerprint() if uses_text else ""
        return [self.vocabulary.to_dict(), self.inventory.to_dict(), fingerprint]

    def read(self, sources: Sequence[UtteranceSource]) -> list[Reading]:
        """The label of each utterance, in order; many at once are quicker than one by one."""
        spoken = [source.text for source in sources if source.phonemes is None and source.text is not None]
        said = iter(self.g2p.pronounce(spoken))
        readings: list[Reading] = []
        for source in sources:
            if source.phonemes is not None:
                readings.append(Reading(self.inventory.apply(source.phonemes, self.vocabulary)))
            elif source.text is None:
                readings.append(Reading((), "no label"))
            else:
                pronunciation = next(said)
                symbols = self._spoken.apply(pronunciation.phonemes(), self.vocabulary)
                unsaid = pronunciation.unsaid
                reason = f"{self._unsaid}: {' '.join(unsaid)}" if unsaid else ""
                readings.append(Reading(symbols, reason, unsaid))
        return readings

    def encode(self, reading: Reading) -> list[int] | str:
        """A label as ids, or the reason why there is none."""
        if reading.reason:
            return reading.reason
        try:
            ids = self.vocabulary.encode(reading.symbols)
        except VocabularyError as error:
            return error.thing
        if all(number == self.vocabulary.word_boundary_id for number in ids):
            return "empty label"
        return ids

    def segments(self, source: UtteranceSource) -> tuple[PhoneSegment, ...]:
        """The phones with their times, as phonemes of the inventory."""
        segments = source.segments
        spans = self.inventory.spans([segment.phoneme for segment in segments], self.vocabulary)
        return tuple(
            PhoneSegment(span.phoneme, segments[span.start].start, segments[span.stop - 1].end)
            for span in spans
        )
