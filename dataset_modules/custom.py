"""A worked example: copy this file, rename the class, and name it by its path in your config.

It reads ``train.tsv``, ``val.tsv`` and ``test.tsv`` in ``data_dir``. Each line holds the path of a recording
(from ``data_dir``), a tab, and its phonemes with blanks between them::

    clips/0001.wav	d ˈɨ m
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dataset_modules.base_dataset import BaseDataset
from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.data.utterance import UtteranceSource
from phoneme_recognition.errors import DataError


class CustomDataset(BaseDataset):
    """Recordings and phonemes from three tables.

    Args:
        cache_dir: where the cached tables lie.
        data_dir: the folder with the tables.
        language: for datasets that hold several; this one does not look at it.
        audio_params: the config's section; not needed here, as the cache resamples.
    """

    def __init__(
        self,
        cache_dir: str | Path = "./data/cache",
        data_dir: str | Path = "./data/custom",
        language: str = "ru",
        audio_params: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(cache_dir)
        self.data_dir = Path(data_dir)

    def get_train_data(self) -> Sequence[UtteranceSource]:
        """The rows of ``train.tsv``."""
        return self._read("train.tsv")

    def get_val_data(self) -> Sequence[UtteranceSource]:
        """The rows of ``val.tsv``."""
        return self._read("val.tsv")

    def get_test_data(self) -> Sequence[UtteranceSource]:
        """The rows of ``test.tsv``."""
        return self._read("test.tsv")

    def _read(self, name: str) -> list[UtteranceSource]:
        table = self.data_dir / name
        if not table.is_file():
            raise DataError(f"no table {table}", remedy="Set data_dir to the folder that holds it")
        # A letter that is not UTF-8 becomes an unknown phoneme, which is reported with its recording.
        lines = table.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        return [self._row(line) for line in lines if line.strip()]

    def _row(self, line: str) -> UtteranceSource:
        path, _, phonemes = line.partition("\t")
        return UtteranceSource(path, AudioFile(str(self.data_dir / path)), phonemes=tuple(phonemes.split()))
