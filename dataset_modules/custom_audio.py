"""Your own recordings: a folder for each language, with labels in side-car files or in a metadata table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dataset_modules.base_dataset import BaseDataset
from dataset_modules.labels.folder import scan_folder
from dataset_modules.splitting import split_rows
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError


class CustomAudioDataset(BaseDataset):
    """Recordings in ``{train_val_dir}/{language}/`` and below, for training and validation.

    The label of ``NAME.wav`` stands beside it (text in ``NAME.txt`` or ``.lab``; phones in ``NAME.phn``,
    ``.TextGrid`` or a ``.lab`` with times), or in a row of ``metadata.csv``, ``.tsv`` or ``.jsonl`` in the
    language's folder with ``file_name`` and ``text`` or ``phonemes`` (blanks between phonemes, ``|`` between
    words), and ``speaker`` where it is known. A row of the table goes before a side-car.

    What is held out for validation is decided by a hash of the speaker, where speakers are known, and of the
    file's name where not: files that are added later move no other across the split.

    Args:
        train_val_dir: holds a folder for each language.
        language: name of the sub-folder that is used.
        test_dir: recordings for the test, in its sub-folder ``language`` or, without one, in itself.
        allowed_extensions: what counts as a recording, e.g. ``.wav``, ``.flac``, ``.mp3``.
        multiply_train_data: so many extra copies of each training row; augmentation makes them differ.
        add_val_to_train: train on the validation rows as well.
        validation_split: share (0 … 1) of utterances or speakers held out; at least one where there are two.
        cache_dir: where the cached tables lie.
        audio_params: taken so that the config can hand the same section to every dataset; not needed here.

    Raises:
        DataError: an argument is out of its range.
    """

    def __init__(
        self,
        train_val_dir: str | Path,
        language: str,
        test_dir: str | Path | None = None,
        allowed_extensions: Sequence[str] = (".wav",),
        multiply_train_data: int = 0,
        add_val_to_train: bool = False,
        validation_split: float = 0.1,
        cache_dir: str | Path = "./data/cache",
        audio_params: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(cache_dir)
        if not 0 <= validation_split < 1:
            raise DataError(
                "validation_split", expected="a share from 0 to below 1", got=str(validation_split)
            )
        if multiply_train_data < 0:
            raise DataError("multiply_train_data", expected="0 or more", got=str(multiply_train_data))
        self.train_val_dir = Path(train_val_dir)
        self.language = language
        self.test_dir = None if test_dir is None else Path(test_dir)
        self.allowed_extensions = tuple(allowed_extensions)
        self.multiply_train_data = multiply_train_data
        self.add_val_to_train = add_val_to_train
        self.validation_split = validation_split

    def load_data(self, create_dataset: bool = False) -> None:
        """Look for the recordings and their labels.

        Raises:
            DataError: a folder is missing or holds no recordings, or a metadata table cannot be read.
        """
        _ = self._splits, self._test

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The rows that are not held out, and the copies that were asked for."""
        train, val = self._splits
        rows = train + val if self.add_val_to_train else train
        copies = [
            replace(row, utterance_id=f"{row.utterance_id}#{number}")
            for number in range(1, self.multiply_train_data + 1)
            for row in rows
        ]
        return rows + copies

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The rows that are held out."""
        return self._splits[1]

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The rows of ``test_dir``; none where it is not given."""
        return self._test

    @cached_property
    def _splits(self) -> tuple[list[UtteranceSource], list[UtteranceSource]]:
        rows = scan_folder(self.train_val_dir / self.language, self.allowed_extensions)
        return split_rows(rows, self.validation_split)

    @cached_property
    def _test(self) -> list[UtteranceSource]:
        if self.test_dir is None:
            return []
        folder = self.test_dir / self.language
        return scan_folder(folder if folder.is_dir() else self.test_dir, self.allowed_extensions)
