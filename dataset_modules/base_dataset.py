"""What every dataset class has: it says where the rows of each split come from, and nothing more.

Decoding, resampling, phoneme ids and caching are done for all corpora alike, by ``phoneme_recognition.data``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from phoneme_recognition.data.utterance import UtteranceSource


class BaseDataset(ABC):
    """A labelled corpus in three splits.

    Args:
        cache_dir: where fetched corpora and the cached tables lie.
    """

    def __init__(self, cache_dir: str | Path = "./data/cache") -> None:
        self.cache_dir = cache_dir

    def is_here(self) -> bool:
        """Whether the corpus is on this machine, so that ``load_data`` fetches nothing."""
        return True

    def load_data(self, create_dataset: bool = False) -> None:
        """Make the corpus ready: fetch, unpack, scan. Called once before the splits are asked for.

        Args:
            create_dataset: the user wants everything that is derived made afresh.
        """
        return

    @abstractmethod
    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The utterances to learn from."""

    @abstractmethod
    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The utterances to choose by: checkpoints, learning rates, when to stop."""

    @abstractmethod
    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The utterances to measure with, once. Empty where the corpus has none."""
